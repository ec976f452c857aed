import type { IdentityRow, IdentityTables } from './embedded-tables.ts';
import { equivalents } from './identifiers/index.ts';
import type { Identifier, SubjectReading } from './identity.ts';
import type { ReadingContext } from './register.ts';

/** The identities that have any of these identifiers, each once. */
export const owners = (
  tables: IdentityTables,
  identifiers: readonly Identifier[],
): readonly IdentityRow[] => {
  const rows = identifiers.flatMap((identifier) => tables.byIdentifier(identifier) ?? []);
  return [...new Map(rows.map((row) => [row.id, row])).values()];
};

/** What a certificate says becomes known of an identity; to be run in a write transaction. */
export const joinCertificate = (
  tables: IdentityTables,
  row: IdentityRow,
  reading: SubjectReading,
  context: ReadingContext,
): void => {
  if (tables.nameOf(row) === '' && reading.name !== '') tables.setName(row, reading.name);
  for (const identifier of reading.identifiers) tables.learn(row, identifier, true, context);
  for (const identifier of reading.identifiers.flatMap(equivalents)) {
    tables.learn(row, identifier, false, context);
  }
  tables.rememberCertificate(row, reading, context);
};

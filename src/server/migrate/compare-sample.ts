import { isDeepStrictEqual } from 'node:util';
import { digestOf } from '../../changes/digest.ts';
import { createIdentifierHash } from '../../identity/identifier-hash.ts';
import { postgresConflicts } from '../../identity/postgres-conflicts.ts';
import { postgresTables } from '../../identity/postgres-tables.ts';
import { createFieldCipher } from '../../storage/field-cipher.ts';
import type { KeyVersion } from '../../storage/key-version.ts';
import type { PostgresQueries } from '../../storage/postgres.ts';
import { StorageError } from '../../storage/storage-error.ts';
import type { MigrationSource } from './migrate-city.ts';

/** Identities, and conflicts, that are opened on both sides, spread over all of them. */
const SAMPLE = 200;

/** Opens a sample in both stores. Resolves with how many were compared; rejects with StorageError at a difference. */
export const compareSample = async (
  source: MigrationSource,
  queries: PostgresQueries,
  keys: { readonly fieldKey: () => readonly KeyVersion[]; readonly hashKey: () => readonly KeyVersion[] },
): Promise<number> => {
  const cipher = createFieldCipher(keys.fieldKey);
  const tables = postgresTables(queries, createIdentifierHash(keys.hashKey), cipher);
  const conflicts = postgresConflicts(queries, cipher);
  const database = source.database('register');
  const spread = (table: string, column: string): readonly unknown[] =>
    database
      .prepare(
        `SELECT ${column} AS found FROM (SELECT ${column}, row_number() OVER (ORDER BY id) AS place,
           count(*) OVER () AS total FROM ${table}) WHERE place % max(1, total / ${SAMPLE}) = 0 LIMIT ${SAMPLE}`,
      )
      .all()
      .map(({ found }) => found);
  let compared = 0;
  const require = (what: string, one: unknown, other: unknown): void => {
    if (!isDeepStrictEqual(written(one), written(other)))
      throw new StorageError(`${what} is not the same after it was moved`);
    compared += 1;
  };
  for (const unifiedId of spread('identities', 'unified_id') as string[]) {
    const row = await tables.byUnifiedId(unifiedId);
    const moved = row && (await tables.registered(row));
    require(`identity ${unifiedId}`, await source.register.identityById(unifiedId), moved);
  }
  for (const id of spread('conflicts', 'id') as number[]) {
    require(`conflict ${id}`, await source.register.conflict(id), (await conflicts.get(id))?.conflict);
  }
  for (const { kind, name, version, digest } of await source.changes.listCurrent()) {
    const files = await queries.query<{ path: string; content: Buffer }>(
      `SELECT f.path, f.content FROM change_version_files f JOIN change_versions v USING (sequence)
       WHERE (v.kind, v.name, v.version) = ($1, $2, $3) ORDER BY f.path`,
      [kind, name, version],
    );
    require(`document ${kind} ${name}`, digest, digestOf(files));
  }
  return compared;
};

/** As JSON has it: a field that is undefined is one that is not there. */
const written = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

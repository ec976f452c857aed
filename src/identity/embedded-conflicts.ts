import type { DatabaseSync } from 'node:sqlite';
import type { FieldCipher } from '../storage/field-cipher.ts';
import type { SubjectReading } from './identity.ts';
import type { Conflict, ConflictReason, ReadingContext } from './register.ts';

/** What makes a conflict, but for the certificate. */
export interface ConflictFinding {
  readonly reason: ConflictReason;
  readonly reading: SubjectReading | undefined;
  readonly meets: readonly string[];
}

/** The operators' queue in the embedded register. */
export interface ConflictTable {
  record(finding: ConflictFinding, context: ReadingContext): void;
  count(): number;
  list(page: { readonly limit: number; readonly before?: number }): readonly Conflict[];
}

interface Row {
  readonly id: number;
  readonly thumbprint: string;
  readonly authority: string;
  readonly reason: ConflictReason;
  readonly reading: Uint8Array | null;
  readonly meets: string;
  readonly first_at: number;
  readonly last_at: number;
  readonly times: number;
}

export const openConflictTable = (database: DatabaseSync, cipher: FieldCipher): ConflictTable => {
  const upsert = database.prepare(`
    INSERT INTO conflicts (thumbprint, authority, reason, reading, meets, first_at, last_at, times)
    VALUES (:thumbprint, :authority, :reason, :reading, :meets, :at, :at, 1)
    ON CONFLICT (thumbprint, reason) DO UPDATE SET
      authority = excluded.authority, reading = excluded.reading, meets = excluded.meets,
      last_at = excluded.last_at, times = times + 1`);
  const total = database.prepare('SELECT count(*) AS total FROM conflicts');
  const page = database.prepare('SELECT * FROM conflicts WHERE id < ? ORDER BY id DESC LIMIT ?');

  return {
    record: ({ reason, reading, meets }, { thumbprint, authority, at }) => {
      const sealed =
        reading === undefined
          ? null
          : cipher.encrypt(JSON.stringify(reading), readingBinding(thumbprint, reason));
      upsert.run({ thumbprint, authority, reason, reading: sealed, meets: JSON.stringify(meets), at });
    },
    count: () => (total.get() as { total: number }).total,
    list: ({ limit, before = Number.MAX_SAFE_INTEGER }) =>
      (page.all(before, limit) as unknown as Row[]).map((row) => toConflict(row, cipher)),
  };
};

const toConflict = (row: Row, cipher: FieldCipher): Conflict => ({
  id: row.id,
  reason: row.reason,
  authority: row.authority,
  thumbprint: row.thumbprint,
  reading:
    row.reading === null
      ? undefined
      : (JSON.parse(
          cipher.decrypt(row.reading, readingBinding(row.thumbprint, row.reason)),
        ) as SubjectReading),
  meets: JSON.parse(row.meets) as string[],
  firstAt: row.first_at,
  lastAt: row.last_at,
  times: row.times,
});

const readingBinding = (thumbprint: string, reason: ConflictReason): string =>
  `conflicts.reading ${thumbprint} ${reason}`;

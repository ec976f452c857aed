import type { FieldCipher } from '../storage/field-cipher.ts';
import type { PostgresQueries } from '../storage/postgres.ts';
import type { ConflictFinding } from './find-conflict.ts';
import type { SubjectReading } from './identity.ts';
import type { Conflict, ConflictPage, ConflictReason, ConflictState, ReadingContext } from './register.ts';
import { readingBinding } from './sealed-bindings.ts';

interface Row {
  readonly id: number;
  readonly thumbprint: string;
  readonly authority: string;
  readonly reason: ConflictReason;
  readonly reading: Uint8Array | null;
  readonly meets: readonly string[];
  readonly first_at: number;
  readonly last_at: number;
  readonly times: number;
  readonly not_after: number | null;
  readonly state: ConflictState;
  readonly settled_at: number | null;
  readonly joined: string | null;
}

export interface SettledAs {
  readonly state: Exclude<ConflictState, 'open'>;
  /** Unified id. */
  readonly joined?: string;
  /** ms since the epoch. */
  readonly at: number;
}

/** The operators' queue in the shared register. */
export const postgresConflicts = ({ query }: PostgresQueries, cipher: FieldCipher) => ({
  record: async (
    { reason, reading, meets }: ConflictFinding,
    { thumbprint, authority, at, notAfter }: ReadingContext,
  ): Promise<void> => {
    const sealed =
      reading === undefined
        ? null
        : cipher.encrypt(JSON.stringify(reading), readingBinding(thumbprint, reason));
    // A joined certificate that conflicts again is read otherwise than it was when it was joined.
    await query(
      `INSERT INTO conflicts AS old
         (thumbprint, authority, reason, reading, meets, first_at, last_at, times, not_after)
       VALUES ($1, $2, $3, $4, $5, $6, $6, 1, $7)
       ON CONFLICT (thumbprint, reason) DO UPDATE SET
         authority = excluded.authority, reading = excluded.reading, meets = excluded.meets,
         last_at = excluded.last_at, times = old.times + 1,
         not_after = coalesce(excluded.not_after, old.not_after), joined = NULL,
         settled_at = CASE old.state WHEN 'joined' THEN NULL ELSE old.settled_at END,
         state = CASE old.state WHEN 'joined' THEN 'open' ELSE old.state END`,
      [thumbprint, authority, reason, sealed, meets, at, notAfter ?? null],
    );
  },
  /** Open ones. */
  count: async (): Promise<number> => {
    const [row] = await query<{ total: number }>(
      "SELECT count(*) AS total FROM conflicts WHERE state = 'open'",
    );
    return row?.total ?? 0;
  },
  list: async ({ limit, before, state }: ConflictPage): Promise<readonly Conflict[]> => {
    const rows = await query<Row>(
      `SELECT * FROM conflicts WHERE ($1::bigint IS NULL OR id < $1) AND ($2::text IS NULL OR state = $2)
       ORDER BY id DESC LIMIT $3`,
      [before ?? null, state ?? null, limit],
    );
    return rows.map((row) => toConflict(row, cipher));
  },
  /** With what a certificate that is joined is remembered with. */
  get: async (
    id: number,
  ): Promise<{ readonly conflict: Conflict; readonly notAfter: number | undefined } | undefined> => {
    const [row] = await query<Row>('SELECT * FROM conflicts WHERE id = $1', [id]);
    return row && { conflict: toConflict(row, cipher), notAfter: row.not_after ?? undefined };
  },
  meeting: async (unifiedIds: readonly string[], limit: number): Promise<readonly Conflict[]> => {
    const rows = await query<Row>('SELECT * FROM conflicts WHERE meets && $1 ORDER BY id DESC LIMIT $2', [
      unifiedIds,
      limit,
    ]);
    return rows.map((row) => toConflict(row, cipher));
  },
  settle: async (id: number, { state, joined, at }: SettledAs): Promise<void> => {
    await query('UPDATE conflicts SET state = $1, joined = $2, settled_at = $3 WHERE id = $4', [
      state,
      joined ?? null,
      at,
      id,
    ]);
  },
});

const toConflict = (row: Row, cipher: FieldCipher): Conflict => ({
  id: row.id,
  state: row.state,
  settledAt: row.settled_at ?? undefined,
  joined: row.joined ?? undefined,
  reason: row.reason,
  authority: row.authority,
  thumbprint: row.thumbprint,
  reading:
    row.reading === null
      ? undefined
      : (JSON.parse(
          cipher.decrypt(row.reading, readingBinding(row.thumbprint, row.reason)),
        ) as SubjectReading),
  meets: row.meets,
  firstAt: row.first_at,
  lastAt: row.last_at,
  times: row.times,
});

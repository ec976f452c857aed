import type { DatabaseSync } from 'node:sqlite';
import type { FieldCipher } from '../storage/field-cipher.ts';
import type { ConflictFinding } from './find-conflict.ts';
import type { SubjectReading } from './identity.ts';
import type { Conflict, ConflictPage, ConflictReason, ConflictState, ReadingContext } from './register.ts';
import { readingBinding } from './sealed-bindings.ts';

/** The operators' queue in the embedded register. */
export interface ConflictTable {
  record(finding: ConflictFinding, context: ReadingContext): void;
  /** Open ones. */
  count(): number;
  list(page: ConflictPage): readonly Conflict[];
  get(id: number): QueuedConflict | undefined;
  meeting(unifiedIds: readonly string[], limit: number): readonly Conflict[];
  settle(id: number, outcome: SettledAs): void;
}

/** A conflict with what a certificate that is joined is remembered with. */
export interface QueuedConflict {
  readonly conflict: Conflict;
  readonly notAfter: number | undefined;
}

interface SettledAs {
  readonly state: Exclude<ConflictState, 'open'>;
  readonly joined: string | undefined;
  readonly at: number;
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
  readonly not_after: number | null;
  readonly state: ConflictState;
  readonly settled_at: number | null;
  readonly joined: string | null;
}

export const openConflictTable = (database: DatabaseSync, cipher: FieldCipher): ConflictTable => {
  // A joined certificate that conflicts again is read otherwise than it was when it was joined.
  const upsert = database.prepare(`
    INSERT INTO conflicts (thumbprint, authority, reason, reading, meets, first_at, last_at, times, not_after)
    VALUES (:thumbprint, :authority, :reason, :reading, :meets, :at, :at, 1, :notAfter)
    ON CONFLICT (thumbprint, reason) DO UPDATE SET
      authority = excluded.authority, reading = excluded.reading, meets = excluded.meets,
      last_at = excluded.last_at, times = times + 1, not_after = coalesce(excluded.not_after, not_after),
      settled_at = iif(state = 'joined', NULL, settled_at), joined = NULL,
      state = iif(state = 'joined', 'open', state)
    RETURNING id`);
  const forgetMeets = database.prepare('DELETE FROM conflict_meets WHERE conflict = ?');
  const addMeets = database.prepare(
    'INSERT INTO conflict_meets (unified_id, conflict) SELECT DISTINCT value, ?1 FROM json_each(?2)',
  );
  const total = database.prepare("SELECT count(*) AS total FROM conflicts WHERE state = 'open'");
  const page = database.prepare('SELECT * FROM conflicts WHERE id < ? ORDER BY id DESC LIMIT ?');
  const pageOfState = database.prepare(
    'SELECT * FROM conflicts WHERE id < ? AND state = ? ORDER BY id DESC LIMIT ?',
  );
  const byId = database.prepare('SELECT * FROM conflicts WHERE id = ?');
  const meeting = database.prepare(
    `SELECT * FROM conflicts WHERE id IN (
       SELECT conflict FROM conflict_meets WHERE unified_id IN (SELECT value FROM json_each(?))
     ) ORDER BY id DESC LIMIT ?`,
  );
  const settle = database.prepare('UPDATE conflicts SET state = ?, joined = ?, settled_at = ? WHERE id = ?');
  const read = (rows: readonly unknown[]): readonly Conflict[] =>
    (rows as readonly Row[]).map((row) => toConflict(row, cipher));

  return {
    record: ({ reason, reading, meets }, { thumbprint, authority, at, notAfter = null }) => {
      const sealed =
        reading === undefined
          ? null
          : cipher.encrypt(JSON.stringify(reading), readingBinding(thumbprint, reason));
      const met = JSON.stringify(meets);
      const { id } = upsert.get({
        thumbprint,
        authority,
        reason,
        reading: sealed,
        meets: met,
        at,
        notAfter,
      }) as { id: number };
      forgetMeets.run(id);
      addMeets.run(id, met);
    },
    count: () => (total.get() as { total: number }).total,
    list: ({ limit, before = Number.MAX_SAFE_INTEGER, state }) =>
      read(state === undefined ? page.all(before, limit) : pageOfState.all(before, state, limit)),
    get: (id) => {
      const row = byId.get(id) as Row | undefined;
      return row && { conflict: toConflict(row, cipher), notAfter: row.not_after ?? undefined };
    },
    meeting: (unifiedIds, limit) => read(meeting.all(JSON.stringify(unifiedIds), limit)),
    settle: (id, { state, joined, at }) => {
      settle.run(state, joined ?? null, at, id);
    },
  };
};

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
  meets: JSON.parse(row.meets) as string[],
  firstAt: row.first_at,
  lastAt: row.last_at,
  times: row.times,
});

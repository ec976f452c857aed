import { migratePostgres } from '../storage/postgres-schema.ts';
import type { Postgres, PostgresQueries } from '../storage/postgres.ts';
import type { AuditFilter, AuditIndex, IndexedEntry } from './audit-index.ts';
import { countOn, NOTHING_COUNTED, wholeSince, type Counted, type CountedLog } from './counted-since.ts';
import { entryOf, hoursOf, type EntryRow } from './embedded-index.ts';
import { BEGINNING, type AuditCursor } from './feed.ts';
import { gatherFigures } from './hour-figures.ts';
import { createIndexHash, rowOf } from './index-row.ts';
import type { AuditKeyStore } from './key-store.ts';
import { identityOwner } from './personal-fields.ts';
import { addFigures, readFigures } from './postgres-figures.ts';
import { MIGRATIONS } from './postgres-index-schema.ts';

export interface PostgresIndexOptions {
  readonly postgres: Postgres;
  /** Whose log `add`, `cursor`, `dropBefore` and `clear` are about: a name that no other log has (replica-name.ts). */
  readonly replica: string;
  /** 32 octets, the same for all replicas: hashes certificates and addresses. */
  readonly hashKey: Uint8Array;
  readonly keys: Pick<AuditKeyStore, 'find'>;
}

/** Longer than a sign-in may take: a batch, or figures of a year, are nobody's who waits for a page. */
const BATCH_MS = 60_000;

/**
 * Opens (or makes) the index in the schema that all replicas share. `close` leaves the connections open. Give it connections
 * of its own: who looks at figures must not be in the way of who signs in.
 */
export const openPostgresIndex = async ({
  postgres,
  replica,
  hashKey,
  keys,
}: PostgresIndexOptions): Promise<AuditIndex> => {
  await migratePostgres(postgres, 'audit-index', MIGRATIONS);
  const hash = createIndexHash(hashKey);
  const [known] = await postgres.query<{ number: number }>(
    `INSERT INTO audit_replicas AS old (name, hash) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET name = old.name RETURNING number`,
    [replica, BEGINNING.hash],
  );
  if (known === undefined) throw new Error('an insert returns its row');
  const { number } = known;
  const writing = (work: (queries: PostgresQueries) => Promise<void>): Promise<void> =>
    postgres.transaction(work, { statementMs: BATCH_MS });
  const stand = async (
    { query }: PostgresQueries,
    { segment, offset, seq, hash: last }: AuditCursor,
    { counted_seq, counted_from, counted_since }: Counted,
  ): Promise<void> => {
    await query(
      `UPDATE audit_replicas SET segment = $2, "offset" = $3, seq = $4, hash = $5, counted_seq = $6,
         counted_from = $7, counted_since = $8 WHERE number = $1`,
      [number, segment, offset, seq, last, counted_seq, counted_from, counted_since],
    );
  };
  const countedUpTo = async ({ query }: PostgresQueries): Promise<Counted & { readonly seq: number }> => {
    const [row] = await query<Counted & { seq: number }>(
      'SELECT seq, counted_seq, counted_from, counted_since FROM audit_replicas WHERE number = $1',
      [number],
    );
    return row ?? { ...NOTHING_COUNTED, seq: 0 };
  };

  const conditionsOf = async (filter: AuditFilter, give: (value: unknown) => string): Promise<string[]> => {
    const found: string[] = [];
    if (filter.from !== undefined) found.push(`e.at >= ${give(filter.from)}`);
    if (filter.to !== undefined) found.push(`e.at < ${give(filter.to)}`);
    for (const column of ['event', 'code', 'department', 'service', 'reference', 'trace', 'actor'] as const) {
      if (filter[column] !== undefined) found.push(`e.${column} = ${give(filter[column])}`);
    }
    if (filter.replica !== undefined) found.push(`r.name = ${give(filter.replica)}`);
    if (filter.certificate !== undefined)
      found.push(`e.certificate = ${give(hash.certificate(filter.certificate))}`);
    if (filter.unifiedId !== undefined) {
      const holder = (await keys.find(identityOwner(filter.unifiedId)))?.holder;
      const holders = [hash.unsealedHolder(filter.unifiedId), ...(holder === undefined ? [] : [holder])];
      found.push(`e.holder = ANY (${give(holders)})`);
    }
    return found;
  };
  const figures = readFigures({
    query: (text, values) =>
      postgres.transaction(({ query }) => query(text, values), { statementMs: BATCH_MS }),
  });

  return {
    add: (entries, cursor) => {
      const rows = entries.map((input) => ({ input, row: rowOf(input, hash) }));
      // Gathered anew in every attempt: figures are added into what was there before.
      return writing(async (queries) => {
        const gathered = gatherFigures();
        for (const { input, row } of rows) gathered.add(input, row);
        await insertEntries(queries, number, rows);
        await addFigures(queries, number, gathered);
        const [first] = rows;
        const begin = first && { seq: first.input.place.seq, at: first.row.at };
        await stand(queries, cursor, countOn(await countedUpTo(queries), begin, cursor));
      });
    },
    cursor: async () => {
      const [row] = await postgres.query<AuditCursor>(
        'SELECT segment, "offset", seq, hash FROM audit_replicas WHERE number = $1',
        [number],
      );
      return row === undefined ? BEGINNING : { ...row };
    },
    search: async (filter, { limit, before }) => {
      const values: unknown[] = [];
      const give = (value: unknown): string => `$${values.push(value)}`;
      const conditions = await conditionsOf(filter, give);
      if (typeof before === 'number') conditions.push(`e.seq < ${give(before)}`);
      else if (before !== undefined) {
        conditions.push(
          `(e.at, r.name, e.seq) < (${give(before.at)}, ${give(before.replica ?? replica)}, ${give(before.seq)})`,
        );
      }
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
      const rows = await postgres.query<EntryRow & { replica: string; line: string | null }>(
        `SELECT e.seq, e.at, e.event, e.code, e.department, e.service, e.holder, e.reference, e.trace, e.actor,
           e.segment, e."offset", e.length, e.line, r.name AS replica
         FROM audit_entries e JOIN audit_replicas r ON r.number = e.replica ${where}
         ORDER BY e.at DESC, r.name DESC, e.seq DESC LIMIT ${give(limit)}`,
        values,
      );
      return rows.map(({ line, replica: name, ...row }): IndexedEntry => ({
        ...entryOf(row),
        replica: name,
        ...(line !== null && { line }),
      }));
    },
    figures: (filter, step) => figures.figures(hoursOf(filter), step),
    codes: (filter, step) => figures.codes(hoursOf(filter), step),
    authorities: (filter, step) => figures.authorities(hoursOf(filter), step),
    authoritiesSince: async () =>
      wholeSince(
        await postgres.query<CountedLog>(
          `SELECT seq, counted_seq, counted_from, counted_since,
             (SELECT e.at FROM audit_entries e WHERE e.replica = r.number ORDER BY e.seq DESC LIMIT 1) AS last_at
           FROM audit_replicas r`,
        ),
      ),
    busyCertificates: (filter, page) => figures.busyCertificates(hoursOf(filter), page),
    forget: (holder) =>
      writing(async ({ query }) => {
        await query(
          `DELETE FROM audit_hour_certificates
           WHERE certificate IN (SELECT certificate FROM audit_entries WHERE holder = $1)`,
          [holder],
        );
        await query('UPDATE audit_entries SET certificate = NULL, line = NULL WHERE holder = $1', [holder]);
      }),
    dropBefore: (segment) =>
      writing(async ({ query }) => {
        await query('DELETE FROM audit_entries WHERE replica = $1 AND segment < $2', [number, segment]);
      }),
    clear: () =>
      writing(async (queries) => {
        for (const table of TABLES)
          await queries.query(`DELETE FROM audit_${table} WHERE replica = $1`, [number]);
        await stand(queries, BEGINNING, NOTHING_COUNTED);
      }),
    close: async () => undefined,
  };
};

/** Whose rows are of one replica. */
const TABLES = [
  ...['entries', 'hours', 'hour_codes', 'days', 'day_codes'],
  ...['hour_certificates', 'hour_authorities'],
];

interface Input {
  readonly input: Parameters<AuditIndex['add']>[0][number];
  readonly row: ReturnType<typeof rowOf>;
}

const insertEntries = async (
  { query }: PostgresQueries,
  replica: number,
  rows: readonly Input[],
): Promise<void> => {
  if (rows.length === 0) return;
  const of = <T>(read: (each: Input) => T): readonly T[] => rows.map(read);
  await query(
    `INSERT INTO audit_entries (replica, seq, at, event, code, department, service, holder, certificate, reference,
       trace, actor, segment, "offset", length, line)
     SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::bytea[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[], $15::integer[], $16::text[])
     ON CONFLICT (replica, seq) DO UPDATE SET at = excluded.at, event = excluded.event, code = excluded.code,
       department = excluded.department, service = excluded.service, holder = excluded.holder,
       certificate = excluded.certificate, reference = excluded.reference, trace = excluded.trace,
       actor = excluded.actor, segment = excluded.segment, "offset" = excluded."offset",
       length = excluded.length, line = excluded.line`,
    [
      replica,
      of(({ input }) => input.place.seq),
      of(({ row }) => row.at),
      of(({ row }) => row.event),
      of(({ row }) => row.code),
      of(({ row }) => row.department),
      of(({ row }) => row.service),
      of(({ row }) => row.holder),
      of(({ row }) => row.certificate),
      of(({ row }) => row.reference),
      of(({ row }) => row.trace),
      of(({ row }) => row.actor),
      of(({ input }) => input.place.segment),
      of(({ input }) => input.place.offset),
      of(({ input }) => input.place.length),
      // Without a sealed part it could hold somebody's data in the clear (entries of before entries were sealed).
      of(({ row, input }) =>
        row.event === 'sign-in' && input.place.line?.includes('"sealed":"') ? input.place.line : null,
      ),
    ],
  );
};

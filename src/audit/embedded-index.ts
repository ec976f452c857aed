import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { inTransaction, openSqlite } from '../storage/sqlite.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { AuditFilter, AuditIndex, AuthorityFilter, FigureFilter, IndexedEntry } from './audit-index.ts';
import { countOn, NOTHING_COUNTED, wholeSince, type Counted, type CountedLog } from './counted-since.ts';
import { MIGRATIONS } from './embedded-index-schema.ts';
import { BEGINNING, type AuditCursor } from './feed.ts';
import { fillDays, openFigureTables } from './embedded-figures.ts';
import { gatherFigures, HOUR_MS } from './hour-figures.ts';
import { createIndexHash, rowOf } from './index-row.ts';
import type { AuditKeyStore } from './key-store.ts';
import { identityOwner } from './personal-fields.ts';

export const auditIndexFile = (data: string): string => join(data, 'audit-index.sqlite');

export interface EmbeddedIndexOptions {
  readonly file: string;
  /** 32 octets: hashes certificates and addresses. */
  readonly hashKey: Uint8Array;
  readonly keys: Pick<AuditKeyStore, 'find'>;
  /** For those who only look: nothing is made or changed. */
  readonly readOnly?: boolean;
}

export interface EntryRow {
  readonly seq: number;
  readonly at: number;
  readonly event: string;
  readonly code: string | null;
  readonly department: string | null;
  readonly service: string | null;
  readonly holder: string | null;
  readonly reference: string | null;
  readonly trace: string | null;
  readonly actor: string | null;
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

/**
 * Opens (or makes) the index in one SQLite file.
 *
 * @throws StorageError when the file cannot be used; with `readOnly` also where there is none
 */
export const openEmbeddedIndex = ({
  file,
  hashKey,
  keys,
  readOnly = false,
}: EmbeddedIndexOptions): AuditIndex => {
  const database = readOnly ? openToRead(file) : openSqlite(file, MIGRATIONS);
  // It can be made again from the segments: what a power cut takes of it is read again.
  if (!readOnly) {
    database.exec('PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON');
    fillDays(database);
  }
  const hash = createIndexHash(hashKey);
  const figures = openFigureTables(database);

  const conditions = async (
    filter: AuditFilter,
  ): Promise<readonly (readonly [string, SQLInputValue[]])[]> => {
    const found: (readonly [string, SQLInputValue[]])[] = [];
    if (filter.from !== undefined) found.push(['at >= ?', [filter.from]]);
    if (filter.to !== undefined) found.push(['at < ?', [filter.to]]);
    for (const column of ['event', 'code', 'department', 'service', 'reference', 'trace', 'actor'] as const) {
      const value = filter[column];
      if (value !== undefined) found.push([`${column} = ?`, [value]]);
    }
    if (filter.certificate !== undefined)
      found.push(['certificate = ?', [hash.certificate(filter.certificate)]]);
    if (filter.unifiedId !== undefined) {
      const holder = (await keys.find(identityOwner(filter.unifiedId)))?.holder;
      const holders = [hash.unsealedHolder(filter.unifiedId), ...(holder === undefined ? [] : [holder])];
      found.push([`holder IN (${holders.map(() => '?').join(',')})`, holders]);
    }
    return found;
  };

  return {
    add: async (entries, cursor) => {
      const gathered = gatherFigures();
      const rows = entries.map((input) => {
        const row = rowOf(input, hash);
        gathered.add(input, row);
        return { ...row, ...input.place };
      });
      inTransaction(database, () => {
        const insert = database.prepare(
          `INSERT OR REPLACE INTO entries (seq, at, event, code, department, service, holder, certificate, reference,
             trace, actor, segment, offset, length) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        );
        for (const row of rows) {
          const { seq, at, event, code, department, service, holder, certificate } = row;
          const { reference, trace, actor, segment, offset, length } = row;
          insert.run(
            seq,
            at,
            event,
            code,
            department,
            service,
            holder,
            certificate,
            reference,
            trace,
            actor,
            segment,
            offset,
            length,
          );
        }
        figures.add(gathered);
        const { segment, offset, seq, hash: last } = cursor;
        const known = database.prepare('SELECT * FROM position').get() as
          (Counted & Pick<AuditCursor, 'seq'>) | undefined;
        const counted = countOn(known ?? { ...NOTHING_COUNTED, seq: 0 }, rows[0], cursor);
        database
          .prepare(
            `INSERT OR REPLACE INTO position (only, segment, offset, seq, hash, counted_seq, counted_from,
               counted_since) VALUES (1, ?, ?, ?, ?, ?, ?, ?)`,
          )
          .run(segment, offset, seq, last, counted.counted_seq, counted.counted_from, counted.counted_since);
      });
    },
    cursor: async () => {
      const row = database.prepare('SELECT segment, offset, seq, hash FROM position').get();
      return row === undefined ? BEGINNING : { ...(row as unknown as AuditCursor) };
    },
    search: async (filter, { limit, before }) => {
      const where = [
        ...(await conditions(filter)),
        ...(before === undefined
          ? []
          : [['seq < ?', [typeof before === 'number' ? before : before.seq]] as const]),
      ];
      const sql = where.length === 0 ? '' : `WHERE ${where.map(([condition]) => condition).join(' AND ')}`;
      const rows = database
        .prepare(
          `SELECT seq, at, event, code, department, service, holder, reference, trace, actor, segment, offset, length
           FROM entries ${sql} ORDER BY seq DESC LIMIT ?`,
        )
        .all(...where.flatMap(([, values]) => values), limit) as unknown as EntryRow[];
      return rows.map(entryOf);
    },
    figures: async (filter, step) => figures.figures(hoursOf(filter), step),
    codes: async (filter, step) => figures.codes(hoursOf(filter), step),
    authorities: async (filter, step) => figures.authorities(hoursOf(filter), step),
    authoritiesSince: async () =>
      wholeSince(
        database
          .prepare(
            `SELECT seq, counted_seq, counted_from, counted_since,
               (SELECT at FROM entries ORDER BY seq DESC LIMIT 1) AS last_at FROM position`,
          )
          .all() as unknown as CountedLog[],
      ),
    busyCertificates: async (filter, page) => figures.busyCertificates(hoursOf(filter), page),
    forget: async (holder) => {
      inTransaction(database, () => {
        database
          .prepare(
            'DELETE FROM hour_certificates WHERE certificate IN (SELECT certificate FROM entries WHERE holder = ?)',
          )
          .run(holder);
        database.prepare('UPDATE entries SET certificate = NULL WHERE holder = ?').run(holder);
      });
    },
    dropBefore: async (segment) => {
      database.prepare('DELETE FROM entries WHERE segment < ?').run(segment);
    },
    clear: async () => {
      inTransaction(database, () => {
        for (const table of TABLES) database.exec(`DELETE FROM ${table}`);
      });
    },
    close: async () => database.close(),
  };
};

const TABLES = [
  ...['position', 'entries', 'hours', 'hour_codes', 'days', 'day_codes'],
  ...['hour_certificates', 'hour_authorities'],
];

interface Hours {
  readonly at: number;
  readonly fromHour: number;
  readonly toHour: number;
}
export type HourFilter = Hours & Omit<FigureFilter, 'from' | 'to'>;
export type AuthorityHours = Hours & Omit<AuthorityFilter, 'from' | 'to'>;

export const hoursOf = <Filter extends Pick<FigureFilter, 'from' | 'to'>>({
  from,
  to,
  ...rest
}: Filter): Hours & Omit<Filter, 'from' | 'to'> => ({
  ...rest,
  at: from,
  fromHour: Math.ceil(from / HOUR_MS),
  toHour: Math.ceil(to / HOUR_MS),
});

const openToRead = (file: string): DatabaseSync => {
  if (statSync(file, { throwIfNoEntry: false }) === undefined)
    throw new StorageError(`${file}: there is no index yet: start the gateway, or run onecert audit index`);
  try {
    return new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  } catch (cause) {
    throw new StorageError(`${file}: the index cannot be read: ${(cause as Error).message}`, { cause });
  }
};

export const entryOf = (row: EntryRow): IndexedEntry => ({
  ...row,
  code: row.code ?? undefined,
  department: row.department ?? undefined,
  service: row.service ?? undefined,
  holder: row.holder ?? undefined,
  reference: row.reference ?? undefined,
  trace: row.trace ?? undefined,
  actor: row.actor ?? undefined,
});

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { inTransaction, openSqlite } from '../storage/sqlite.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { AuditFilter, AuditIndex, FigureFilter, IndexedEntry } from './audit-index.ts';
import { BEGINNING, type AuditCursor } from './feed.ts';
import { openFigureTables } from './embedded-figures.ts';
import { gatherFigures, HOUR_MS } from './hour-figures.ts';
import { createIndexHash, rowOf } from './index-row.ts';
import type { AuditKeyStore } from './key-store.ts';
import { identityOwner } from './personal-fields.ts';

const MIGRATIONS = [
  `CREATE TABLE position (
     only INTEGER PRIMARY KEY CHECK (only = 1),
     segment INTEGER NOT NULL, offset INTEGER NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL
   ) STRICT;
   CREATE TABLE entries (
     seq INTEGER PRIMARY KEY,
     at INTEGER NOT NULL, event TEXT NOT NULL, code TEXT, department TEXT, service TEXT,
     holder TEXT, certificate BLOB, reference TEXT, trace TEXT, actor TEXT,
     segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX entries_at ON entries (at);
   CREATE INDEX entries_event ON entries (event) WHERE event <> 'call';
   CREATE INDEX entries_code ON entries (code) WHERE code IS NOT NULL;
   CREATE INDEX entries_service ON entries (service) WHERE service IS NOT NULL;
   CREATE INDEX entries_department ON entries (department) WHERE department IS NOT NULL;
   CREATE INDEX entries_holder ON entries (holder, event) WHERE holder IS NOT NULL;
   CREATE INDEX entries_certificate ON entries (certificate) WHERE certificate IS NOT NULL;
   CREATE INDEX entries_reference ON entries (reference) WHERE reference IS NOT NULL;
   CREATE INDEX entries_trace ON entries (trace) WHERE trace IS NOT NULL;
   CREATE INDEX entries_actor ON entries (actor) WHERE actor IS NOT NULL;
   CREATE TABLE hours (
     hour INTEGER NOT NULL, department TEXT NOT NULL, service TEXT NOT NULL,
     calls INTEGER NOT NULL, refusals INTEGER NOT NULL, upstream_failures INTEGER NOT NULL, broken INTEGER NOT NULL,
     answered INTEGER NOT NULL, server_errors INTEGER NOT NULL, duration REAL NOT NULL,
     histogram TEXT NOT NULL, certificates BLOB NOT NULL,
     PRIMARY KEY (hour, department, service)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE hour_codes (
     hour INTEGER NOT NULL, department TEXT NOT NULL, service TEXT NOT NULL,
     outcome TEXT NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL,
     PRIMARY KEY (hour, department, service, outcome, code)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE hour_certificates (
     hour INTEGER NOT NULL, certificate BLOB NOT NULL, last_seq INTEGER NOT NULL,
     calls INTEGER NOT NULL, refusals INTEGER NOT NULL, addresses BLOB NOT NULL,
     PRIMARY KEY (hour, certificate)
   ) STRICT, WITHOUT ROWID;`,
];

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
  if (!readOnly) database.exec('PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON');
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
        database
          .prepare(
            'INSERT OR REPLACE INTO position (only, segment, offset, seq, hash) VALUES (1, ?, ?, ?, ?)',
          )
          .run(segment, offset, seq, last);
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
        for (const table of ['position', 'entries', 'hours', 'hour_codes', 'hour_certificates'])
          database.exec(`DELETE FROM ${table}`);
      });
    },
    close: async () => database.close(),
  };
};

export interface HourFilter extends Omit<FigureFilter, 'from' | 'to'> {
  readonly at: number;
  readonly fromHour: number;
  readonly toHour: number;
}

export const hoursOf = ({ from, to, ...rest }: FigureFilter): HourFilter => ({
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

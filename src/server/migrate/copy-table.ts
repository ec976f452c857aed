import type { DatabaseSync } from 'node:sqlite';
import type { PostgresQueries } from '../../storage/postgres.ts';
import type { MovedTable } from './tables.ts';

const ROWS = 2_000;
/** Documents' files are some hundred KiB each; a statement is held in memory as text. */
const BYTES = 4 * 1024 * 1024;

type Row = Record<string, unknown>;

/** Copies all rows, a batch at a time. Resolves with how many. */
export const copyTable = async (
  database: DatabaseSync,
  { query }: PostgresQueries,
  { from, to, order, columns, taken = {}, numbered }: MovedTable,
  onRows: (rows: number) => void = () => undefined,
): Promise<number> => {
  const names = Object.keys(columns);
  const text = `INSERT INTO ${to} (${names.join(', ')}) SELECT ${names.map((name) => taken[name] ?? name).join(', ')}
     FROM unnest(${names.map((name, index) => `$${index + 1}::${columns[name]}[]`).join(', ')})
       AS each (${names.join(', ')})`;
  let copied = 0;
  let batch: Row[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    if (batch.length === 0) return;
    await query(
      text,
      names.map((name) => batch.map((row) => row[name] ?? null)),
    );
    copied += batch.length;
    onRows(batch.length);
    [batch, bytes] = [[], 0];
  };
  // Nobody writes the file meanwhile: the data folder is locked.
  for (const row of database.prepare(`SELECT ${names.join(', ')} FROM ${from} ORDER BY ${order}`).iterate()) {
    batch.push(row);
    for (const value of Object.values(row)) if (value instanceof Uint8Array) bytes += value.length;
    if (batch.length >= ROWS || bytes >= BYTES) await send();
  }
  await send();
  if (numbered !== undefined) {
    await query(
      `SELECT setval(pg_get_serial_sequence('${to}', '${numbered}'), coalesce(max(${numbered}), 1),
         max(${numbered}) IS NOT NULL) FROM ${to}`,
    );
  }
  return copied;
};

export const countRows = (database: DatabaseSync, { from }: MovedTable): number =>
  Number(database.prepare(`SELECT count(*) AS total FROM ${from}`).get()?.['total'] ?? 0);

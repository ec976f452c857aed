import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Worker } from 'node:worker_threads';
import { openSqlite } from '../../../src/storage/sqlite.ts';

// None of them can be run twice.
const MIGRATIONS = ['CREATE TABLE a (x INTEGER) STRICT', 'CREATE TABLE b (x INTEGER) STRICT'].concat(
  Array.from({ length: 30 }, (_, number) => `ALTER TABLE b ADD COLUMN c${number} INTEGER`),
);

describe('openSqlite', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-sqlite-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('brings a schema up to date once, however many open it at the same time', async () => {
    const program = `
      import { workerData, parentPort } from 'node:worker_threads';
      const { openSqlite } = await import(workerData.module);
      try {
        openSqlite(workerData.file, workerData.migrations).close();
        parentPort.postMessage('open');
      } catch (error) {
        parentPort.postMessage(error.message);
      }`;
    for (let round = 0; round < 5; round++) {
      const file = join(folder, `${round}.db`);
      const module = new URL('../../../src/storage/sqlite.ts', import.meta.url).href;
      const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
      const said = await Promise.all(
        Array.from(
          { length: 4 },
          () =>
            new Promise((resolve, reject) => {
              const worker = new Worker(url, { workerData: { module, file, migrations: MIGRATIONS } });
              worker.once('message', resolve);
              worker.once('error', reject);
            }),
        ),
      );
      expect(said).toEqual(['open', 'open', 'open', 'open']);
      const database = new DatabaseSync(file);
      expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: MIGRATIONS.length });
      database.close();
    }
  });

  it('goes on where an earlier version stopped, and refuses what a newer one made', () => {
    const file = join(folder, 'later.db');
    openSqlite(file, MIGRATIONS.slice(0, 2)).close();
    openSqlite(file, MIGRATIONS).close();
    expect(() => openSqlite(file, MIGRATIONS.slice(0, 2))).toThrow(/newer version of OneCert \(schema 32\)/);
  });
});

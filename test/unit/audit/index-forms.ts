import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { auditIndexFile } from '../../../src/audit/embedded-index.ts';
import { describeWithPostgres, onPostgres, POSTGRES_URL } from '../storage/postgres-servers.ts';
import { openFiles, type IndexedStores } from './indexed-log.ts';
import { openSharedStores, type SharedStores } from './shared-stores.ts';

/** Where an index is, for contracts that both forms pass. */
export interface IndexForm {
  readonly name: string;
  readonly run: typeof describe;
  readonly stores: (data: string) => Promise<IndexedStores>;
  /** Everything it holds, as text to look into. */
  readonly held: (data: string) => Promise<string>;
  /** Opens the same again. */
  readonly again: (data: string) => Promise<IndexedStores>;
  /** Statements about tables as the form calls them: `$hours` and so on. */
  readonly change: (data: string, ...statements: readonly string[]) => Promise<void>;
  /** As an earlier version of it was. */
  readonly makeVersion: (version: number) => string;
  readonly remove: () => Promise<void>;
}

export const inFiles: IndexForm = {
  name: 'SQLite',
  run: describe,
  stores: openFiles,
  held: async (data) =>
    Buffer.concat(
      readdirSync(data)
        .filter((name) => name.startsWith('audit-index'))
        .map((name) => readFileSync(join(data, name))),
    ).toString('latin1'),
  again: openFiles,
  change: async (data, ...statements) => {
    const database = new DatabaseSync(auditIndexFile(data));
    for (const each of statements) database.exec(each.replaceAll('$', ''));
    database.close();
  },
  makeVersion: (version) => `PRAGMA user_version = ${version}`,
  remove: async () => undefined,
};
export const inPostgres = (): IndexForm => {
  let shared: SharedStores | undefined;
  return {
    name: 'PostgreSQL',
    run: describeWithPostgres,
    stores: async () => {
      shared = await openSharedStores();
      return shared.of('one');
    },
    held: async () => (await shared?.held()) ?? '',
    again: async () => {
      if (shared === undefined) throw new Error('nothing has been opened');
      return shared.of('one');
    },
    change: async (_data, ...statements) => {
      for (const each of statements)
        await onPostgres(POSTGRES_URL, each.replaceAll('$', `${shared?.schema}.audit_`));
    },
    makeVersion: (version) =>
      `UPDATE ${shared?.schema}.schema_versions SET version = ${version} WHERE room = 'audit-index'`,
    remove: async () => shared?.remove(),
  };
};

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithPostgres } from '../storage/postgres-servers.ts';
import { openFiles, type IndexedStores } from './indexed-log.ts';
import { openSharedStores, type SharedStores } from './shared-stores.ts';

/** Where an index is, for contracts that both forms pass. */
export interface IndexForm {
  readonly name: string;
  readonly run: typeof describe;
  readonly stores: (data: string) => Promise<IndexedStores>;
  /** Everything it holds, as text to look into. */
  readonly held: (data: string) => Promise<string>;
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
    remove: async () => shared?.remove(),
  };
};

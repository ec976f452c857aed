import { join } from 'node:path';
import type { SharedAuditStores } from '../audit/open-stores.ts';
import type { ChangeStore } from '../changes/change-store.ts';
import { openEmbeddedChangeStore } from '../changes/embedded-change-store.ts';
import { openPostgresChangeStore } from '../changes/postgres-change-store.ts';
import { openEmbeddedRegister } from '../identity/embedded-register.ts';
import { openPostgresRegister } from '../identity/postgres-register.ts';
import type { IdentityRegister } from '../identity/register.ts';
import type { Resealing } from '../identity/reseal.ts';
import type { Logger } from '../observability/logging.ts';
import { KEYS, type KeyName } from '../storage/key-catalogue.ts';
import type { KeyRing } from '../storage/key-ring.ts';
import { openKeyMarks } from '../storage/postgres-key-marks.ts';
import { openPostgres, type Postgres, type PostgresStats } from '../storage/postgres.ts';
import { StorageError } from '../storage/storage-error.ts';
import { StoreUnavailableError } from '../storage/store-unavailable.ts';
import type { DataFolder } from './data-folder.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import { keepIdentities } from './keep-identities.ts';

/** What lasts: in files of this gateway, or in the PostgreSQL schema that replicas share. */
export interface LastingStores {
  readonly form: 'embedded' | 'postgres';
  readonly register: IdentityRegister & Resealing;
  /** Opens the documents under change control; closed with the others. */
  openChanges(): Promise<ChangeStore>;
  /** Undefined where nothing is shared. */
  readonly connections: Postgres | undefined;
  postgres(): PostgresStats | undefined;
  close(): Promise<void>;
}

export const changeStoreFile = (data: string): string => join(data, 'changes.sqlite');

/** How long a gateway that starts waits for PostgreSQL, ms. */
const START_MS = 30_000;

/** Rejects with StorageError when a store cannot be used, or its keys are others. */
export const openLastingStores = async (
  settings: Pick<GatewaySettings, 'stores' | 'data'>,
  { register: file }: Pick<DataFolder, 'register'>,
  keys: KeyRing,
  log: Logger,
): Promise<LastingStores> => {
  const { postgres: url, schema } = settings.stores;
  const ring = {
    fieldKey: () => keys.versions('field.key'),
    hashKey: () => keys.versions('hash.key'),
  };
  const opened: ChangeStore[] = [];
  const keep = (changes: ChangeStore): ChangeStore => {
    opened.push(changes);
    return changes;
  };
  if (url === undefined) {
    const register = openEmbeddedRegister({ file, ...ring, pairwiseKey: keys.secret('pairwise.key', 32) });
    // One that others can read, or that is no key, is said now and not to whoever comes first.
    for (const name of Object.keys(KEYS) as KeyName[]) keys.versions(name);
    return {
      form: 'embedded',
      register,
      openChanges: async () => keep(openEmbeddedChangeStore(changeStoreFile(settings.data))),
      connections: undefined,
      postgres: () => undefined,
      close: async () => {
        for (const each of opened) await each.close();
        await register.close();
      },
    };
  }
  const postgres = openPostgres({
    url,
    schema,
    onState: (state) => {
      if (state.ready) log.info({}, 'PostgreSQL answers');
      else {
        log.warn(
          { reason: state.reason },
          'PostgreSQL does not answer: who is known is served on, nobody new can sign in, nothing can be changed',
        );
      }
    },
  });
  try {
    if (!(await postgres.ready(START_MS))) throw new StorageError('PostgreSQL cannot be reached');
    await checkSharedKeys(postgres, keys);
    const register = keepIdentities(await openPostgresRegister({ postgres, ...ring }));
    return {
      form: 'postgres',
      register,
      openChanges: async () => keep(await openPostgresChangeStore(postgres)),
      connections: postgres,
      postgres: () => postgres.stats(),
      close: () => postgres.close(),
    };
  } catch (error) {
    await postgres.close();
    if (!(error instanceof StoreUnavailableError)) throw error;
    throw new StorageError(error.message, { cause: error });
  }
};

/**
 * What one replica makes with a key, the others read: sessions, assertions, forms, pairwise ids.
 *
 * Rejects with StorageError, which names the first key that is another.
 */
export const checkSharedKeys = async (postgres: Postgres, keys: Pick<KeyRing, 'versions'>): Promise<void> => {
  for (const key of Object.keys(KEYS) as KeyName[]) {
    // Each gateway has an audit log of its own: what is signed with this key no other reads.
    if (key === 'audit.key') continue;
    const lasts = KEYS[key].rotation !== 'overlap';
    await openKeyMarks(postgres, { key, versions: () => keys.versions(key), lasts });
  }
};

/** Where keys and index of the audit log are shared; undefined where they are files of the data folder. */
export const sharedAudit = ({
  stores: { postgres: url, schema },
}: Pick<GatewaySettings, 'stores'>): SharedAuditStores | undefined =>
  url === undefined ? undefined : { url, schema };

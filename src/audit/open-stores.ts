import { createFieldCipher } from '../storage/field-cipher.ts';
import type { KeyRing } from '../storage/key-ring.ts';
import { openPostgres, type Postgres } from '../storage/postgres.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { AuditIndex } from './audit-index.ts';
import { auditIndexFile, openEmbeddedIndex } from './embedded-index.ts';
import { auditKeyFile, openEmbeddedKeyStore, type KeyResealing } from './embedded-key-store.ts';
import type { AuditKeyStore } from './key-store.ts';
import { openPostgresIndex } from './postgres-index.ts';
import { openPostgresKeyStore } from './postgres-key-store.ts';
import { replicaName } from './replica-name.ts';

/** The schema in which replicas share keys and index. */
export interface SharedAuditStores {
  readonly url: string;
  readonly schema: string;
}

export interface AuditStores {
  readonly keys: AuditKeyStore & KeyResealing;
  readonly index: AuditIndex;
  /** What this log is called in a shared index; undefined where it is alone. */
  readonly replica: string | undefined;
  close(): Promise<void>;
}

export interface AuditStoresOptions {
  readonly data: string;
  readonly ring: Pick<KeyRing, 'versions' | 'secret'>;
  /** Undefined: files of the data folder. */
  readonly shared: SharedAuditStores | undefined;
  /** Where the keys are asked for by who signs in: connections of others, quick ones. The own ones where absent. */
  readonly keysBy?: Postgres | undefined;
  /** An embedded index is only looked at. */
  readonly readOnly?: boolean;
}

const READY_MS = 30_000;
/** Beside those of the register: figures and batches are in nobody's way. */
const CONNECTIONS = 3;
const STATEMENT_MS = 10_000;

/** Rejects with StorageError where they cannot be used. */
export const openAuditStores = async ({
  data,
  ring,
  shared,
  keysBy,
  readOnly = false,
}: AuditStoresOptions): Promise<AuditStores> => {
  const cipher = createFieldCipher(() => ring.versions('field.key'));
  const hashKey = ring.secret('audit-index.key', 32);
  if (shared === undefined) {
    const keys = openEmbeddedKeyStore(auditKeyFile(data), cipher);
    const index = openEmbeddedIndex({ file: auditIndexFile(data), hashKey, keys, readOnly });
    return {
      keys,
      index,
      replica: undefined,
      close: async () => {
        await index.close();
        await keys.close();
      },
    };
  }
  const postgres = openPostgres({ ...shared, maxConnections: CONNECTIONS, statementMs: STATEMENT_MS });
  try {
    if (!(await postgres.ready(READY_MS))) throw new StorageError('PostgreSQL cannot be reached');
    const keys = await openPostgresKeyStore(keysBy ?? postgres, cipher);
    const replica = replicaName(data);
    const index = await openPostgresIndex({ postgres, replica, hashKey, keys });
    return { keys, index, replica, close: () => postgres.close() };
  } catch (error) {
    await postgres.close();
    throw error;
  }
};

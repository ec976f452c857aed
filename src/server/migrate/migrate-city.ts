import { existsSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { auditKeyFile, openEmbeddedKeyStore } from '../../audit/embedded-key-store.ts';
import { lockFolder } from '../../audit/lock-folder.ts';
import { ALONE, replicaFile } from '../../audit/replica-name.ts';
import { openPostgresKeyStore } from '../../audit/postgres-key-store.ts';
import { MIGRATIONS as INDEX_MIGRATIONS } from '../../audit/postgres-index-schema.ts';
import { openEmbeddedChangeStore } from '../../changes/embedded-change-store.ts';
import { openPostgresChangeStore } from '../../changes/postgres-change-store.ts';
import { openEmbeddedRegister } from '../../identity/embedded-register.ts';
import { openPostgresRegister } from '../../identity/postgres-register.ts';
import { createFieldCipher } from '../../storage/field-cipher.ts';
import { openKeyRing } from '../../storage/key-ring.ts';
import { migratePostgres } from '../../storage/postgres-schema.ts';
import { openPostgres, type Postgres } from '../../storage/postgres.ts';
import { StorageError } from '../../storage/storage-error.ts';
import { openDataFolder } from '../data-folder.ts';
import { changeStoreFile, checkSharedKeys } from '../lasting-stores.ts';
import { compareSample } from './compare-sample.ts';
import { copyTable, countRows } from './copy-table.ts';
import { MOVED_TABLES, type EmbeddedFile, type MovedTable } from './tables.ts';

export interface MigrationOptions {
  /** Data folder of the embedded city. */
  readonly data: string;
  readonly url: string;
  readonly schema: string;
  /** Looks at both sides, and writes nothing. */
  readonly dryRun?: boolean;
  /** Told of every batch. */
  readonly onProgress?: (table: string, rows: number, of: number) => void;
}

export interface Migrated {
  /** Rows by table of the shared stores. */
  readonly rows: Readonly<Record<string, number>>;
  /** Identities, conflicts and documents that were opened on both sides and are the same. */
  readonly compared: number;
}

/** A statement may wait for the disk of a server that takes millions of rows, ms. */
const STATEMENT_MS = 600_000;
const READY_MS = 10_000;

/**
 * Copies an embedded city into empty shared stores, in one transaction that ends with the comparison of both: all of it or
 * nothing, whenever it is interrupted. The data folder stays as it is, and is locked meanwhile.
 *
 * Rejects with StorageError: a gateway uses the folder, the target is not empty or has other keys, something is not the
 * same afterwards. Rejects with StoreUnavailableError when the server goes away.
 */
export const migrateCity = async (options: MigrationOptions): Promise<Migrated> => {
  const { data, url, schema, dryRun = false } = options;
  const folder = openDataFolder(data);
  if (!existsSync(folder.register)) throw new StorageError(`${folder.register}: there is no city to move`);
  const lock = lockFolder(folder.audit);
  let reason = 'no answer';
  const postgres = openPostgres({
    ...{ url, schema, maxConnections: 2, statementMs: STATEMENT_MS },
    onState: (state) => {
      if (!state.ready) reason = state.reason;
    },
  });
  try {
    if (!(await postgres.ready(READY_MS))) throw new StorageError(`PostgreSQL cannot be reached: ${reason}`);
    if (dryRun) return await look(options, postgres);
    const moved = await move(options, postgres);
    // Its log goes on under the name it had: with another one, what auditors and witnesses know would not fit it any more.
    if (!existsSync(replicaFile(data))) writeFileSync(replicaFile(data), `${ALONE}\n`, { mode: 0o600 });
    return moved;
  } finally {
    await postgres.close();
    lock.release();
  }
};

const look = async ({ data }: MigrationOptions, postgres: Postgres): Promise<Migrated> => {
  const source = await openSource(data);
  try {
    for (const table of [...MOVED_TABLES.map(({ to }) => to), 'audit_entries']) {
      const [found] = await postgres.query<{ there: boolean }>(
        'SELECT to_regclass($1) IS NOT NULL AS there',
        [`${postgres.schema}.${table}`],
      );
      if (found?.there === true) await requireEmpty(postgres, table);
    }
    return { rows: source.counts, compared: 0 };
  } finally {
    await source.close();
  }
};

const move = async ({ data, onProgress }: MigrationOptions, postgres: Postgres): Promise<Migrated> => {
  const source = await openSource(data);
  const { ring, counts } = source;
  try {
    const keys = {
      fieldKey: () => ring.versions('field.key'),
      hashKey: () => ring.versions('hash.key'),
    };
    const cipher = createFieldCipher(keys.fieldKey);
    await checkSharedKeys(postgres, ring);
    await openPostgresRegister({ postgres, ...keys });
    await openPostgresChangeStore(postgres);
    await openPostgresKeyStore(postgres, cipher);
    await migratePostgres(postgres, 'audit-index', INDEX_MIGRATIONS);
    return await postgres.transaction(
      async (queries) => {
        const tables = MOVED_TABLES.map(({ to }) => to);
        // A gateway that starts on the target waits until all is there, or finds nothing.
        await queries.query(`LOCK TABLE ${tables.join(', ')} IN ACCESS EXCLUSIVE MODE`);
        for (const table of [...tables, 'audit_entries']) await requireEmpty(queries, table);
        for (const table of MOVED_TABLES) {
          const of = counts[table.to] ?? 0;
          let rows = 0;
          const copied = await copyTable(source.database(table.file), queries, table, (more) => {
            rows += more;
            onProgress?.(table.to, rows, of);
          });
          await requireSame(queries, table, copied, of);
        }
        const compared = await compareSample(source, queries, keys);
        return { rows: counts, compared };
      },
      { statementMs: STATEMENT_MS },
    );
  } finally {
    await source.close();
  }
};

const requireEmpty = async ({ query }: Pick<Postgres, 'query'>, table: string): Promise<void> => {
  const rows = await query(`SELECT 1 FROM ${table} LIMIT 1`);
  if (rows.length > 0) {
    throw new StorageError(
      `the PostgreSQL schema is not empty (${table}): a city is moved into an empty one alone; name another by stores.schema`,
    );
  }
};

const requireSame = async (
  { query }: Pick<Postgres, 'query'>,
  { to }: MovedTable,
  copied: number,
  counted: number,
): Promise<void> => {
  const [row] = await query<{ total: number }>(`SELECT count(*) AS total FROM ${to}`);
  if (row?.total !== copied || copied !== counted) {
    throw new StorageError(`${to}: ${counted} rows to move, ${copied} moved, ${row?.total ?? 0} found`);
  }
};

/** The embedded stores, brought up to date by opening them once, and their files to be read. */
export interface MigrationSource {
  readonly ring: ReturnType<typeof openKeyRing>;
  readonly register: ReturnType<typeof openEmbeddedRegister>;
  readonly changes: ReturnType<typeof openEmbeddedChangeStore>;
  readonly counts: Readonly<Record<string, number>>;
  database(file: EmbeddedFile): DatabaseSync;
  close(): Promise<void>;
}

const openSource = async (data: string): Promise<MigrationSource> => {
  const { keys: keyFolder, register: registerFile } = openDataFolder(data);
  const ring = openKeyRing(keyFolder);
  const fieldKey = () => ring.versions('field.key');
  const register = openEmbeddedRegister({
    file: registerFile,
    fieldKey,
    hashKey: () => ring.versions('hash.key'),
  });
  const changes = openEmbeddedChangeStore(changeStoreFile(data));
  const auditKeys = openEmbeddedKeyStore(auditKeyFile(data), createFieldCipher(fieldKey));
  await auditKeys.close();
  const files: Readonly<Record<EmbeddedFile, DatabaseSync>> = {
    register: new DatabaseSync(registerFile, { readOnly: true }),
    changes: new DatabaseSync(changeStoreFile(data), { readOnly: true }),
    auditKeys: new DatabaseSync(auditKeyFile(data), { readOnly: true }),
  };
  return {
    ring,
    register,
    changes,
    counts: Object.fromEntries(MOVED_TABLES.map((table) => [table.to, countRows(files[table.file], table)])),
    database: (file) => files[file],
    close: async () => {
      for (const each of Object.values(files)) each.close();
      await register.close();
      await changes.close();
    },
  };
};

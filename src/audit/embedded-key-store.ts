import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { FieldCipher } from '../storage/field-cipher.ts';
import { inTransaction, openSqlite } from '../storage/sqlite.ts';
import type { AuditKeyStore, HolderKey } from './key-store.ts';
import type { KeyOwner } from './personal-fields.ts';

const MIGRATIONS = [
  `CREATE TABLE keys (
     owner TEXT PRIMARY KEY,
     holder TEXT NOT NULL UNIQUE,
     -- AES-256-GCM under the field key, bound to the holder
     sealed BLOB NOT NULL
   ) STRICT, WITHOUT ROWID;`,
];

/** Most holders asked for in one statement. */
const GROUP = 256;

interface Row {
  readonly holder: string;
  readonly sealed: Uint8Array;
}

export const auditKeyFile = (data: string): string => join(data, 'audit-keys.sqlite');

/** Keys outlast the version of the field key that they are sealed with: they are sealed anew. */
export interface KeyResealing {
  /** Looks at up to `batch` keys more; `done` when all have been looked at under the version in use now. */
  reseal(batch: number): Promise<{ readonly resealed: number; readonly done: boolean }>;
  /** How many are sealed with an earlier version. */
  leftToReseal(): Promise<number>;
}

/**
 * Opens (or makes) a store of keys in one SQLite file.
 *
 * @throws StorageError when the file cannot be used
 */
export const openEmbeddedKeyStore = (file: string, cipher: FieldCipher): AuditKeyStore & KeyResealing => {
  const database = openSqlite(file, MIGRATIONS);
  // What is deleted is overwritten: a key must not be found in the file's free pages.
  database.exec('PRAGMA secure_delete = ON');
  const select = database.prepare('SELECT holder, sealed FROM keys WHERE owner = ?');
  const insert = database.prepare('INSERT OR IGNORE INTO keys (owner, holder, sealed) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM keys WHERE owner = ? RETURNING holder');
  const removeMonths = database.prepare(
    "DELETE FROM keys WHERE owner >= 'month:' AND owner < ? RETURNING holder",
  );
  const after = database.prepare(
    'SELECT owner, holder, sealed FROM keys WHERE owner > ? ORDER BY owner LIMIT ?',
  );
  const update = database.prepare('UPDATE keys SET sealed = ? WHERE owner = ? AND holder = ?');
  let resealedTo = '';
  const counts = database.prepare(
    "SELECT count(*) AS all_keys, count(*) FILTER (WHERE owner >= 'month:') AS months FROM keys",
  );
  const open = ({ holder, sealed }: Row): HolderKey => ({
    holder,
    key: Buffer.from(cipher.decrypt(sealed, keyBinding(holder)), 'base64'),
  });
  const find = (owner: KeyOwner): HolderKey | undefined => {
    const row = select.get(owner) as unknown as Row | undefined;
    return row === undefined ? undefined : open(row);
  };
  /** A destroyed key must not be left in the write-ahead log either. */
  const forget = (): void => database.exec('PRAGMA wal_checkpoint(TRUNCATE)');

  return {
    keyOf: async (owner) => {
      const known = find(owner);
      if (known !== undefined) return known;
      const holder = randomBytes(16).toString('base64url');
      const key = randomBytes(32);
      insert.run(owner, holder, cipher.encrypt(key.toString('base64'), keyBinding(holder)));
      // Another process may have been first.
      const made = find(owner);
      if (made === undefined) throw new Error('a key of the audit log was destroyed as it was made');
      return made;
    },
    find: async (owner) => find(owner),
    keysOf: async (holders) => {
      const found = new Map<string, HolderKey>();
      for (let first = 0; first < holders.length; first += GROUP) {
        const some = holders.slice(first, first + GROUP);
        const marks = some.map(() => '?').join(',');
        const rows = database
          .prepare(`SELECT holder, sealed FROM keys WHERE holder IN (${marks})`)
          .all(...some) as unknown as Row[];
        for (const row of rows) found.set(row.holder, open(row));
      }
      return found;
    },
    destroy: async (owner) => {
      const row = remove.get(owner) as unknown as Pick<Row, 'holder'> | undefined;
      if (row !== undefined) forget();
      return row?.holder;
    },
    destroyMonthsBefore: async (month) => {
      const rows = inTransaction(
        database,
        () => removeMonths.all(`month:${month}`) as unknown as Pick<Row, 'holder'>[],
      );
      if (rows.length > 0) forget();
      return rows.map(({ holder }) => holder);
    },
    count: async () => {
      const { all_keys, months } = counts.get() as { all_keys: number; months: number };
      return { identities: all_keys - months, months };
    },
    reseal: async (batch) =>
      inTransaction(database, () => {
        const rows = after.all(resealedTo, batch) as unknown as (Row & { readonly owner: string })[];
        const stale = rows.filter(({ sealed }) => !cipher.isCurrent(sealed));
        for (const { owner, holder, sealed } of stale) {
          const binding = keyBinding(holder);
          update.run(cipher.encrypt(cipher.decrypt(sealed, binding), binding), owner, holder);
        }
        const done = rows.length < batch;
        resealedTo = done ? '' : (rows.at(-1)?.owner ?? '');
        return { resealed: stale.length, done };
      }),
    leftToReseal: async () => {
      let left = 0;
      for (const { sealed } of database.prepare('SELECT sealed FROM keys').iterate() as Iterable<{
        sealed?: Uint8Array;
      }>) {
        if (sealed !== undefined && !cipher.isCurrent(sealed)) left += 1;
      }
      return left;
    },
    close: async () => database.close(),
  };
};

/** What a sealed key belongs to, in every form of the store. */
export const keyBinding = (holder: string): string => `audit key ${holder}`;

import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StorageError } from './storage-error.ts';

/**
 * Opens an embedded database (mode 0600, as are the files SQLite puts beside it) and brings its schema up to date:
 * `migrations[n]` leads from version n to n + 1.
 *
 * @throws StorageError when it cannot be opened or written, or was made by a newer version
 */
export const openSqlite = (file: string, migrations: readonly string[]): DatabaseSync => {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    closeSync(openSync(file, 'a', 0o600));
    // One that an earlier version or a restored backup left readable to others.
    chmodSync(file, 0o600);
    const database = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 5_000 });
    // FULL: a registered identity survives a power cut.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    migrate(database, migrations, file);
    return database;
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    throw new StorageError(`${file}: the database cannot be opened: ${(cause as Error).message}`, { cause });
  }
};

const migrate = (database: DatabaseSync, migrations: readonly string[], file: string): void => {
  const version = (): number =>
    (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
  const known = version();
  if (known > migrations.length) {
    throw new StorageError(`${file}: made by a newer version of OneCert (schema ${known})`);
  }
  for (let next = known; next < migrations.length; next++) {
    inTransaction(database, () => {
      // Looked at again under the write lock: another process may have come this far meanwhile.
      if (version() > next) return;
      database.exec(migrations[next] as string);
      database.exec(`PRAGMA user_version = ${next + 1}`);
    });
  }
};

/** Runs `work` in one write transaction; rolled back when it throws. */
export const inTransaction = <T>(database: DatabaseSync, work: () => T): T => {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
};

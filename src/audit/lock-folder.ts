import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StorageError } from '../storage/storage-error.ts';

export interface FolderLock {
  release(): void;
}

/**
 * Takes the folder for this writer alone. Node has no flock; SQLite's exclusive lock is one, which the operating
 * system lets go when the process dies, however it dies. The file stays empty.
 *
 * @throws StorageError when another writer has it, or the folder cannot be written
 */
export const lockFolder = (folder: string): FolderLock => {
  const file = join(folder, 'lock');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('BEGIN EXCLUSIVE');
    const held = database;
    return { release: () => held.close() };
  } catch (cause) {
    database?.close();
    // SQLITE_BUSY
    if ((cause as { errcode?: number }).errcode === 5) {
      throw new StorageError(`${folder}: the audit log is in use by another OneCert process`, { cause });
    }
    throw new StorageError(`${file}: the audit log cannot be locked: ${(cause as Error).message}`, { cause });
  }
};

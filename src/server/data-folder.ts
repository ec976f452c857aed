import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { StorageError } from '../storage/storage-error.ts';

/** Where the gateway keeps what lasts. */
export interface DataFolder {
  readonly keys: string;
  readonly register: string;
  readonly audit: string;
  readonly crls: string;
}

/** @throws StorageError when the folder cannot be made or written */
export const openDataFolder = (folder: string): DataFolder => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new StorageError(`${folder}: the data folder cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
  return {
    keys: join(folder, 'keys'),
    register: join(folder, 'register.sqlite'),
    audit: join(folder, 'audit'),
    crls: join(folder, 'crls'),
  };
};

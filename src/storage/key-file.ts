import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { KeyVersion } from './key-version.ts';
import { StorageError } from './storage-error.ts';

/**
 * Version 0 of a key is the file `NAME`, the key itself and nothing else; its file is never written again, so that the
 * file's time is when it was made. Version N is `NAME.N`, in JSON with its times.
 */
const laterVersion = z.strictObject({
  createdAt: z.number().int().nonnegative(),
  usedFrom: z.number().int().nonnegative(),
  key: z.base64(),
});

export const keyFile = (folder: string, name: string, version: number): string =>
  join(folder, version === 0 ? name : `${name}.${version}`);

/** Undefined where there is no such version. @throws StorageError for a file that others can read, or that is no key */
export const readKeyVersion = (folder: string, name: string, version: number): KeyVersion | undefined => {
  const file = keyFile(folder, name, version);
  const found = readKey(file);
  if (found === undefined) return undefined;
  if (version === 0) return { version, key: found.bytes, createdAt: found.writtenAt, usedFrom: 0 };
  try {
    const { key, ...times } = laterVersion.parse(JSON.parse(found.bytes.toString('utf8')));
    return { version, key: Buffer.from(key, 'base64'), ...times };
  } catch (cause) {
    throw new StorageError(`${file}: this is not a key of OneCert`, { cause });
  }
};

/** False where somebody else made this version first; theirs is kept. @throws StorageError */
export const writeKeyVersion = (
  folder: string,
  name: string,
  { version, key, createdAt, usedFrom }: KeyVersion,
): boolean => {
  const later = { createdAt, usedFrom, key: Buffer.from(key).toString('base64') };
  return writeOnce(keyFile(folder, name, version), version === 0 ? key : Buffer.from(JSON.stringify(later)));
};

const readKey = (file: string): { readonly bytes: Buffer; readonly writtenAt: number } | undefined => {
  try {
    const { mode, mtimeMs } = statSync(file);
    if ((mode & 0o077) !== 0) {
      throw new StorageError(`${file}: others can read this key; make it yours alone with chmod 600`);
    }
    return { bytes: readFileSync(file), writtenAt: Math.floor(mtimeMs) };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (cause instanceof StorageError) throw cause;
    throw new StorageError(`${file}: the key cannot be read: ${(cause as Error).message}`, { cause });
  }
};

/**
 * Written beside, synced, linked, and the folder synced: a crash leaves the whole key or none, a power cut none that
 * something was sealed with already, and of two processes that make a key the second takes the first's.
 */
const writeOnce = (file: string, bytes: Uint8Array): boolean => {
  const draft = `${file}.${process.pid}.new`;
  try {
    // Of a process that died here: in a container, the next one has the same id.
    rmSync(draft, { force: true });
    const descriptor = openSync(draft, 'wx', 0o600);
    writeSync(descriptor, bytes);
    fsyncSync(descriptor);
    closeSync(descriptor);
    try {
      linkSync(draft, file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    syncFolder(dirname(file));
    return true;
  } catch (cause) {
    throw new StorageError(`${file}: the key cannot be written: ${(cause as Error).message}`, { cause });
  }
};

export const syncFolder = (folder: string): void => {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
};

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { StorageError } from './storage-error.ts';

/** The gateway's secrets, each in a file of its own that only its user may read. */
export interface KeyRing {
  /** A secret of `bytes` random octets, made when it is first asked for. */
  secret(name: string, bytes: number): Buffer;
  /** A secret of any form, made by `make` when it is first asked for. */
  text(name: string, make: () => string): string;
}

/**
 * Opens (or makes) a folder of keys.
 *
 * @throws StorageError when the folder cannot be made, or others can read a key
 */
export const openKeyRing = (folder: string): KeyRing => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new StorageError(`${folder}: the folder of keys cannot be made: ${(cause as Error).message}`, {
      cause,
    });
  }
  const load = (name: string, make: () => Buffer): Buffer => {
    const file = join(folder, name);
    return read(file) ?? write(file, make());
  };
  return {
    secret: (name, bytes) => {
      const key = load(name, () => randomBytes(bytes));
      if (key.length !== bytes) throw new StorageError(`${join(folder, name)}: expected ${bytes} bytes`);
      return key;
    },
    text: (name, make) => load(name, () => Buffer.from(make())).toString('utf8'),
  };
};

const read = (file: string): Buffer | undefined => {
  try {
    const { mode } = statSync(file);
    if ((mode & 0o077) !== 0) {
      throw new StorageError(`${file}: others can read this key; make it yours alone with chmod 600`);
    }
    return readFileSync(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (cause instanceof StorageError) throw cause;
    throw new StorageError(`${file}: the key cannot be read: ${(cause as Error).message}`, { cause });
  }
};

/**
 * Written beside, synced, renamed, and the folder synced: a crash leaves the whole key or none, and a power cut none
 * that something was encrypted with already.
 */
const write = (file: string, key: Buffer): Buffer => {
  const draft = `${file}.${process.pid}.new`;
  try {
    // Of a process that died here: in a container, the next one has the same id.
    rmSync(draft, { force: true });
    const descriptor = openSync(draft, 'wx', 0o600);
    writeSync(descriptor, key);
    fsyncSync(descriptor);
    closeSync(descriptor);
    renameSync(draft, file);
    const folder = openSync(dirname(file), 'r');
    fsyncSync(folder);
    closeSync(folder);
    return key;
  } catch (cause) {
    throw new StorageError(`${file}: the key cannot be written: ${(cause as Error).message}`, { cause });
  }
};

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { StorageError } from '../storage/storage-error.ts';

const seenSchema = z.strictObject({
  sequence: z.number().int().min(1),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});

/** The signed trust list with the highest sequence number that was ever in force here: what a rollback is told by. */
export type SeenTrustList = z.output<typeof seenSchema>;

/**
 * undefined when none was: the file does not exist.
 *
 * @throws StorageError when it exists and does not say: a broken memory is not an empty one
 */
export const readLastSeen = (file: string): SeenTrustList | undefined => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new StorageError(`${file}: ${(cause as Error).message}`, { cause });
  }
  try {
    return seenSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new StorageError(
      `${file}: does not say which trust list was in force last; put back what it held ({"sequence":…,"digest":"…"})`,
      { cause },
    );
  }
};

/**
 * To be called before a signed list comes into force. Never goes down; on the disk when it returns.
 *
 * @throws StorageError
 */
export const rememberSeen = (file: string, { sequence, digest }: SeenTrustList): void => {
  const last = readLastSeen(file);
  if (last !== undefined && last.sequence >= sequence) return;
  try {
    const next = `${file}.${process.pid}.new`;
    writeDurably(next, `${JSON.stringify({ sequence, digest })}\n`);
    renameSync(next, file);
    syncFolder(dirname(file));
  } catch (cause) {
    throw new StorageError(`${file}: ${(cause as Error).message}`, { cause });
  }
};

const writeDurably = (file: string, text: string): void => {
  const handle = openSync(file, 'w', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

/** A rename lasts once its folder is on the disk. */
const syncFolder = (folder: string): void => {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
};

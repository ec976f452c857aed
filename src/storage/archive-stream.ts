import { createCipheriv, createDecipheriv } from 'node:crypto';
import {
  lockArchive,
  MAX_HEADER_BYTES,
  openArchiveKey,
  type ArchiveKey,
  type ArchiveLock,
  type ArchiveOpener,
} from './archive-key.ts';
import { StorageError } from './storage-error.ts';

const CHUNK = 65_536;
const TAG = 16;

/**
 * Seals a stream: the header, then chunks of 64 KiB, each with AES-256-GCM under the nonce prefix ‖ counter (32 bits) ‖
 * last (one octet): the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015). No chunk can be changed, moved,
 * doubled, dropped or cut off unseen. At most 2³² chunks (256 TiB).
 */
export async function* sealArchive(
  plain: AsyncIterable<Uint8Array>,
  lock: ArchiveLock,
): AsyncGenerator<Buffer> {
  const key = lockArchive(lock);
  yield key.header;
  let held = Buffer.alloc(0);
  let counter = 0;
  for await (const part of plain) {
    held = Buffer.concat([held, part]);
    // The last chunk is known as such only at the end, so one whole chunk is held back.
    for (; held.length > CHUNK; held = held.subarray(CHUNK)) {
      yield seal(key, counter++, false, held.subarray(0, CHUNK));
    }
  }
  yield seal(key, counter, true, held);
}

/** The plaintext. @throws StorageError when the archive is damaged or cut off, or opened with something else */
export async function* openArchive(
  sealed: AsyncIterable<Uint8Array>,
  opener: ArchiveOpener,
): AsyncGenerator<Buffer> {
  let held = Buffer.alloc(0);
  let key: ArchiveKey | undefined;
  let counter = 0;
  for await (const part of sealed) {
    held = Buffer.concat([held, part]);
    if (key === undefined) {
      const end = held.indexOf(0x0a);
      if (end === -1 && held.length <= MAX_HEADER_BYTES) continue;
      if (end === -1 || end > MAX_HEADER_BYTES) throw new StorageError('this is no archive of OneCert');
      key = openArchiveKey(Buffer.from(held.subarray(0, end + 1)), opener);
      held = held.subarray(end + 1);
    }
    for (; held.length > CHUNK + TAG; held = held.subarray(CHUNK + TAG)) {
      yield open(key, counter++, false, held.subarray(0, CHUNK + TAG));
    }
  }
  if (key === undefined) throw new StorageError('this is no archive of OneCert');
  yield open(key, counter, true, held);
}

const nonceOf = ({ noncePrefix }: ArchiveKey, counter: number, last: boolean): Buffer => {
  const nonce = Buffer.alloc(12);
  noncePrefix.copy(nonce);
  nonce.writeUInt32BE(counter, 7);
  nonce[11] = last ? 1 : 0;
  return nonce;
};

const seal = (key: ArchiveKey, counter: number, last: boolean, plain: Uint8Array): Buffer => {
  const cipher = createCipheriv('aes-256-gcm', key.key, nonceOf(key, counter, last));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
};

const open = (key: ArchiveKey, counter: number, last: boolean, sealed: Buffer): Buffer => {
  try {
    const body = sealed.subarray(0, -TAG);
    const decipher = createDecipheriv('aes-256-gcm', key.key, nonceOf(key, counter, last), {
      authTagLength: TAG,
    }).setAuthTag(sealed.subarray(-TAG));
    return Buffer.concat([decipher.update(body), decipher.final()]);
  } catch (cause) {
    const where = `chunk ${counter + 1}`;
    throw new StorageError(`the archive is damaged, or its end is missing (${where})`, { cause });
  }
};

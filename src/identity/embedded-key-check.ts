import type { DatabaseSync } from 'node:sqlite';
import type { FieldCipher } from '../storage/field-cipher.ts';
import { StorageError } from '../storage/storage-error.ts';
import type { IdentifierHash } from './identifier-hash.ts';

const PROBE = 'onecert register';
const BINDING = 'key_check.field_key';

/**
 * A register opened with another hash key would find nobody and register everybody anew, under new unified ids. So
 * the first opening leaves a mark of both keys, and every later one must agree with it.
 *
 * @throws StorageError when a key is another
 */
export const checkKeys = (
  database: DatabaseSync,
  hash: IdentifierHash,
  cipher: FieldCipher,
  file: string,
): void => {
  database
    .prepare('INSERT OR IGNORE INTO key_check (only, hash_key, field_key) VALUES (1, ?, ?)')
    .run(hash.check, cipher.encrypt(PROBE, BINDING));
  const mark = database.prepare('SELECT hash_key, field_key FROM key_check').get() as {
    hash_key: Uint8Array;
    field_key: Uint8Array;
  };
  if (Buffer.compare(hash.check, mark.hash_key) !== 0 || !opens(cipher, mark.field_key)) {
    throw new StorageError(`${file}: the register was written with other keys; put the old keys back`);
  }
};

const opens = (cipher: FieldCipher, sealed: Uint8Array): boolean => {
  try {
    return cipher.decrypt(sealed, BINDING) === PROBE;
  } catch {
    return false;
  }
};

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { inUse, type KeyVersion } from './key-version.ts';
import { StorageError } from './storage-error.ts';

/** Encrypts single fields for storage. */
export interface FieldCipher {
  /** `binding` names the row and column: a value moved elsewhere does not decrypt. */
  encrypt(text: string, binding: string): Uint8Array;
  /** @throws StorageError when key, binding or bytes do not fit together */
  decrypt(sealed: Uint8Array, binding: string): string;
  /** Whether the value was sealed with the version in use: otherwise it is to be sealed anew. */
  isCurrent(sealed: Uint8Array): boolean;
}

/** First octet of values sealed with version 0 of the key. */
const FIRST_KEY = 1;
/** First octet of values sealed with a later version, whose number (32 bits, big endian) follows. */
const LATER_KEY = 2;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM (NIST SP 800-38D): form and version of the key ‖ random 96-bit nonce ‖ tag ‖ ciphertext.
 *
 * @param keys one key for ever, or the kept versions as of now (the oldest first): the one in use seals, each opens
 */
export const createFieldCipher = (
  keys: Uint8Array | (() => readonly KeyVersion[]),
  clock: () => number = Date.now,
): FieldCipher => {
  const only =
    keys instanceof Uint8Array ? [{ version: 0, key: keys, createdAt: 0, usedFrom: 0 }] : undefined;
  const versions = (): readonly KeyVersion[] => only ?? (keys as () => readonly KeyVersion[])();
  return {
    encrypt: (text, binding) => {
      const { version, key } = inUse(versions(), clock());
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(binding));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([headOf(version), nonce, cipher.getAuthTag(), body]);
    },
    decrypt: (sealed, binding) => {
      const version = sealedWith(sealed);
      const found = versions().find((each) => each.version === version);
      if (found === undefined)
        throw new StorageError(
          `a field was sealed with version ${version} of the key, which is gone: put it back into the folder of keys`,
        );
      const start = headOf(version).length;
      const nonce = sealed.subarray(start, start + NONCE_BYTES);
      const tag = sealed.subarray(start + NONCE_BYTES, start + NONCE_BYTES + TAG_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', found.key, nonce, { authTagLength: TAG_BYTES })
        .setAAD(Buffer.from(binding))
        .setAuthTag(tag);
      const body = sealed.subarray(start + NONCE_BYTES + TAG_BYTES);
      try {
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new StorageError(
          `a field was sealed with another key than version ${version}, or changed since: put the old key back into the folder of keys`,
          { cause },
        );
      }
    },
    isCurrent: (sealed) => sealedWith(sealed) === inUse(versions(), clock()).version,
  };
};

const headOf = (version: number): Buffer => {
  if (version === 0) return Buffer.of(FIRST_KEY);
  const head = Buffer.of(LATER_KEY, 0, 0, 0, 0);
  head.writeUInt32BE(version, 1);
  return head;
};

/** The version of the key that a value was sealed with. Throws for what is no sealed value. */
export const sealedWith = (sealed: Uint8Array): number => {
  if (sealed[0] === FIRST_KEY) return 0;
  if (sealed[0] === LATER_KEY && sealed.length >= 5) {
    const version = new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength).getUint32(1);
    // One way to write each version: 0 has a form of its own.
    if (version > 0) return version;
  }
  throw new Error('a sealed field of an unknown version');
};

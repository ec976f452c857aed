import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Encrypts single fields for storage. */
export interface FieldCipher {
  /** `binding` names the row and column: a value moved elsewhere does not decrypt. */
  encrypt(text: string, binding: string): Uint8Array;
  /** Throws when key, binding or bytes do not fit together. */
  decrypt(sealed: Uint8Array, binding: string): string;
}

/** First octet of every sealed value; a later format or key gets another. */
const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM (NIST SP 800-38D): version ‖ random 96-bit nonce ‖ tag ‖ ciphertext. */
export const createFieldCipher = (key: Uint8Array): FieldCipher => ({
  encrypt: (text, binding) => {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(binding));
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Uint8Array.of(VERSION), nonce, cipher.getAuthTag(), body]);
  },
  decrypt: (sealed, binding) => {
    if (sealed[0] !== VERSION) throw new Error('a sealed field of an unknown version');
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    const tag = sealed.subarray(1 + NONCE_BYTES, 1 + NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(binding))
      .setAuthTag(tag);
    const body = sealed.subarray(1 + NONCE_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  },
});

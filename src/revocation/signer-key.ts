import { createHash } from 'node:crypto';
import type { PublicKey } from '../certificate/public-key.ts';

const NAMES = new WeakMap<PublicKey, string>();

/** What SharedCrl.signerKey names a key by: SHA-256 of its SubjectPublicKeyInfo, lower-case hex. */
export const signerKeyOf = (key: PublicKey): string => {
  let name = NAMES.get(key);
  if (name === undefined) {
    name = createHash('sha256').update(key.spki).digest('hex');
    NAMES.set(key, name);
  }
  return name;
};

import { createPublicKey, type KeyObject } from 'node:crypto';
import { DerReader, TAG, decodeOid } from './der.ts';

/** A subjectPublicKeyInfo (RFC 5280 section 4.1.2.7). */
export interface PublicKey {
  /** SubjectPublicKeyInfo with its header. */
  readonly spki: Uint8Array;
  /** Content of subjectPublicKey without the count of unused bits: what key identifiers are hashed over. */
  readonly keyBits: Uint8Array;
  readonly type: 'rsa' | 'ec' | 'ed25519' | 'sm2' | 'unknown';
  /** Size of modulus or field in bits; 0 for unknown keys. */
  readonly bits: number;
  /** Named curve, for ec and sm2. */
  readonly curve?: 'P-256' | 'P-384' | 'P-521' | 'sm2' | 'unknown';
}

const CURVES: Readonly<Record<string, { curve: NonNullable<PublicKey['curve']>; bits: number }>> = {
  '1.2.840.10045.3.1.7': { curve: 'P-256', bits: 256 },
  '1.3.132.0.34': { curve: 'P-384', bits: 384 },
  '1.3.132.0.35': { curve: 'P-521', bits: 521 },
  '1.2.156.10197.1.301': { curve: 'sm2', bits: 256 },
};

/** Reads a SubjectPublicKeyInfo. Throws DerError; a key of a kind unknown here is no error. */
export const readPublicKey = (reader: DerReader): PublicKey => {
  const spki = reader.element(TAG.sequence);
  const info = new DerReader(spki).enter(TAG.sequence);
  const algorithm = info.enter(TAG.sequence);
  const { unusedBits, octets: keyBits } = info.bitString();
  info.finish();
  if (unusedBits !== 0) info.fail('a public key that is not whole octets');
  const base = { spki, keyBits };
  switch (algorithm.oid()) {
    case '1.2.840.113549.1.1.1':
    case '1.2.840.113549.1.1.10':
      return { ...base, type: 'rsa', bits: modulusBits(keyBits) };
    case '1.2.840.10045.2.1': {
      const named =
        algorithm.peek() === TAG.oid ? CURVES[decodeOid(algorithm.content(TAG.oid)) ?? ''] : undefined;
      if (named === undefined) return { ...base, type: 'ec', bits: 0, curve: 'unknown' };
      return { ...base, type: named.curve === 'sm2' ? 'sm2' : 'ec', ...named };
    }
    case '1.3.101.112':
      return { ...base, type: 'ed25519', bits: 256 };
    default:
      return { ...base, type: 'unknown', bits: 0 };
  }
};

/** RFC 8017 appendix A.1.1: RSAPublicKey ::= SEQUENCE { modulus, publicExponent }. */
const modulusBits = (keyBits: Uint8Array): number => {
  const outer = new DerReader(keyBits);
  const key = outer.enter(TAG.sequence);
  outer.finish();
  const modulus = key.integer();
  key.integer();
  key.finish();
  const leading = modulus[0] === 0 ? 1 : 0;
  const top = modulus[leading];
  if (top === undefined) return 0;
  return (modulus.length - leading) * 8 - (Math.clz32(top) - 24);
};

const KEY_OBJECTS = new WeakMap<PublicKey, KeyObject>();

/** The key as node:crypto takes it; made once. Throws where OpenSSL cannot read it. */
export const keyObjectOf = (key: PublicKey): KeyObject => {
  let object = KEY_OBJECTS.get(key);
  if (object === undefined) {
    object = createPublicKey({ key: Buffer.from(key.spki), format: 'der', type: 'spki' });
    KEY_OBJECTS.set(key, object);
  }
  return object;
};

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
  /** RSA only: whether the exponent is odd, at least 3 and of at most 64 bits, and the modulus odd. */
  readonly sound?: boolean;
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
      // RFC 3279 section 2.3.1: NULL.
      if (!algorithm.done && algorithm.content(TAG.null).length !== 0) algorithm.fail('a NULL with content');
      algorithm.finish();
      return { ...base, type: 'rsa', ...readRsaKey(keyBits) };
    case '1.2.840.113549.1.1.10':
      return { ...base, type: 'rsa', ...readRsaKey(keyBits) };
    case '1.2.840.10045.2.1': {
      // OpenSSL would take it, and one key would have two written forms.
      if (keyBits[0] === 6 || keyBits[0] === 7)
        info.fail('an EC point in hybrid form (RFC 5480 section 2.2)');
      const named =
        algorithm.peek() === TAG.oid ? CURVES[decodeOid(algorithm.content(TAG.oid)) ?? ''] : undefined;
      if (named === undefined) return { ...base, type: 'ec', bits: 0, curve: 'unknown' };
      algorithm.finish();
      return { ...base, type: named.curve === 'sm2' ? 'sm2' : 'ec', ...named };
    }
    case '1.3.101.112':
      // RFC 8410 section 3: parameters absent, 32 octets.
      algorithm.finish();
      if (keyBits.length !== 32) info.fail('an Ed25519 key of a wrong length');
      return { ...base, type: 'ed25519', bits: 256 };
    default:
      return { ...base, type: 'unknown', bits: 0 };
  }
};

/**
 * RFC 8017 appendix A.1.1: RSAPublicKey ::= SEQUENCE { modulus, publicExponent }. The exponent is bounded since
 * verification takes time in proportion to its length.
 */
const readRsaKey = (keyBits: Uint8Array): { bits: number; sound: boolean } => {
  const outer = new DerReader(keyBits);
  const key = outer.enter(TAG.sequence);
  outer.finish();
  const modulus = key.integer();
  const exponent = key.integer();
  key.finish();
  const exponentBits = bitLength(exponent);
  const sound = isOdd(modulus) && isOdd(exponent) && exponentBits >= 2 && exponentBits <= 64;
  return { bits: bitLength(modulus), sound };
};

const isOdd = (integer: Uint8Array): boolean => ((integer.at(-1) ?? 0) & 1) === 1;

/** Of a positive INTEGER's content; 0 for zero and negative ones. */
const bitLength = (integer: Uint8Array): number => {
  const first = integer[0] ?? 0;
  if (first >= 0x80) return 0;
  const leading = first === 0 ? 1 : 0;
  const top = integer[leading];
  return top === undefined ? 0 : (integer.length - leading) * 8 - (Math.clz32(top) - 24);
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

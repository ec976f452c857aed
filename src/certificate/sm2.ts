import { weierstrass, type WeierstrassPoint } from '@noble/curves/abstract/weierstrass.js';
import { createHash, randomBytes } from 'node:crypto';
import { DerReader, TAG } from './der.ts';

/**
 * SM2 signatures with SM3 (GB/T 32918.2, GM/T 0009). Node's OpenSSL has curve and hash, but no way to set the
 * signer's id; so the point arithmetic is done here. Verification handles public data only. Signing is not constant
 * time: it is for test authorities, whose keys guard nothing.
 */

/** GB/T 32918.5: the recommended curve. */
const CURVE = {
  p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
  n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
  h: 1n,
  a: 0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffcn,
  b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
  Gx: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
  Gy: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
};
const Point = weierstrass(CURVE);
const { n } = CURVE;

/** GM/T 0009 section 10: the signer id where nothing else is agreed. */
const SIGNER_ID = Buffer.from('1234567812345678', 'latin1');

interface PreparedKey {
  readonly point: WeierstrassPoint<bigint>;
  /** ZA: the hash of signer id, curve and key that every signed message starts with. */
  readonly za: Buffer;
  uses: number;
}

/** Authorities' keys are few and come again and again: prepared, they verify several times faster. */
const PREPARED = new Map<string, PreparedKey>();
const PREPARED_LIMIT = 64;
/** Building a table costs some ten verifications; only a key that comes again is worth it. */
const TABLE_FROM_USE = 3;

/**
 * Whether `signature` (DER, r and s) over `data` verifies under an SM2 key (uncompressed point, 65 octets).
 * Throws DerError or a point error for bytes that are neither.
 */
export const verifySm2 = (keyBits: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean => {
  const { r, s } = readSignature(signature);
  if (r < 1n || r >= n || s < 1n || s >= n) return false;
  const t = (r + s) % n;
  if (t === 0n) return false;
  const key = prepare(keyBits);
  const sum = Point.BASE.multiplyUnsafe(s).add(key.point.multiplyUnsafe(t));
  if (sum.is0()) return false;
  return (digest(key.za, data) + sum.toAffine().x) % n === r;
};

const prepare = (keyBits: Uint8Array): PreparedKey => {
  const name = Buffer.from(keyBits).toString('latin1');
  let key = PREPARED.get(name);
  if (key === undefined) {
    const point = Point.fromBytes(keyBits);
    point.assertValidity();
    key = { point, za: signerHash(keyBits), uses: 0 };
  } else {
    PREPARED.delete(name);
  }
  PREPARED.set(name, key);
  if (PREPARED.size > PREPARED_LIMIT)
    for (const oldest of PREPARED.keys()) {
      PREPARED.delete(oldest);
      break;
    }
  if (++key.uses === TABLE_FROM_USE) key.point.precompute(6, false);
  return key;
};

/** GB/T 32918.2 section 5.5: ZA = SM3(ENTL ‖ id ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA). */
const signerHash = (keyBits: Uint8Array): Buffer => {
  const hash = createHash('sm3');
  hash.update(Uint8Array.of((SIGNER_ID.length * 8) >> 8, (SIGNER_ID.length * 8) & 0xff)).update(SIGNER_ID);
  for (const number of [CURVE.a, CURVE.b, CURVE.Gx, CURVE.Gy]) hash.update(toOctets(number));
  return hash.update(keyBits.subarray(1)).digest();
};

const digest = (za: Uint8Array, data: Uint8Array): bigint =>
  BigInt(`0x${createHash('sm3').update(za).update(data).digest('hex')}`);

const readSignature = (signature: Uint8Array): { r: bigint; s: bigint } => {
  const outer = new DerReader(signature);
  const pair = outer.enter(TAG.sequence);
  outer.finish();
  const r = toNumber(pair.integer());
  const s = toNumber(pair.integer());
  pair.finish();
  return { r, s };
};

const toNumber = (octets: Uint8Array): bigint =>
  (octets[0] as number) >= 0x80 ? -1n : BigInt(`0x${Buffer.from(octets).toString('hex')}`);

const toOctets = (number: bigint): Buffer => Buffer.from(number.toString(16).padStart(64, '0'), 'hex');

/** A new key: private scalar (32 octets) and public point (uncompressed, 65 octets). */
export const sm2KeyPair = (): { privateKey: Uint8Array; publicKey: Uint8Array } => {
  const scalar = randomScalar();
  return { privateKey: toOctets(scalar), publicKey: Point.BASE.multiply(scalar).toBytes(false) };
};

/** Signs `data` (GB/T 32918.2 section 6.1); the signature is DER, r and s. */
export const sm2Sign = (privateKey: Uint8Array, data: Uint8Array): Uint8Array => {
  const d = BigInt(`0x${Buffer.from(privateKey).toString('hex')}`);
  const e = digest(signerHash(Point.BASE.multiply(d).toBytes(false)), data);
  for (;;) {
    const k = randomScalar();
    const r = (e + Point.BASE.multiply(k).toAffine().x) % n;
    if (r === 0n || r + k === n) continue;
    const s = (Point.Fn.inv(1n + d) * ((((k - r * d) % n) + n) % n)) % n;
    if (s !== 0n) return writeSignature(r, s);
  }
};

const randomScalar = (): bigint => {
  for (;;) {
    const scalar = BigInt(`0x${randomBytes(32).toString('hex')}`);
    // 1 + d must be invertible too, so n - 1 is left out.
    if (scalar >= 1n && scalar < n - 1n) return scalar;
  }
};

const writeSignature = (r: bigint, s: bigint): Uint8Array => {
  const integer = (number: bigint): Buffer => {
    const hex = number.toString(16);
    const octets = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
    const content = (octets[0] as number) >= 0x80 ? Buffer.concat([Uint8Array.of(0), octets]) : octets;
    return Buffer.concat([Uint8Array.of(TAG.integer, content.length), content]);
  };
  const body = Buffer.concat([integer(r), integer(s)]);
  return Buffer.concat([Uint8Array.of(TAG.sequence, body.length), body]);
};

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  createVerify,
  generateKeyPairSync,
  type KeyObject,
  type Verify,
} from 'node:crypto';
import type { PublicKey } from './public-key.ts';
import { keyObjectOf } from './public-key.ts';

/**
 * SM2 signatures with SM3 (GB/T 32918.2, GM/T 0009) on OpenSSL's own arithmetic. What is signed is
 * SM3(ZA ‖ message); node:crypto has no way to set the signer's id that ZA holds, but its Sign and Verify classes
 * hash what they are given and hand OpenSSL the bare digest. So ZA is given to them as the first bytes of the
 * message (docs/decisions/0007-sm2-by-openssl.md).
 */

/** GM/T 0009 section 10: the signer id where nothing else is agreed. */
const SIGNER_ID = Buffer.from('1234567812345678', 'latin1');

/** GB/T 32918.5: a, b, xG and yG of the recommended curve, as ZA holds them. */
const CURVE = Buffer.from(
  'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc' +
    '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93' +
    '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7' +
    'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0',
  'hex',
);
/** 0x04, then x and y: the only form of a point that GM/T 0015 allows in a certificate. */
const POINT_BYTES = 65;

const SIGNER_HASHES = new WeakMap<PublicKey, Buffer>();

/**
 * Whether `signature` (DER, r and s) over `data` verifies under an SM2 key. Throws where OpenSSL cannot read the key
 * (a point that is not on the curve).
 */
export const verifySm2 = (key: PublicKey, data: Uint8Array, signature: Uint8Array): boolean => {
  const verification = startSm2Verification(key);
  return verification?.update(data).verify(keyObjectOf(key), signature) ?? false;
};

/** A Verify that has taken in ZA and awaits the message; undefined where the key is no point. */
export const startSm2Verification = (key: PublicKey): Verify | undefined => {
  if (key.keyBits.length !== POINT_BYTES || key.keyBits[0] !== 4) return undefined;
  let za = SIGNER_HASHES.get(key);
  if (za === undefined) {
    za = signerHash(key.keyBits);
    SIGNER_HASHES.set(key, za);
  }
  return createVerify('sm3').update(za);
};

/** GB/T 32918.2 section 5.5: ZA = SM3(ENTL ‖ id ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA); ENTL counts bits. */
const signerHash = (point: Uint8Array): Buffer =>
  createHash('sm3')
    .update(Uint8Array.of((SIGNER_ID.length * 8) >> 8, (SIGNER_ID.length * 8) & 0xff))
    .update(SIGNER_ID)
    .update(CURVE)
    .update(point.subarray(1))
    .digest();

/** A new key: private key, and public point (uncompressed, 65 octets). */
export const sm2KeyPair = (): { readonly privateKey: KeyObject; readonly publicKey: Uint8Array } => {
  // Read back in: a key generated as "ec" signs with ECDSA, one that was read is known to be of SM2.
  const { privateKey: der } = generateKeyPairSync('ec', {
    namedCurve: 'SM2',
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return { privateKey, publicKey: pointOf(privateKey) };
};

/** Signs `data`; the signature is DER, r and s. */
export const sm2Sign = (privateKey: KeyObject, data: Uint8Array): Uint8Array =>
  createSign('sm3')
    .update(signerHash(pointOf(privateKey)))
    .update(data)
    .sign(privateKey);

const pointOf = (privateKey: KeyObject): Uint8Array =>
  createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).subarray(-POINT_BYTES);

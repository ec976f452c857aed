import { hashOfOid, readSignatureAlgorithm, type SignatureAlgorithm } from '../../certificate/algorithm.ts';
import { DerReader, TAG } from '../../certificate/der.ts';
import type { PublicKey } from '../../certificate/public-key.ts';
import { Refusal } from '../../refusal/refusal.ts';

export type Digest = 'sha256' | 'sha384' | 'sha512' | 'sm3';
const DIGESTS: ReadonlySet<string> = new Set<Digest>(['sha256', 'sha384', 'sha512', 'sm3']);
export const isStrongDigest = (name: string | undefined): name is Digest =>
  name !== undefined && DIGESTS.has(name);

/** Verification takes time in the square of the modulus, and this happens before any verdict. */
const RSA_MAXIMUM_BITS = 8192;

/**
 * The digest and the signature algorithm of a SignerInfo for the signer's key. CMS names some algorithms by the key
 * alone, and the digest completes them (RFC 3370 section 3.2: rsaEncryption).
 *
 * @throws DerError for parameters that are not what their standard says
 * @throws Refusal …_ALGORITHM for weak ones, unknown ones, and combinations that are not of this key
 */
export const signatureAlgorithmOf = (
  digestAlgorithm: Uint8Array,
  signatureAlgorithm: Uint8Array,
  key: PublicKey,
): { readonly digest: Digest; readonly algorithm: SignatureAlgorithm } => {
  const digest = readDigest(digestAlgorithm);
  const read = readSignatureAlgorithm(new DerReader(signatureAlgorithm));
  const algorithm = read.name === 'unknown' ? namedByKey(read, digest, key) : read;
  requireFitting(algorithm, digest, key);
  return { digest, algorithm };
};

/** @throws Refusal …_ALGORITHM where the key cannot have made such a signature, or is too large to check it */
export const requireFitting = (algorithm: SignatureAlgorithm, digest: Digest, key: PublicKey): void => {
  if (key.type !== KEY_OF[algorithm.name]) refuse(`${algorithm.oid} with a key of type ${key.type}`);
  if (key.type === 'rsa' && (key.bits > RSA_MAXIMUM_BITS || key.sound === false))
    refuse('an RSA key that is too large or unsound');
  // RFC 8419 section 3: Ed25519 hashes by itself; attributes are digested with SHA-512.
  const expected = algorithm.name === 'ed25519' ? 'sha512' : algorithm.hash;
  if (digest !== expected) refuse(`a digest of ${digest} with a signature of ${expected}`);
  if ((digest === 'sm3') !== (algorithm.name === 'sm2')) refuse('SM3 goes with SM2');
};

const KEY_OF = {
  'rsa-pkcs1': 'rsa',
  'rsa-pss': 'rsa',
  ecdsa: 'ec',
  ed25519: 'ed25519',
  sm2: 'sm2',
  unknown: undefined,
} as const satisfies Record<SignatureAlgorithm['name'], PublicKey['type'] | undefined>;

const refuse = (detail: string): never => {
  throw new Refusal('ONECERT_SIGNED_RESPONSE_ALGORITHM', detail);
};

const readDigest = (der: Uint8Array): Digest => {
  const identifier = new DerReader(der).enter(TAG.sequence);
  const oid = identifier.oid();
  // RFC 5754 section 2: absent, and NULL accepted.
  if (!identifier.done && identifier.content(TAG.null).length !== 0) identifier.fail('a NULL with content');
  identifier.finish();
  const name = hashOfOid(oid);
  return isStrongDigest(name) ? name : refuse(`a digest algorithm of ${oid}`);
};

/** How signers write "as the key says": rsaEncryption, id-ecPublicKey, and SM2 as a key, a curve or a signature. */
const NAMED_BY_KEY: Readonly<Record<string, readonly SignatureAlgorithm['name'][]>> = {
  '1.2.840.113549.1.1.1': ['rsa-pkcs1'],
  '1.2.840.10045.2.1': ['ecdsa', 'sm2'],
  '1.2.156.10197.1.301': ['sm2'],
  '1.2.156.10197.1.301.1': ['sm2'],
};

const namedByKey = (read: SignatureAlgorithm, digest: Digest, key: PublicKey): SignatureAlgorithm => {
  const name = NAMED_BY_KEY[read.oid]?.find((each) => KEY_OF[each] === key.type);
  if (name === undefined) return refuse(`a signature algorithm of ${read.oid}`);
  const identifier = new DerReader(read.der).enter(TAG.sequence);
  identifier.oid();
  // The curve may be named where the key is (RFC 5480 section 2.1.1).
  if (identifier.peek() === TAG.oid) identifier.oid();
  else if (!identifier.done && identifier.content(TAG.null).length !== 0)
    identifier.fail('a NULL with content');
  identifier.finish();
  return { ...read, name, hash: digest };
};

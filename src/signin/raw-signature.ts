import type { SignatureAlgorithm } from '../certificate/algorithm.ts';
import { TAG } from '../certificate/der.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { verifySignature } from '../certificate/verify-signature.ts';
import { Refusal } from '../refusal/refusal.ts';
import { derElement } from './cms/der-element.ts';
import { requireFitting, type Digest } from './cms/signature-algorithm.ts';
import type { RequiresSigningCertificate, VerifiedSignature } from './cms/verify-signed-data.ts';

/** How a signature without CMS around it was made. PSS has a salt as long as its digest (RFC 8017 section 9.1). */
export const RAW_ALGORITHMS = [
  'rsa-pkcs1-sha256',
  'rsa-pkcs1-sha384',
  'rsa-pkcs1-sha512',
  'rsa-pss-sha256',
  'rsa-pss-sha384',
  'rsa-pss-sha512',
  'ecdsa-sha256',
  'ecdsa-sha384',
  'ecdsa-sha512',
  'ed25519',
  'sm2-sm3',
] as const;
export type RawAlgorithm = (typeof RAW_ALGORITHMS)[number];

/** A signature over the challenge's text itself, and the certificate of its key. */
export interface RawSignature {
  readonly algorithm: RawAlgorithm;
  /**
   * How ECDSA and SM2 signatures are written: "der" (SEQUENCE of r and s), or "fixed": r and s one after the other, each
   * as long as the curve's order (IEEE P1363, WebCrypto; GM/T 0009's r‖s).
   */
  readonly encoding: 'der' | 'fixed';
  readonly signature: Uint8Array;
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
}

const SIGNATURE_LIMIT = 2048;
const SALT_LENGTH = { sha256: 32, sha384: 48, sha512: 64 } as const;

/**
 * Verifies a raw signature over `content`. Says nothing of the certificate's worth.
 *
 * @throws Refusal, and nothing else
 */
export const verifyRawSignature = (
  raw: RawSignature,
  content: Uint8Array,
  requiresSigningCertificate: RequiresSigningCertificate,
): VerifiedSignature => {
  if (raw.signature.length > SIGNATURE_LIMIT)
    throw new Refusal('ONECERT_SIGNED_RESPONSE_TOO_LARGE', 'a signature of too many octets');
  const signer = parseCertificate(raw.chain[0] ?? new Uint8Array());
  // A raw signature has nowhere to name its certificate.
  if (requiresSigningCertificate(signer))
    throw new Refusal('ONECERT_SIGNING_CERTIFICATE_REQUIRED', 'a raw signature');
  const { publicKey } = signer;
  const { algorithm, digest } = describeAlgorithm(raw.algorithm);
  requireFitting(algorithm, digest, publicKey);
  const signature =
    raw.encoding === 'fixed' && (algorithm.name === 'ecdsa' || algorithm.name === 'sm2')
      ? asDer(raw.signature, Math.ceil(publicKey.bits / 8))
      : raw.signature;
  if (signature === undefined || !verifySignature(algorithm, publicKey, content, signature))
    throw new Refusal('ONECERT_SIGNED_RESPONSE_SIGNATURE', `${raw.algorithm} does not verify`);
  return {
    chain: raw.chain.map((der) => Uint8Array.from(der)),
    signingTime: undefined,
    namesCertificate: false,
  };
};

const describeAlgorithm = (raw: RawAlgorithm): { algorithm: SignatureAlgorithm; digest: Digest } => {
  const base = { oid: raw, der: new Uint8Array() };
  if (raw === 'ed25519')
    return { algorithm: { ...base, name: 'ed25519', hash: undefined }, digest: 'sha512' };
  if (raw === 'sm2-sm3') return { algorithm: { ...base, name: 'sm2', hash: 'sm3' }, digest: 'sm3' };
  const at = raw.lastIndexOf('-');
  const name = raw.slice(0, at) as 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa';
  const digest = raw.slice(at + 1) as keyof typeof SALT_LENGTH;
  return {
    algorithm: {
      ...base,
      name,
      hash: digest,
      ...(name === 'rsa-pss' && { saltLength: SALT_LENGTH[digest] }),
    },
    digest,
  };
};

/** SEQUENCE { r INTEGER, s INTEGER } of r‖s; undefined where the length is not that of the curve. */
const asDer = (fixed: Uint8Array, size: number): Uint8Array | undefined => {
  if (size === 0 || fixed.length !== size * 2) return undefined;
  return derElement(TAG.sequence, asInteger(fixed.subarray(0, size)), asInteger(fixed.subarray(size)));
};

const asInteger = (octets: Uint8Array): Uint8Array => {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start++;
  const minimal = octets.subarray(start);
  return (minimal[0] as number) >= 0x80
    ? derElement(TAG.integer, Uint8Array.of(0), minimal)
    : derElement(TAG.integer, minimal);
};

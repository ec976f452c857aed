import type { Certificate } from '../../certificate/certificate.ts';
import { DerError } from '../../certificate/der.ts';
import { verifySignature } from '../../certificate/verify-signature.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { signedAttributesDer } from './attributes.ts';
import { findSigner } from './find-signer.ts';
import { normaliseBer } from './normalise-ber.ts';
import { ATTRIBUTE } from './oids.ts';
import { signatureAlgorithmOf } from './signature-algorithm.ts';
import { readSignedData, type SignedData } from './signed-data.ts';
import {
  checkSignedValues,
  NO_SIGNED_VALUES,
  readSignedValues,
  readSigningTime,
  refuseUnsigned,
  type SignedValues,
} from './signed-values.ts';
import { namesCertificate, namesDer, readSigningCertificate } from './signing-certificate.ts';

/** A signature that holds: who made it, and what else was sent. */
export interface VerifiedSignature {
  /** DER, the signer's certificate first. Copies: nothing of what was sent is kept alive. */
  readonly chain: readonly Uint8Array[];
  /** signingTime: what the signer's clock said, ms since the epoch. Proves nothing. */
  readonly signingTime: number | undefined;
  /** Whether the signature names its certificate by signingCertificateV2 (RFC 5035 section 3). */
  readonly namesCertificate: boolean;
}

/** Whether signatures by this certificate have to name it (RFC 5035 section 3). */
export type RequiresSigningCertificate = (signer: Certificate) => boolean;

/** Bytes. A signature with a whole chain has some ten thousand. */
export const SIGNED_DATA_SIZE_LIMIT = 65_536;

/**
 * Verifies CMS SignedData (RFC 5652 section 5; GM/T 0010), DER or BER, as one signer's signature over `content`: detached
 * or attached. Says nothing of the certificate's worth.
 *
 * @throws Refusal, and nothing else
 */
export const verifySignedData = (
  bytes: Uint8Array,
  content: Uint8Array,
  requiresSigningCertificate: RequiresSigningCertificate,
): VerifiedSignature => {
  if (bytes.length > SIGNED_DATA_SIZE_LIMIT)
    throw new Refusal('ONECERT_SIGNED_RESPONSE_TOO_LARGE', `longer than ${SIGNED_DATA_SIZE_LIMIT} bytes`);
  try {
    return verify(readSignedData(normaliseBer(bytes)), content, requiresSigningCertificate);
  } catch (cause) {
    if (cause instanceof DerError)
      throw new Refusal('ONECERT_SIGNED_RESPONSE_MALFORMED', cause.message, { cause });
    throw cause;
  }
};

const verify = (
  signedData: SignedData,
  content: Uint8Array,
  requiresSigningCertificate: RequiresSigningCertificate,
): VerifiedSignature => {
  const { signer, certificates } = signedData;
  if (signedData.content !== undefined && Buffer.compare(signedData.content, content) !== 0)
    throw new Refusal('ONECERT_CHALLENGE_CONTENT', 'the content attached is not the challenge');
  refuseUnsigned(signer.unsignedAttributes);
  const { certificate, others } = findSigner(signer.sid, certificates);
  const { digest, algorithm } = signatureAlgorithmOf(
    signer.digestAlgorithm,
    signer.signatureAlgorithm,
    certificate.publicKey,
  );
  const attributes = signer.signedAttributes;
  const found = attributes === undefined ? NO_SIGNED_VALUES : readSignedValues(attributes);
  if (attributes !== undefined) checkSignedValues(found, signedData, content, digest);
  const chain = checkSigningCertificate(found, certificate, others, requiresSigningCertificate);

  const signed = attributes === undefined ? content : signedAttributesDer(attributes);
  if (!verifySignature(algorithm, certificate.publicKey, signed, signer.signature))
    throw new Refusal('ONECERT_SIGNED_RESPONSE_SIGNATURE', `${algorithm.name} does not verify`);
  return {
    chain: [certificate.der, ...chain].map((der) => Uint8Array.from(der)),
    signingTime: readSigningTime(found),
    // What it names, checkSigningCertificate has compared.
    namesCertificate: found.has(ATTRIBUTE.signingCertificateV2),
  };
};

/**
 * RFC 5035 section 3: the first certificate named is the signer's; where more are named, no other may take part in its
 * path. Gives what is left of `others`.
 */
const checkSigningCertificate = (
  found: SignedValues,
  signer: Certificate,
  others: readonly Uint8Array[],
  requiresSigningCertificate: RequiresSigningCertificate,
): readonly Uint8Array[] => {
  const second = found.get(ATTRIBUTE.signingCertificateV2);
  if (second === undefined && requiresSigningCertificate(signer))
    throw new Refusal('ONECERT_SIGNING_CERTIFICATE_REQUIRED', 'no signingCertificateV2');
  let left = others;
  for (const [value, version] of [
    [found.get(ATTRIBUTE.signingCertificate), 1],
    [second, 2],
  ] as const) {
    if (value === undefined) continue;
    const [first, ...rest] = readSigningCertificate(value, version);
    if (first === undefined || !namesCertificate(first, signer))
      throw new Refusal('ONECERT_SIGNED_RESPONSE_CERTIFICATE', 'the signature names another certificate');
    if (rest.length > 0) left = left.filter((der) => rest.some((named) => namesDer(named, der)));
  }
  return left;
};

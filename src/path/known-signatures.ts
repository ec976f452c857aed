import type { Certificate } from '../certificate/certificate.ts';
import type { PublicKey } from '../certificate/public-key.ts';
import { verifySignature } from '../certificate/verify-signature.ts';

/**
 * Whether a certificate verifies under a key never changes, so it is found out once for as long as both objects live:
 * the trust list's certificates come again with every leaf, and one presented certificate in many candidate paths.
 */
const KNOWN = new WeakMap<PublicKey, WeakMap<Certificate, boolean>>();

/** undefined: not found out yet. */
export const knownSignature = (certificate: Certificate, key: PublicKey): boolean | undefined =>
  KNOWN.get(key)?.get(certificate);

export const isKnownNotSignedBy = (certificate: Certificate, key: PublicKey): boolean =>
  knownSignature(certificate, key) === false;

/** Verifies, and remembers. */
export const isSignedBy = (certificate: Certificate, key: PublicKey): boolean => {
  const { signatureAlgorithm, tbs, signature } = certificate;
  const verified = verifySignature(signatureAlgorithm, key, tbs, signature);
  // By key first: authorities have few, and a map for each leaf would cost more than what it holds.
  const known = KNOWN.get(key);
  if (known === undefined) KNOWN.set(key, new WeakMap([[certificate, verified]]));
  else known.set(certificate, verified);
  return verified;
};

import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A new ES256 key, PKCS#8 PEM. */
export const makeAssertionKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

/** The key's JWK thumbprint (RFC 7638), which names it in `kid`. */
export const assertionKeyId = (privateKey: KeyObject): string => {
  const { crv, kty, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
};

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import { createAssertionIssuer, type AssertionIssuer } from '../assertion/issue.ts';

/** A new ES256 key, PKCS#8 PEM. */
export const makeAssertionKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  }) as string;

/** The key's JWK thumbprint (RFC 7638), which names it in `kid`. */
const assertionKeyId = (privateKey: KeyObject): string => {
  const { crv, kty, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
};

/** An issuer that signs with the key of this PEM. */
export const assertionIssuer = (pem: string, issuer: string): AssertionIssuer => {
  const privateKey = createPrivateKey(pem);
  return createAssertionIssuer({ issuer, privateKey, keyId: assertionKeyId(privateKey) });
};

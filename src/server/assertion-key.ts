import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { createAssertionIssuer, type AssertionIssuer } from '../assertion/issue.ts';
import { inUse, type KeyVersion } from '../storage/key-version.ts';

export { makeEs256Key as makeAssertionKey } from '../storage/key-catalogue.ts';

/** The key's JWK thumbprint (RFC 7638), which names it in `kid`. */
const assertionKeyId = (privateKey: KeyObject): string => {
  const { crv, kty, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
};

/**
 * An issuer that signs with the version in use and publishes all that are kept: the next one before it signs, the one
 * before until its assertions have lapsed.
 *
 * @param keys the PEM of one key for ever, or the kept versions as of now
 */
export const assertionIssuer = (
  keys: string | (() => readonly KeyVersion[]),
  issuer: string,
  clock: () => number = Date.now,
): AssertionIssuer => {
  const only = [
    { version: 0, key: Buffer.from(typeof keys === 'string' ? keys : ''), createdAt: 0, usedFrom: 0 },
  ];
  const versions = typeof keys === 'string' ? () => only : keys;
  const issuers = new Map<string, AssertionIssuer>();
  const issuerOf = ({ key }: KeyVersion): AssertionIssuer => {
    const pem = Buffer.from(key).toString('utf8');
    const known = issuers.get(pem);
    if (known !== undefined) return known;
    const privateKey = createPrivateKey(pem);
    const made = createAssertionIssuer({ issuer, privateKey, keyId: assertionKeyId(privateKey) });
    issuers.set(pem, made);
    return made;
  };
  let chosen: { readonly version: KeyVersion; readonly by: AssertionIssuer } | undefined;
  const current = (): AssertionIssuer => {
    const version = inUse(versions(), clock());
    if (chosen?.version !== version) chosen = { version, by: issuerOf(version) };
    return chosen.by;
  };
  // A key that cannot sign is told of at the start and not by the first call.
  const { lifetimeMs } = current();
  let published:
    { readonly of: readonly KeyVersion[]; readonly set: ReturnType<AssertionIssuer['jwks']> } | undefined;
  return {
    lifetimeMs,
    issue: (...asked) => current().issue(...asked),
    jwks: () => {
      const of = versions();
      if (published?.of !== of) {
        published = { of, set: { keys: of.flatMap((version) => issuerOf(version).jwks().keys) } };
      }
      return published.set;
    },
  };
};

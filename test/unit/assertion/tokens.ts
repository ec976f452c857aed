import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { createAssertionIssuer, type AssertionIssuer } from '../../../src/assertion/index.ts';

export const ISSUER = 'https://onecert.example';
export const AUDIENCE = 'school-enrolment';
export const THUMBPRINT = createHash('sha256').update('a certificate').digest('base64url');

export const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

export const issuerOf = (
  privateKey: KeyObject,
  keyId: string,
  options: { readonly issuer?: string; readonly clock?: () => number } = {},
): AssertionIssuer => createAssertionIssuer({ issuer: ISSUER, privateKey, keyId, ...options });

export const SUBJECT = {
  sub: 'pairwise-1',
  aud: AUDIENCE,
  verdict: 'verdict-1',
  thumbprint: THUMBPRINT,
  kind: 'citizen',
} as const;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A compact JWS of whatever header and claims, signed as ES256 whatever the header says. */
export const signedBy = (key: KeyObject, header: unknown, claims: unknown): string => {
  const signed = `${encode(header)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
};

/** Header and claims of a good token, to be spoilt. */
export const partsOf = (token: string): { header: object; claims: Record<string, unknown> } => {
  const [header, claims] = token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>);
  return { header: header ?? {}, claims: claims ?? {} };
};

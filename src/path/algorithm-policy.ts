import { z } from 'zod';
import type { SignatureAlgorithm } from '../certificate/algorithm.ts';
import type { PublicKey } from '../certificate/public-key.ts';

const signature = z.enum([
  'rsa-pkcs1-sha1',
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
]);

const curve = z.enum(['P-256', 'P-384', 'P-521', 'ed25519', 'sm2']);

const exception = z.strictObject({
  allow: z.enum(['sha1-signature', 'rsa-1024']),
  until: z.iso.date({ error: 'expected a date such as 2027-06-30' }),
  reason: z.string().min(10, { error: 'say why, for the auditor' }),
});

/** Which keys and signatures of an authority's certificates are strong enough. The defaults are the strict ones. */
export const algorithmPolicySchema = z.strictObject({
  signatures: z
    .array(signature.exclude(['rsa-pkcs1-sha1']))
    .min(1)
    .default(signature.options.filter((name) => name !== 'rsa-pkcs1-sha1')),
  rsaMinimumBits: z.number().int().min(2048).max(8192).default(2048),
  curves: z.array(curve).default([...curve.options]),
  exceptions: z
    .array(exception)
    .default([])
    .meta({ description: 'Weaker algorithms let through until a date, each with its reason' }),
});
export type AlgorithmPolicy = z.output<typeof algorithmPolicySchema>;

/** Verification cost grows with the square of the modulus; nobody issues larger keys. */
const RSA_MAXIMUM_BITS = 8192;

/** Whether a certificate may be signed so, at that moment (ms since the epoch). */
export const allowsSignature = (
  policy: AlgorithmPolicy,
  algorithm: SignatureAlgorithm,
  at: number,
): boolean => {
  const name = nameOf(algorithm);
  if (name === 'rsa-pkcs1-sha1') return hasException(policy, 'sha1-signature', at);
  return (policy.signatures as readonly string[]).includes(name);
};

/** Whether a certificate may hold such a key, at that moment (ms since the epoch). */
export const allowsKey = (policy: AlgorithmPolicy, key: PublicKey, at: number): boolean => {
  switch (key.type) {
    case 'rsa':
      if (key.bits > RSA_MAXIMUM_BITS || key.sound === false) return false;
      return key.bits >= policy.rsaMinimumBits || (key.bits >= 1024 && hasException(policy, 'rsa-1024', at));
    case 'ec':
    case 'sm2':
      return key.curve !== undefined && (policy.curves as readonly string[]).includes(key.curve);
    case 'ed25519':
      return policy.curves.includes('ed25519');
    case 'unknown':
      return false;
  }
};

const nameOf = ({ name, hash }: SignatureAlgorithm): string =>
  hash === undefined ? name : `${name}-${hash}`;

/** An exception ends with the day it names, in the authority's time zone (UTC+8). */
const hasException = (policy: AlgorithmPolicy, allow: string, at: number): boolean =>
  policy.exceptions.some(
    (each) => each.allow === allow && at <= Date.parse(`${each.until}T23:59:59.999+08:00`),
  );

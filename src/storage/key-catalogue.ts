import { generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A key of the gateway: what it is for and what changing it takes (docs/operations.md). */
export interface KeyKind {
  /** What it protects, in a few words. */
  readonly protects: string;
  readonly make: 'es256' | 'ed25519' | { readonly bytes: number };
  /**
   * `overlap`: old versions verify until what they made has lapsed. `reseal`: what lasts is written anew with the new
   * version, then the old one can go. `never`: what it makes has to stay the same for ever.
   */
  readonly rotation: 'overlap' | 'reseal' | 'never';
  /** ms from making a version to making things with it. */
  readonly usedAfterMs: number;
  /** ms an old version is needed after the next is in use; `session`: as long as the longest session. */
  readonly neededMs: number | 'session';
}

/** Within it every replica has seen a new version in the shared folder of keys (it looks each second). */
const SPREAD_MS = 15_000;
/** Departments keep the JWKS for ten minutes (src/assertion/key-set.ts), caches on the way for five. */
const PUBLISHED_MS = 15 * 60_000;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const secret = (
  protects: string,
  neededMs: KeyKind['neededMs'],
  rotation: KeyKind['rotation'] = 'overlap',
): KeyKind => ({ protects, make: { bytes: 32 }, rotation, usedAfterMs: SPREAD_MS, neededMs });
const es256 = (protects: string, neededMs: KeyKind['neededMs']): KeyKind => ({
  protects,
  make: 'es256',
  rotation: 'overlap',
  usedAfterMs: PUBLISHED_MS,
  neededMs,
});

/** Every key that the gateway makes for itself. */
export const KEYS = {
  'assertion.key': es256('signs the assertions that departments check', 5 * MINUTE),
  // Clients show ID tokens at sign-out, long after they have lapsed.
  'oidc.key': es256('signs ID tokens and logout tokens of the OpenID Provider', 'session'),
  'oidc-cookie.key': secret('signs the cookies of the OpenID Provider', 'session'),
  'oidc-record.key': secret(
    'seals records of the OpenID Provider in the store of short-lived state',
    'session',
  ),
  'ticket.key': secret('seals what assertions carry for being exchanged', 5 * MINUTE),
  'tls-ticket.key': secret('makes the keys that TLS sessions resume with', 0),
  'session.key': secret('seals sessions in the store of short-lived state', 'session'),
  'form.key': secret('shows that a form came from a page of ours', 'session'),
  'handover.key': secret('shows that a request for hand-over is ours', 15 * MINUTE),
  'field.key': secret('seals names and numbers in the register', 0, 'reseal'),
  'hash.key': secret('hashes numbers, so that the register can be searched by them', 0, 'reseal'),
  // Every kept version signs, also before it is in use: auditors and witnesses have a month to learn the next one.
  'audit.key': {
    protects: 'signs the checkpoints of the audit log',
    make: 'ed25519',
    rotation: 'overlap',
    usedAfterMs: SPREAD_MS,
    neededMs: 30 * DAY,
  },
  'audit-index.key': secret('makes the hashes that the index of the audit log is searched by', 0, 'never'),
  'pairwise.key': secret('makes the ids that departments know people by', 0, 'never'),
} as const satisfies Readonly<Record<string, KeyKind>>;
export type KeyName = keyof typeof KEYS;

export const isKeyName = (name: string): name is KeyName => Object.hasOwn(KEYS, name);

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;

/** A new ES256 key, PKCS#8 PEM. */
export const makeEs256Key = (): string =>
  pemOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);

/** A new Ed25519 key, PKCS#8 PEM. */
export const makeEd25519Key = (): string => pemOf(generateKeyPairSync('ed25519').privateKey);

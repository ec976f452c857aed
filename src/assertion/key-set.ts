import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from 'jose';
import { Agent, fetch } from 'undici';
import { AssertionError } from './assertion-error.ts';
import type { JsonWebKeySet } from './issue.ts';

/** Where the gateway's public keys come from: its JWKS URL, or a set at hand. */
export type KeySource =
  | {
      readonly jwksUrl: string;
      /** PEM of the authority of the gateway's own TLS certificate, where the system does not know it. */
      readonly ca?: string;
    }
  | { readonly jwks: JsonWebKeySet };

const local = new WeakMap<JsonWebKeySet, JWTVerifyGetKey>();
const remote = new Map<string, JWTVerifyGetKey>();

/** A token that names an unknown key has the set fetched again, at most this often. */
const COOLDOWN_MS = 5_000;

/**
 * The keys to verify with. A remote set is fetched once, kept for ten minutes, and fetched again when a token names
 * a key that is not in it: a new key of the gateway is found by itself. What fails to give keys (not what fails to
 * find one in them) is an AssertionError ASSERTION_KEYS_UNAVAILABLE.
 */
export const keySet = (source: KeySource): JWTVerifyGetKey => {
  if ('jwks' in source) return remembered(local, source.jwks, () => localKeys(source.jwks));
  const { jwksUrl, ca } = source;
  return remembered(remote, `${jwksUrl} ${ca ?? ''}`, () => remoteKeys(jwksUrl, ca));
};

const remembered = <Key>(
  known: { get(key: Key): JWTVerifyGetKey | undefined; set(key: Key, keys: JWTVerifyGetKey): unknown },
  key: Key,
  make: () => JWTVerifyGetKey,
): JWTVerifyGetKey => {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = orUnavailable(make());
  known.set(key, made);
  return made;
};

const localKeys = ({ keys }: JsonWebKeySet): JWTVerifyGetKey => createLocalJWKSet({ keys: keys as never });

const remoteKeys = (jwksUrl: string, ca: string | undefined): JWTVerifyGetKey => {
  const dispatcher = ca === undefined ? undefined : new Agent({ connect: { ca } });
  return createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: 5_000,
    cooldownDuration: COOLDOWN_MS,
    ...(dispatcher && {
      [customFetch]: (url, { headers, method, redirect, signal }) =>
        fetch(url, {
          headers: [...headers],
          method,
          redirect,
          signal,
          dispatcher,
        }),
    }),
  });
};

const orUnavailable =
  (keys: JWTVerifyGetKey): JWTVerifyGetKey =>
  async (header, token) => {
    try {
      return await keys(header, token);
    } catch (cause) {
      const isAnswer =
        cause instanceof errors.JWKSNoMatchingKey ||
        cause instanceof errors.JWKSMultipleMatchingKeys ||
        cause instanceof errors.JOSENotSupported;
      if (isAnswer) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new AssertionError('ASSERTION_KEYS_UNAVAILABLE', `no keys of the gateway: ${why}`, { cause });
    }
  };

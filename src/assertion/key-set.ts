import { createLocalJWKSet, createRemoteJWKSet, customFetch, type JWTVerifyGetKey } from 'jose';
import { Agent, fetch } from 'undici';
import type { JsonWebKeySet } from './issue.ts';

/** Where the gateway's public keys come from: its JWKS URL, or a set at hand. */
export type KeySource =
  | {
      readonly jwksUrl: string;
      /** PEM of the authority of the gateway's own TLS certificate, where the system does not know it. */
      readonly ca?: string;
    }
  | { readonly jwks: JsonWebKeySet };

const remote = new Map<string, JWTVerifyGetKey>();

/**
 * The keys to verify with. A remote set is fetched once, kept for ten minutes, and fetched again at most every
 * 30 seconds when a token names a key that is not in it: a new key of the gateway is found by itself.
 */
export const keySet = (source: KeySource): JWTVerifyGetKey => {
  if ('jwks' in source) return createLocalJWKSet({ keys: source.jwks.keys as never });
  const name = `${source.jwksUrl} ${source.ca ?? ''}`;
  const known = remote.get(name);
  if (known !== undefined) return known;
  const dispatcher = source.ca === undefined ? undefined : new Agent({ connect: { ca: source.ca } });
  const keys = createRemoteJWKSet(new URL(source.jwksUrl), {
    timeoutDuration: 5_000,
    ...(dispatcher && {
      [customFetch]: (url, { headers, method, redirect, signal }) =>
        fetch(url, {
          headers: [...headers],
          method,
          redirect,
          signal,
          dispatcher,
        }) as unknown as Promise<Response>,
    }),
  });
  remote.set(name, keys);
  return keys;
};

import type { Certificate } from '../certificate/certificate.ts';
import type { PublicKey } from '../certificate/public-key.ts';
import type { VerifiedPath } from './types.ts';

/** How far the operators trust one authority. Times are milliseconds since the epoch; undefined: no such limit. */
export interface AuthorityStanding {
  /** Identifier of the authority in the trust list. */
  readonly authority: string;
  readonly withdrawn: boolean;
  /** Trusted at this moment and later. */
  readonly trustedFrom: number | undefined;
  /** Trusted before this moment. */
  readonly trustedUntil: number | undefined;
  /** Winding down: only certificates whose notBefore is before this moment. */
  readonly acceptIssuedBefore: number | undefined;
}

/**
 * The standing of every authority that the trust list knows, by authorityKey of each of its certificates. By key, not
 * by anchor: another authority's cross-certificate must not bring a withdrawn authority back in.
 */
export type AuthorityStandings = ReadonlyMap<string, AuthorityStanding>;

/** The key alone, without its algorithm's parameters, which may be written in more than one way. */
export const authorityKey = ({ publicKey }: Certificate): string => {
  let key = KEYS.get(publicKey);
  if (key === undefined) {
    key = Buffer.from(publicKey.keyBits).toString('base64');
    KEYS.set(publicKey, key);
  }
  return key;
};
/** Asked of every authority in a path; an authority's certificates come again with every leaf. */
const KEYS = new WeakMap<PublicKey, string>();

/** When the operators' trust in a path ends, by their list's expiry or its authorities' validity; Infinity: never. */
export const trustEndOf = ({ anchor, certificates }: VerifiedPath): number =>
  Math.min(
    anchor.listExpires ?? Infinity,
    ...certificates.map((each) => anchor.standings?.get(authorityKey(each))?.trustedUntil ?? Infinity),
  );

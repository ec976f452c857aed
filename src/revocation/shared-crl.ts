import type { CrlIndex } from './crl-index.ts';

/**
 * A CRL whose signature has been verified, as an index that all threads share. Structured clone carries it: the
 * entries lie in shared memory, the rest is small and plain. Times are ms since the epoch.
 */
export interface SharedCrl {
  /** DistinguishedName.key and text of the issuer. */
  readonly issuer: string;
  readonly issuerText: string;
  /** SHA-256 of the SubjectPublicKeyInfo that verified the signature, lower-case hex. */
  readonly signerKey: string;
  /** E.g. "ecdsa-sha256". */
  readonly signatureName: string;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  /** crlNumber (RFC 5280 section 5.2.3), lower-case hex without leading zeros. */
  readonly number: string | undefined;
  /** BaseCRLNumber of a delta CRL (section 5.2.4), as `number`; undefined for a complete CRL. */
  readonly baseNumber: string | undefined;
  /** Hex. */
  readonly authorityKeyIdentifier: string | undefined;
  /** What issuingDistributionPoint says; undefined where there is none. */
  readonly scope: CrlScope | undefined;
  /** http(s) and other URIs of freshestCRL (section 5.2.6). */
  readonly freshestUris: readonly string[];
  /** SHA-256 of `signerKey` and the signature, lower-case hex: the same only for the same CRL, by whatever way it came. */
  readonly fingerprint: string;
  readonly bytes: number;
  readonly index: CrlIndex;
}

/** IssuingDistributionPoint (RFC 5280 section 5.2.5). */
export interface CrlScope {
  /** generalNameKey of each name, a relative one completed; undefined where no name is given. */
  readonly names: readonly string[] | undefined;
  readonly onlyContains: 'user' | 'authority' | 'attribute' | undefined;
  /** Bits of REASON_FLAG; undefined: all reasons. */
  readonly onlySomeReasons: number | undefined;
  readonly indirect: boolean;
}

/** Equal for CRLs that continue one another: same issuer and key, same scope, both complete or both deltas. */
export const crlSeries = (crl: SharedCrl): string =>
  JSON.stringify([
    crl.issuer,
    crl.signerKey,
    crl.baseNumber === undefined ? 'complete' : 'delta',
    scopeKey(crl.scope),
  ]);

/** Equal for CRLs of the same scope (RFC 5280 section 5.2.4: a delta has the scope of its base). */
export const scopeKey = (scope: CrlScope | undefined): string =>
  scope === undefined
    ? ''
    : JSON.stringify([
        scope.names === undefined ? null : [...scope.names].sort(),
        scope.onlyContains ?? null,
        scope.onlySomeReasons ?? null,
        scope.indirect,
      ]);

/** Order of two crlNumbers in SharedCrl's form: negative when `a` is lower. */
export const compareNumbers = (a: string, b: string): number =>
  a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);

/**
 * Whether `next` may take the place of `current`, a CRL of the same series: a higher crlNumber, issued no earlier. A
 * lower or equal number never does, nor one without a number after one with it: whoever holds an old CRL (with its
 * good signature) could otherwise undo revocations by playing it back.
 */
export const supersedes = (next: SharedCrl, current: SharedCrl): boolean => {
  if (crlSeries(next) !== crlSeries(current)) return false;
  if (current.number === undefined) return next.thisUpdate > current.thisUpdate;
  if (next.number === undefined) return false;
  return compareNumbers(next.number, current.number) > 0 && next.thisUpdate >= current.thisUpdate;
};

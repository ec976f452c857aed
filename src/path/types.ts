import type { Certificate } from '../certificate/certificate.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Step } from '../refusal/step.ts';
import type { AlgorithmPolicy } from './algorithm-policy.ts';
import type { AuthorityStandings } from './authority-standing.ts';
import type { PolicySettings } from './policy-settings.ts';

/** A certificate the operators trust, and under what rules. Every path ends in one. */
export interface TrustAnchor {
  /** Identifier of the authority in the trust list, e.g. "yuean". */
  readonly authority: string;
  readonly certificate: Certificate;
  readonly algorithmPolicy: AlgorithmPolicy;
  /** Which certificate policies are demanded. Default: none. */
  readonly policySettings?: PolicySettings;
  /** How far each authority of the trust list is trusted. Default: all of them without limit. */
  readonly standings?: AuthorityStandings;
  /** When the signed trust list this anchor stands in expires, ms since the epoch. Default: never. */
  readonly listExpires?: number;
}

/**
 * What the leaf is to be used for: signing in; signing CRLs (RFC 5280 section 6.3.3 (f): validate the path of a CRL
 * issuer with the one anchor of the certificate it is about); or "any", which asks nothing of the leaf.
 */
export type PathPurpose = 'client-auth' | 'crl-issuer' | 'any';

/** Everything a validation depends on: no I/O, no clock (RFC 5280 section 6.1.1). */
export interface PathInput {
  readonly leaf: Certificate;
  /** What the peer presented besides the leaf, and the trust list's intermediates: candidates, not trusted. */
  readonly intermediates: readonly Certificate[];
  readonly anchors: readonly TrustAnchor[];
  /** Fingerprints of certificates above the leaf that no path may use, e.g. since they were found revoked. */
  readonly distrusted?: ReadonlySet<string>;
  /** The moment to judge at, ms since the epoch. */
  readonly at: number;
  /** Default "client-auth". */
  readonly purpose?: PathPurpose;
}

declare const verified: unique symbol;

/** A path that passed every check. Only validatePath makes one. */
export interface VerifiedPath {
  readonly [verified]: true;
  /** Leaf first; the anchor's certificate last. */
  readonly certificates: readonly Certificate[];
  readonly anchor: TrustAnchor;
  /** user-constrained-policy-set (RFC 5280 section 6.1.6): dotted, in the anchor's domain. */
  readonly policies: readonly string[];
}

/** Why one possible path was refused. */
export interface Attempt {
  /** Leaf first; the anchor's certificate last. */
  readonly certificates: readonly Certificate[];
  readonly code: RefusalCode;
  readonly steps: readonly Step[];
}

export type PathResult =
  | { readonly ok: true; readonly path: VerifiedPath; readonly steps: readonly Step[] }
  | {
      readonly ok: false;
      /** Of the attempt that came nearest to passing. */
      readonly code: RefusalCode;
      readonly steps: readonly Step[];
      /** Every possible path that was tried, in that order; not more than a few are kept. */
      readonly attempts: readonly Attempt[];
    };

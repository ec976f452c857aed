import type { Certificate } from '../certificate/certificate.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Step } from '../refusal/step.ts';
import type { AlgorithmPolicy } from './algorithm-policy.ts';

/** A certificate the operators trust, and under what rules. Every path ends in one. */
export interface TrustAnchor {
  /** Identifier of the authority in the trust list, e.g. "yuean". */
  readonly authority: string;
  readonly certificate: Certificate;
  readonly algorithmPolicy: AlgorithmPolicy;
}

/** Everything a validation depends on: no I/O, no clock (RFC 5280 section 6.1.1). */
export interface PathInput {
  readonly leaf: Certificate;
  /** What the peer presented besides the leaf, and the trust list's intermediates: candidates, not trusted. */
  readonly intermediates: readonly Certificate[];
  readonly anchors: readonly TrustAnchor[];
  /** The moment to judge at, ms since the epoch. */
  readonly at: number;
  /** "any" leaves out what only signing in demands of the leaf. Default "client-auth". */
  readonly purpose?: 'client-auth' | 'any';
}

declare const verified: unique symbol;

/** A path that passed every check. Only validatePath makes one. */
export interface VerifiedPath {
  readonly [verified]: true;
  /** Leaf first; the anchor's certificate last. */
  readonly certificates: readonly Certificate[];
  readonly anchor: TrustAnchor;
}

export type PathResult =
  | { readonly ok: true; readonly path: VerifiedPath; readonly steps: readonly Step[] }
  | { readonly ok: false; readonly code: RefusalCode; readonly steps: readonly Step[] };

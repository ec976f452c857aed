import type { Certificate } from '../../certificate/certificate.ts';
import type { RefusalCode } from '../../refusal/catalogue.ts';
import type { Budget } from '../budget.ts';
import type { PathState } from '../path-state.ts';
import type { PathPurpose, TrustAnchor } from '../types.ts';

/** One certificate of a candidate path, with what its checks may look at. The path is walked from the anchor down. */
export interface Link {
  readonly certificate: Certificate;
  /** The certificate above. */
  readonly issuer: Certificate;
  readonly isLeaf: boolean;
  /** Issuer and subject are one name (RFC 5280 section 3.2): an authority's new key, or new rules for itself. */
  readonly isSelfIssued: boolean;
  readonly anchor: TrustAnchor;
  /** ms since the epoch. */
  readonly at: number;
  readonly purpose: PathPurpose;
  readonly budget: Budget;
  readonly state: PathState;
}

export interface Sentence {
  readonly zh: string;
  readonly en: string;
}

export interface Objection extends Sentence {
  readonly code: RefusalCode;
}

/** One check of RFC 5280 section 6.1 on one certificate. */
export interface PathCheck {
  readonly name: string;
  readonly clause: string;
  /** What is said when there is no objection; undefined for what only prepares the state for the next certificate. */
  readonly passed: Sentence | undefined;
  /** May change `link.state` for the certificates below. */
  readonly run: (link: Link) => Objection | undefined;
}

/** What a fault above the leaf is reported as: nothing the person holding the leaf can mend. */
export const codeFor = ({ isLeaf }: Link, leafCode: RefusalCode): RefusalCode =>
  isLeaf ? leafCode : 'ONECERT_CERTIFICATE_CHAIN';

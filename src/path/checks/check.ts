import type { Certificate } from '../../certificate/certificate.ts';
import type { RefusalCode } from '../../refusal/catalogue.ts';
import type { Budget } from '../budget.ts';
import type { TrustAnchor } from '../types.ts';

/** One certificate of a candidate path, with what its checks may look at. The path is walked from the anchor down. */
export interface Link {
  readonly certificate: Certificate;
  /** The certificate above. */
  readonly issuer: Certificate;
  readonly isLeaf: boolean;
  readonly anchor: TrustAnchor;
  /** ms since the epoch. */
  readonly at: number;
  readonly purpose: 'client-auth' | 'any';
  readonly budget: Budget;
  readonly state: PathState;
}

/** What checks carry from one certificate to the next (RFC 5280 section 6.1.2). */
export interface PathState {
  /** max_path_length: how many more certificates that are not self-issued may stand above the leaf. */
  maxPathLength: number;
  /** Purposes every extendedKeyUsage so far allows; undefined while none has said anything. */
  purposes: ReadonlySet<string> | undefined;
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
  /** What is said when there is no objection. */
  readonly passed: Sentence;
  /** May change `link.state` for the certificates below. */
  readonly run: (link: Link) => Objection | undefined;
}

/** What a fault above the leaf is reported as: nothing the person holding the leaf can mend. */
export const codeFor = ({ isLeaf }: Link, leafCode: RefusalCode): RefusalCode =>
  isLeaf ? leafCode : 'ONECERT_CERTIFICATE_CHAIN';

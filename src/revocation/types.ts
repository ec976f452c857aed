import type { Certificate } from '../certificate/certificate.ts';
import type { Step } from '../refusal/step.ts';
import type { RevocationPolicy } from './revocation-policy.ts';

/** RFC 5280 section 5.3.1 reason names. */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'cACompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'certificateHold'
  | 'removeFromCRL'
  | 'privilegeWithdrawn'
  | 'aACompromise';

export interface RevocationQuestion {
  readonly certificate: Certificate;
  /** The certificate whose key verified `certificate`, from a verified path. */
  readonly issuer: Certificate;
  /** Identifier of the authority in the trust list whose anchor the path ends in. */
  readonly authority: string;
  readonly policy: RevocationPolicy;
  /** ms since the epoch. */
  readonly at: number;
}

/** What is known of a certificate's revocation, and until when it may be relied on (ms since the epoch). */
export type RevocationAnswer =
  | { readonly status: 'good'; readonly validUntil: number; readonly steps: readonly Step[] }
  | {
      readonly status: 'revoked' | 'on-hold';
      readonly reason: RevocationReason;
      readonly revokedAt: number;
      readonly validUntil: number;
      readonly steps: readonly Step[];
    }
  | {
      readonly status: 'unknown';
      readonly steps: readonly Step[];
      /** A responder has said so itself (RFC 6960 section 2.2): no failure, and no soft policy lets it through. */
      readonly said?: true;
    };

/** Answers at once when the CRL index knows, later when OCSP has to be asked. Never rejects. */
export interface RevocationChecker {
  check(question: RevocationQuestion): RevocationAnswer | Promise<RevocationAnswer>;
}

import type { Acting } from './acting.ts';

export type SubjectKind = 'citizen' | 'enterprise';

export type IdentifierType =
  | 'citizen-id-number'
  | 'unified-social-credit-code'
  | 'organisation-code'
  | 'tax-number'
  | 'business-registration-number'
  | 'social-insurance-number'
  | 'passport'
  | 'hmt-permit';

/** Normalised and with its check digit found right (see identifiers/). */
export interface Identifier {
  readonly type: IdentifierType;
  readonly value: string;
}

/** What a certificate says of its subject, read by the identity profile of its authority. */
export interface SubjectReading {
  readonly kind: SubjectKind;
  /** At least one; the strongest first. */
  readonly identifiers: readonly Identifier[];
  /** Display name (CN without a number in it); never used to find anyone. */
  readonly name: string;
  /** Who acts for an enterprise by this certificate; absent for citizens. */
  readonly acting?: Acting;
}

/**
 * A citizen or an enterprise, the same whichever authority issued the certificate; `acting` is of the certificate that
 * was shown, and no part of what is the same.
 */
export interface Identity extends SubjectReading {
  /** Random, 128 bits, base64url; stable for life; says nothing about the person. */
  readonly unifiedId: string;
}

import type { Identifier, Identity, SubjectReading } from './identity.ts';

/** Which certificate a reading is of, and when it is used. */
export interface ReadingContext {
  /** Identifier of the authority in the trust list. */
  readonly authority: string;
  /** SHA-256 of the certificate, base64url (RFC 8705 x5t#S256). */
  readonly thumbprint: string;
  /** ms since the epoch. */
  readonly at: number;
  /** When the certificate ends, ms since the epoch. */
  readonly notAfter?: number;
}

/**
 * Why a certificate was not given an identity: its numbers are of two identities; its name, or a number that one has
 * for life, is not the one on record; or it contradicts itself.
 */
export type ConflictReason =
  'two-identities' | 'different-name' | 'different-number' | 'contradictory-certificate';

/** An entry of the operators' queue. Repeated attempts with one certificate are one entry. */
export interface Conflict {
  readonly id: number;
  readonly reason: ConflictReason;
  readonly authority: string;
  readonly thumbprint: string;
  /** What the certificate says; absent when it contradicts itself. */
  readonly reading: SubjectReading | undefined;
  /** Unified ids of the identities on record that it meets. */
  readonly meets: readonly string[];
  /** ms since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
  readonly times: number;
}

/** A certificate that an identity has been used with. Times are ms since the epoch. */
export interface UsedCertificate {
  readonly thumbprint: string;
  readonly authority: string;
  readonly firstUsed: number;
  /** To the hour: a sign-in with a certificate known already costs no write more often. */
  readonly lastUsed: number;
  /** When it ends; undefined where nobody said. */
  readonly notAfter: number | undefined;
}

/** What the register holds of one identity. */
export interface RegisteredIdentity {
  readonly identity: Identity;
  readonly registeredAt: number;
  readonly certificates: readonly UsedCertificate[];
}

/**
 * All identities known to the gateway, found by identifiers and never by name (design, decision 7). Safe to be used
 * by several processes at once. All methods reject with other errors when the store fails.
 */
export interface IdentityRegister {
  /**
   * The identity a reading names, registered when it is new. Identifiers that are new join it; its unified id stays.
   * The answer holds all identifiers known, the strongest first, and the name first registered.
   *
   * Rejects with Refusal ONECERT_IDENTITY_CONFLICT, and leaves everything but the conflict queue as it was, for the
   * reasons ConflictReason names.
   */
  identify(reading: SubjectReading, context: ReadingContext): Promise<Identity>;
  /** Queues a certificate that contradicts itself (see readSubject) for an operator. */
  recordContradiction(context: ReadingContext): Promise<void>;
  /** Who has this identifier, or one that denotes the same subject. */
  find(identifier: Identifier): Promise<RegisteredIdentity | undefined>;
  count(): Promise<{ readonly citizens: number; readonly enterprises: number; readonly conflicts: number }>;
  /** Identities that have used a certificate of these authorities (`any`), and of no other authority (`only`). */
  countByAuthorities(
    authorities: readonly string[],
  ): Promise<{ readonly only: number; readonly any: number }>;
  /** The latest first; `before` is the id of the last entry already had. */
  listConflicts(page: { readonly limit: number; readonly before?: number }): Promise<readonly Conflict[]>;
  close(): Promise<void>;
}

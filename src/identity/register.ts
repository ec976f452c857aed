import type { Acting } from './acting.ts';
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

/**
 * What an operator decided of a conflict.
 *
 * `join`: the certificate, read as it is now, is of `identity` (one of those it meets, or an alias of one) from now on;
 * numbers that are new join it. What its name should say afterwards is `name`: `recorded` (default) keeps the name on
 * record, and accepts the other for this certificate; `certificate` takes the certificate's (a marriage, a company's new
 * name). Where it meets several identities they become one: see IdentityRegister.settleConflict.
 *
 * `keep-refused`: the certificate stays refused. Repeats count; they do not open the conflict again.
 */
export type Settlement =
  | { readonly decision: 'join'; readonly identity: string; readonly name?: 'recorded' | 'certificate' }
  | { readonly decision: 'keep-refused' };

export type ConflictState = 'open' | 'joined' | 'kept-refused';

/** What a settlement would do; `nothing`: it is settled that way already. */
export type SettlementOutlook =
  | { readonly act: 'nothing' | 'keep-refused' }
  | {
      readonly act: 'join';
      /** Unified id that the certificate's identity has from then on. */
      readonly kept: string;
      /** Unified ids that become aliases of it. */
      readonly merged: readonly string[];
      /** Whether the identity that is kept gets another name than the one on record. */
      readonly renames: boolean;
    };

/** An entry of the operators' queue. Repeated attempts with one certificate are one entry. */
export interface Conflict {
  readonly id: number;
  readonly state: ConflictState;
  /** When it was settled, ms since the epoch; undefined while it is open. */
  readonly settledAt: number | undefined;
  /** Unified id of the identity it was joined to, as it was then. */
  readonly joined: string | undefined;
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

/** ms. Last use is kept to the hour: a read is cheap, a write is synced to disk. */
export const LAST_USE_STEP = 3_600_000;

/** A certificate that an identity has been used with. Times are ms since the epoch. */
export interface UsedCertificate {
  readonly thumbprint: string;
  readonly authority: string;
  readonly firstUsed: number;
  /** To the hour: a sign-in with a certificate known already costs no write more often. */
  readonly lastUsed: number;
  /** When it ends; undefined where nobody said. */
  readonly notAfter: number | undefined;
  /** Who acts by it for an enterprise; undefined for citizens and for certificates last used before this was kept. */
  readonly acting: Acting | undefined;
}

/** What the register holds of one identity. */
export interface RegisteredIdentity {
  readonly identity: Identity;
  readonly registeredAt: number;
  readonly certificates: readonly UsedCertificate[];
  /** Unified ids of identities that were merged into this one; they find it still. */
  readonly aliases: readonly string[];
}

/** Pages are the latest first; `before` is the id of the last entry already had. */
export interface ConflictPage {
  readonly limit: number;
  readonly before?: number;
  /** All, where it is not given. */
  readonly state?: ConflictState;
}

/**
 * All identities known to the gateway, found by identifiers and never by name (design, decision 7). Safe to be used
 * by several processes at once. All methods reject with Refusal ONECERT_REGISTER_UNAVAILABLE while a shared store is away,
 * and with other errors when the store fails otherwise.
 */
export interface IdentityRegister {
  /**
   * The identity a reading names, registered when it is new. Identifiers that are new join it; its unified id stays.
   * The answer holds all identifiers known, the strongest first, the name on record, and `acting` of the reading.
   *
   * Rejects with Refusal ONECERT_IDENTITY_CONFLICT, and leaves everything but the conflict queue as it was, for the
   * reasons ConflictReason names.
   */
  identify(reading: SubjectReading, context: ReadingContext): Promise<Identity>;
  /** Queues a certificate that contradicts itself (see readSubject) for an operator. */
  recordContradiction(context: ReadingContext): Promise<void>;
  /** Who has this identifier, or one that denotes the same subject. */
  find(identifier: Identifier): Promise<RegisteredIdentity | undefined>;
  /** By unified id; the id of an identity that was merged into another finds that other. */
  identityById(unifiedId: string): Promise<RegisteredIdentity | undefined>;
  /** Who has signed in with this certificate; `thumbprint`: SHA-256, base64url. */
  holderOf(thumbprint: string): Promise<RegisteredIdentity | undefined>;
  /** `conflicts`: open ones. */
  count(): Promise<{ readonly citizens: number; readonly enterprises: number; readonly conflicts: number }>;
  /** Identities that have used a certificate of these authorities (`any`), and of no other authority (`only`). */
  countByAuthorities(
    authorities: readonly string[],
  ): Promise<{ readonly only: number; readonly any: number }>;
  listConflicts(page: ConflictPage): Promise<readonly Conflict[]>;
  conflict(id: number): Promise<Conflict | undefined>;
  /** Conflicts that meet this identity or one merged into it, the latest first. */
  conflictsOf(unifiedId: string, limit: number): Promise<readonly Conflict[]>;
  /**
   * Carries out what operators decided. Idempotent: the same settlement again changes nothing. One that was kept
   * refused may be joined later; what was joined stays so. A joined certificate that its profile reads otherwise later
   * is judged anew, and may open the conflict again. `at`: ms since the epoch.
   *
   * Joining a certificate that meets several identities merges them: the one registered first keeps its unified id,
   * and the others' ids become aliases of it. Their numbers and certificates move over. Sessions of an alias end at
   * their next use, since their identity is another; the pairwise ids that departments knew the alias by are not used
   * again. Merging cannot be undone.
   *
   * Rejects with Refusal ONECERT_CHANGE_UNKNOWN where there is no such conflict; ONECERT_CHANGE_SETTLED where it is
   * to be kept refused and was joined already; ONECERT_CHANGE_STALE where its numbers are by now of an identity
   * that it does not list; ONECERT_CHANGE_INVALID where it cannot be joined: it contradicts itself, `identity` is not
   * one it meets, or those to be merged have different numbers of a kind one has for life.
   */
  settleConflict(id: number, settlement: Settlement, at: number): Promise<Conflict>;
  /** What `settleConflict` would do now, changing nothing. Rejects as it does. */
  planSettlement(id: number, settlement: Settlement): Promise<SettlementOutlook>;
  close(): Promise<void>;
}

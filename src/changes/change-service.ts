import type { ConfigurationIssue } from '../configuration/configuration-error.ts';
import type { ChangeStore } from './change-store.ts';
import type { DocumentFile, DocumentKey, DocumentVersion, Proposal, VersionOrigin } from './document.ts';

/** Who acts: what the console's sign-in found. */
export interface Actor {
  /** Unified id. */
  readonly unifiedId: string;
  /** Thumbprint of the certificate they signed in with: SHA-256, base64url, as in verdicts. */
  readonly certificate: string;
  readonly roles: readonly ActorRole[];
}

export type ActorRole =
  | { readonly role: 'operator' }
  | { readonly role: 'auditor' }
  | { readonly role: 'officer'; readonly department: string };

/** What a change would do, told before it is done. */
export interface DryRun {
  /** Everything wrong with it; empty: it could come into force as it stands. */
  readonly issues: readonly ConfigurationIssue[];
  /** What an operator should know, in both languages, the gravest first: "312 sessions end". */
  readonly consequences: readonly { readonly zh: string; readonly en: string }[];
}

export interface Wanted extends DocumentKey {
  readonly base: number;
  readonly files: readonly DocumentFile[];
  readonly note: string;
  readonly origin: VersionOrigin;
}

/**
 * Changes with their rules: roles, four eyes, checks before anything is kept, an audit entry (fsynced) of each step,
 * and word to all replicas when a version comes into force.
 *
 * An officer proposes for the own department only; an operator proposes anything; an auditor looks. What can lock people
 * out or let them in (department, trust-list, roles, identity, conflict) takes a second person, who is an operator and
 * not the one who proposed it; guide and targets take one operator.
 *
 * Rejects with Refusal: the store's (ChangeStore), ONECERT_CHANGE_INVALID (a ChangeInvalidError with every issue),
 * ONECERT_CHANGE_OVERTAKEN where others kept coming first, ONECERT_CHANGE_OWN (one's own proposal cannot be approved), ONECERT_ROLE_REQUIRED, ONECERT_OTHER_DEPARTMENT,
 * ONECERT_AUDIT_UNAVAILABLE (nothing is done then).
 */
export interface ChangeService {
  readonly store: Pick<
    ChangeStore,
    'current' | 'listCurrent' | 'history' | 'version' | 'proposal' | 'listProposals'
  >;
  dryRun(wanted: DocumentKey & { readonly files: readonly DocumentFile[] }): Promise<DryRun>;
  /** A draft may hold issues; what is submitted may not. */
  propose(actor: Actor, wanted: Wanted, state: 'draft' | 'submitted'): Promise<Proposal>;
  revise(actor: Actor, id: string, wanted: Pick<Wanted, 'base' | 'files' | 'note'>): Promise<Proposal>;
  submit(actor: Actor, id: string): Promise<Proposal>;
  /** Checked again as things stand now; resolves when the version is in force in this process. */
  approve(actor: Actor, id: string, note: string): Promise<DocumentVersion>;
  reject(actor: Actor, id: string, note: string): Promise<Proposal>;
  withdraw(actor: Actor, id: string, note: string): Promise<Proposal>;
  /** Where one person is enough (guide, targets). Rejects with ONECERT_CHANGE_TWO_PERSONS for other kinds. */
  put(actor: Actor, wanted: Wanted): Promise<DocumentVersion>;
}

/** Whether a change of such a document takes a second person. */
export const takesTwo = ({ kind }: Pick<DocumentKey, 'kind'>): boolean =>
  kind !== 'guide' && kind !== 'targets';

import type {
  DocumentFile,
  DocumentKey,
  DocumentKind,
  DocumentVersion,
  Proposal,
  ProposalState,
  VersionOrigin,
} from './document.ts';

export interface NewProposal extends DocumentKey {
  readonly base: number;
  readonly files: readonly DocumentFile[];
  readonly state: 'draft' | 'submitted';
  readonly origin: VersionOrigin;
  readonly proposedBy: string;
  readonly department: string | undefined;
  readonly note: string;
  /** ms since the epoch. */
  readonly at: number;
}

/** What a change was checked against. */
export interface Expectation {
  /** ChangeStore.sequence(), read before the check; not given: whatever came before. */
  readonly sequence?: number;
}

export interface NewVersion extends DocumentKey, Expectation {
  readonly base: number;
  readonly files: readonly DocumentFile[];
  readonly origin: VersionOrigin;
  readonly proposedBy: string;
  readonly note: string;
  readonly at: number;
}

export interface Settled {
  readonly by: string;
  readonly note: string;
  readonly at: number;
}

/** Pages are the latest first; `before` is the version, or the time, of the last entry already had. */
export interface ProposalFilter {
  readonly states?: readonly ProposalState[];
  readonly kind?: DocumentKind;
  readonly name?: string;
  readonly department?: string;
  readonly limit: number;
  readonly before?: number;
}

/**
 * Documents, their versions, and proposals of changes: embedded (SQLite) or shared (PostgreSQL). Keeps the rules that a
 * race could break; who may do what is ChangeService's to say. Safe to be used by several processes at once.
 *
 * Rejects with Refusal ONECERT_CHANGE_STALE where `base` is not the version in force (propose, revise, submit, approve
 * and put alike), ONECERT_CHANGE_SETTLED where the proposal is not in a state that can be left that way,
 * ONECERT_CHANGE_UNKNOWN where there is no such thing, ONECERT_CHANGE_OVERTAKEN where another document has changed since
 * the sequence that approve and put expect: each alone may be right, and both together not; with other errors when the
 * store fails.
 */
export interface ChangeStore {
  /** The version in force, also one without files (taken away); undefined where there was never one. */
  current(key: DocumentKey): Promise<DocumentVersion | undefined>;
  /** Versions in force that have files, of a kind or of all, by kind and name; from one moment. */
  listCurrent(kind?: DocumentKind): Promise<readonly DocumentVersion[]>;
  /** Without content (`files: []`), the latest first. */
  history(
    key: DocumentKey,
    page: { readonly limit: number; readonly before?: number },
  ): Promise<readonly DocumentVersion[]>;
  version(key: DocumentKey, version: number): Promise<DocumentVersion>;
  /** `sequence` of the latest version of all; 0 where there is none. */
  sequence(): Promise<number>;

  propose(proposal: NewProposal): Promise<Proposal>;
  /** Replaces content and note of a draft; `base` too. */
  revise(id: string, change: Pick<NewProposal, 'base' | 'files' | 'note' | 'at'>): Promise<Proposal>;
  submit(id: string, at: number): Promise<Proposal>;
  proposal(id: string): Promise<Proposal>;
  listProposals(filter: ProposalFilter): Promise<readonly Proposal[]>;
  /** submitted → approved, and the version in force, in one transaction. */
  approve(id: string, settled: Settled & Expectation): Promise<DocumentVersion>;
  reject(id: string, settled: Settled): Promise<Proposal>;
  withdraw(id: string, settled: Settled): Promise<Proposal>;
  /** A version without a proposal: where one person is enough, from files, and by command. */
  put(version: NewVersion): Promise<DocumentVersion>;

  /** Digest of the files last taken over from the folder (config/, ca-trust/). */
  takenFromFiles(key: DocumentKey): Promise<string | undefined>;
  rememberTaken(key: DocumentKey, digest: string): Promise<void>;

  /**
   * Versions in force of a kind that stands for something to be done once (conflict), and that nobody has noted as
   * carried out yet; the oldest first.
   */
  listPending(kind: DocumentKind): Promise<readonly DocumentVersion[]>;
  /** Notes that it was carried out, or cannot be: nothing more is to be done for it. */
  noteCarriedOut(version: Pick<DocumentVersion, 'kind' | 'name' | 'version'>): Promise<void>;
  close(): Promise<void>;
}

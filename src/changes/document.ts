/**
 * What stands under change control. Each kind has its documents by name: one a department, one trust list, and so on.
 *
 * - `department` (name: its slug): `department.yaml`, as under config/departments/
 * - `trust-list` (name: `city`): every file of the trust list's folder, by path within it
 * - `roles` (name: `city`): `roles.yaml`, who may do what in the console
 * - `guide` (name: `city`): `guide.yaml`, texts of the yearly guide
 * - `targets` (name: a year): `targets.yaml`, what e-supervision measures departments against
 * - `identity` (name: a unified id): `standing.yaml`, whether the identity is locked, and why
 * - `conflict` (name: number of the conflict): `settlement.yaml`, how an identity conflict was settled
 */
export const DOCUMENT_KINDS = [
  'department',
  'trust-list',
  'roles',
  'guide',
  'targets',
  'identity',
  'conflict',
] as const;
export type DocumentKind = (typeof DOCUMENT_KINDS)[number];

/** Name of the only document of its kind. */
export const ONLY_DOCUMENT = 'city';

export interface DocumentKey {
  readonly kind: DocumentKind;
  readonly name: string;
}

/** One file of a document, its bytes as somebody wrote them: comments and ${NAME:-default} stay. */
export interface DocumentFile {
  /** Relative, with "/" and no dot segments. */
  readonly path: string;
  readonly content: Buffer;
}

/** Where a version came from. */
export type VersionOrigin = 'console' | 'api' | 'files' | 'import' | 'command';

/** A version of a document that came into force. Never changed afterwards; taking a document away is a version too. */
export interface DocumentVersion extends DocumentKey {
  /** From 1, without gaps, for each document. */
  readonly version: number;
  /** Rises by one with every version of any document: what replicas compare. */
  readonly sequence: number;
  /** Sorted by path. Empty: the document was taken away. */
  readonly files: readonly DocumentFile[];
  /** See digestOf. */
  readonly digest: string;
  readonly origin: VersionOrigin;
  /** Unified id of who proposed it, or `system` for files and commands. */
  readonly proposedBy: string;
  /** Unified id of who approved it; undefined where no second person was asked for. */
  readonly approvedBy: string | undefined;
  readonly note: string;
  /** ms since the epoch. */
  readonly at: number;
}

export type ProposalState = 'draft' | 'submitted' | 'approved' | 'rejected' | 'withdrawn';

/** A change that somebody wants, made from version `base` of the document. */
export interface Proposal extends DocumentKey {
  /** Random, 22 characters of base64url, the first of them no "-". */
  readonly id: string;
  /** Version it was made from; 0 where there was none. */
  readonly base: number;
  readonly files: readonly DocumentFile[];
  readonly state: ProposalState;
  readonly origin: VersionOrigin;
  readonly proposedBy: string;
  /** Department of the document or of the officer; what a department officer may see is found by it. */
  readonly department: string | undefined;
  readonly note: string;
  /** ms since the epoch. */
  readonly proposedAt: number;
  readonly decidedBy: string | undefined;
  readonly decidedAt: number | undefined;
  readonly decisionNote: string | undefined;
  /** Version it became; undefined until it is approved. */
  readonly version: number | undefined;
}

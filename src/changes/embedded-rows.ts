import type {
  DocumentFile,
  DocumentKind,
  DocumentVersion,
  Proposal,
  ProposalState,
  VersionOrigin,
} from './document.ts';

export interface VersionRow {
  readonly sequence: number;
  readonly kind: string;
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly origin: string;
  readonly proposed_by: string;
  readonly approved_by: string | null;
  readonly note: string;
  readonly at: number;
}

export interface ProposalRow {
  readonly number: number;
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly base: number;
  readonly state: string;
  readonly origin: string;
  readonly proposed_by: string;
  readonly department: string | null;
  readonly note: string;
  readonly proposed_at: number;
  readonly decided_by: string | null;
  readonly decided_at: number | null;
  readonly decision_note: string | null;
  readonly version: number | null;
}

export interface FileRow {
  readonly path: string;
  readonly content: Uint8Array;
}

export const filesOf = (rows: readonly FileRow[]): DocumentFile[] =>
  rows.map(({ path, content }) => ({
    path,
    content: Buffer.from(content.buffer, content.byteOffset, content.byteLength),
  }));

export const versionOf = (row: VersionRow, files: readonly DocumentFile[]): DocumentVersion => ({
  kind: row.kind as DocumentKind,
  name: row.name,
  version: row.version,
  sequence: row.sequence,
  files,
  digest: row.digest,
  origin: row.origin as VersionOrigin,
  proposedBy: row.proposed_by,
  approvedBy: row.approved_by ?? undefined,
  note: row.note,
  at: row.at,
});

export const proposalOf = (row: ProposalRow, files: readonly DocumentFile[]): Proposal => ({
  kind: row.kind as DocumentKind,
  name: row.name,
  id: row.id,
  base: row.base,
  files,
  state: row.state as ProposalState,
  origin: row.origin as VersionOrigin,
  proposedBy: row.proposed_by,
  department: row.department ?? undefined,
  note: row.note,
  proposedAt: row.proposed_at,
  decidedBy: row.decided_by ?? undefined,
  decidedAt: row.decided_at ?? undefined,
  decisionNote: row.decision_note ?? undefined,
  version: row.version ?? undefined,
});

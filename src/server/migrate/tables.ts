/** Files of a data folder that hold what lasts. */
export type EmbeddedFile = 'register' | 'changes' | 'auditKeys';

/** A table of an embedded store, and the one of the shared store that has the same rows. */
export interface MovedTable {
  readonly file: EmbeddedFile;
  readonly from: string;
  readonly to: string;
  /** In SQLite, by which rows are read. */
  readonly order: string;
  /** Columns (the same name in both), with their PostgreSQL types as rows are sent. */
  readonly columns: Readonly<Record<string, string>>;
  /** A column as it is selected from what was sent, where it is not taken as it is. */
  readonly taken?: Readonly<Record<string, string>>;
  /** A column whose numbers the server gives out from now on. */
  readonly numbered?: string;
}

/** In an order in which each row finds what it refers to. Sealed values move as they are: both forms bind them alike. */
export const MOVED_TABLES: readonly MovedTable[] = [
  {
    file: 'register',
    from: 'identities',
    to: 'identities',
    order: 'id',
    columns: { id: 'bigint', unified_id: 'text', kind: 'text', name: 'bytea', registered_at: 'bigint' },
    numbered: 'id',
  },
  {
    file: 'register',
    from: 'identifiers',
    to: 'identifiers',
    order: 'hash',
    columns: {
      hash: 'bytea',
      identity: 'bigint',
      type: 'text',
      value: 'bytea',
      stated: 'integer',
      authority: 'text',
      learned_at: 'bigint',
    },
    taken: { stated: 'stated = 1' },
  },
  {
    file: 'register',
    from: 'certificates',
    to: 'certificates',
    order: 'thumbprint',
    columns: {
      thumbprint: 'text',
      identity: 'bigint',
      authority: 'text',
      reading: 'bytea',
      first_used: 'bigint',
      last_used: 'bigint',
      not_after: 'bigint',
      acting: 'bytea',
    },
  },
  {
    file: 'register',
    from: 'conflicts',
    to: 'conflicts',
    order: 'id',
    columns: {
      id: 'bigint',
      thumbprint: 'text',
      authority: 'text',
      reason: 'text',
      reading: 'bytea',
      meets: 'text',
      first_at: 'bigint',
      last_at: 'bigint',
      times: 'bigint',
      not_after: 'bigint',
      state: 'text',
      settled_at: 'bigint',
      joined: 'text',
    },
    taken: { meets: 'ARRAY(SELECT json_array_elements_text(meets::json))' },
    numbered: 'id',
  },
  {
    file: 'register',
    from: 'aliases',
    to: 'aliases',
    order: 'unified_id',
    columns: { unified_id: 'text', identity: 'bigint', merged_at: 'bigint' },
  },
  {
    file: 'changes',
    from: 'version',
    to: 'change_versions',
    order: 'sequence',
    columns: {
      sequence: 'bigint',
      kind: 'text',
      name: 'text',
      version: 'integer',
      digest: 'text',
      origin: 'text',
      proposed_by: 'text',
      approved_by: 'text',
      note: 'text',
      at: 'bigint',
    },
  },
  {
    file: 'changes',
    from: 'version_file',
    to: 'change_version_files',
    order: 'sequence, path',
    columns: { sequence: 'bigint', path: 'text', content: 'bytea' },
  },
  {
    file: 'changes',
    from: 'proposal',
    to: 'change_proposals',
    order: 'number',
    columns: {
      number: 'bigint',
      id: 'text',
      kind: 'text',
      name: 'text',
      base: 'integer',
      state: 'text',
      origin: 'text',
      proposed_by: 'text',
      department: 'text',
      note: 'text',
      proposed_at: 'bigint',
      decided_by: 'text',
      decided_at: 'bigint',
      decision_note: 'text',
      version: 'integer',
    },
    numbered: 'number',
  },
  {
    file: 'changes',
    from: 'proposal_file',
    to: 'change_proposal_files',
    order: 'proposal, path',
    columns: { proposal: 'bigint', path: 'text', content: 'bytea' },
  },
  {
    file: 'changes',
    from: 'taken',
    to: 'change_taken',
    order: 'kind, name',
    columns: { kind: 'text', name: 'text', digest: 'text' },
  },
  {
    file: 'changes',
    from: 'carried_out',
    to: 'change_carried_out',
    order: 'kind, name',
    columns: { kind: 'text', name: 'text', version: 'integer' },
  },
  {
    file: 'auditKeys',
    from: 'keys',
    to: 'audit_keys',
    order: 'owner',
    columns: { owner: 'text', holder: 'text', sealed: 'bytea' },
  },
];

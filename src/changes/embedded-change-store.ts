import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { Refusal } from '../refusal/refusal.ts';
import { inTransaction, openSqlite } from '../storage/sqlite.ts';
import type { ChangeStore, NewVersion, ProposalFilter } from './change-store.ts';
import { checkSequence } from './check-sequence.ts';
import { digestOf, sortFiles } from './digest.ts';
import type { DocumentFile, DocumentKey, DocumentVersion, Proposal, ProposalState } from './document.ts';
import {
  filesOf,
  proposalOf,
  versionOf,
  type FileRow,
  type ProposalRow,
  type VersionRow,
} from './embedded-rows.ts';
import { MIGRATIONS } from './embedded-schema.ts';
import { newProposalId } from './proposal-id.ts';

/**
 * Opens (or makes) a change store in one SQLite file; several processes may have it open.
 *
 * @throws StorageError when the file cannot be used
 */
export const openEmbeddedChangeStore = (file: string): ChangeStore => {
  const database = openSqlite(file, MIGRATIONS);
  const prepare = statements(database);
  const one = <Row>(sql: string, ...values: SQLInputValue[]): Row | undefined =>
    prepare(sql).get(...values) as Row | undefined;
  const many = <Row>(sql: string, ...values: SQLInputValue[]): readonly Row[] =>
    prepare(sql).all(...values) as unknown as readonly Row[];
  const run = (sql: string, ...values: SQLInputValue[]): void => void prepare(sql).run(...values);

  const versionFiles = ({ sequence }: VersionRow): DocumentFile[] =>
    filesOf(
      many<FileRow>('SELECT path, content FROM version_file WHERE sequence = ? ORDER BY path', sequence),
    );
  const latest = ({ kind, name }: DocumentKey): VersionRow | undefined =>
    one('SELECT * FROM version WHERE kind = ? AND name = ? ORDER BY version DESC LIMIT 1', kind, name);
  const sequence = (): number =>
    one<{ latest: number }>('SELECT coalesce(max(sequence), 0) AS latest FROM version')?.latest ?? 0;
  const complete = (row: VersionRow): DocumentVersion => versionOf(row, versionFiles(row));

  const checkBase = (key: DocumentKey, base: number): number => {
    const inForce = latest(key)?.version ?? 0;
    if (inForce !== base) {
      throw new Refusal(
        'ONECERT_CHANGE_STALE',
        `made from version ${base}, version ${inForce} is in force by now`,
      );
    }
    return inForce;
  };
  /** In a transaction. */
  const keep = (version: NewVersion, approvedBy: string | undefined): DocumentVersion => {
    const { kind, name, base, files, origin, proposedBy, note, at } = version;
    const next = checkBase(version, base) + 1;
    const place = checkSequence(sequence(), version) + 1;
    run(
      'INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ...[place, kind, name, next, digestOf(files), origin, proposedBy, approvedBy ?? null, note, at],
    );
    for (const { path, content } of files)
      run('INSERT INTO version_file VALUES (?, ?, ?)', place, path, content);
    return complete(latest(version) as VersionRow);
  };

  const proposalRow = (id: string): ProposalRow => {
    const row = one<ProposalRow>('SELECT * FROM proposal WHERE id = ?', id);
    if (row === undefined) throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'no such proposal');
    return row;
  };
  const completeProposal = (row: ProposalRow): Proposal =>
    proposalOf(
      row,
      filesOf(
        many<FileRow>('SELECT path, content FROM proposal_file WHERE proposal = ? ORDER BY path', row.number),
      ),
    );
  const keepFiles = (number: number, files: readonly DocumentFile[]): void => {
    for (const { path, content } of files)
      run('INSERT INTO proposal_file VALUES (?, ?, ?)', number, path, content);
  };
  /** In a transaction. */
  const leaving = (id: string, states: readonly ProposalState[]): Proposal => {
    const proposal = completeProposal(proposalRow(id));
    if (!states.includes(proposal.state)) {
      throw new Refusal('ONECERT_CHANGE_SETTLED', `the proposal is ${proposal.state}`);
    }
    return proposal;
  };
  const settle = (
    id: string,
    from: readonly ProposalState[],
    to: ProposalState,
    { by, note, at }: { readonly by: string; readonly note: string; readonly at: number },
  ): Proposal =>
    inTransaction(database, () => {
      leaving(id, from);
      run(
        'UPDATE proposal SET state = ?, decided_by = ?, decided_at = ?, decision_note = ? WHERE id = ?',
        ...[to, by, at, note, id],
      );
      return completeProposal(proposalRow(id));
    });

  return {
    current: (key) => answer(() => reading(database, () => optional(latest(key), complete))),
    listCurrent: (kind) =>
      answer(() =>
        reading(database, () =>
          many<VersionRow>(
            `SELECT * FROM version AS each
             WHERE version = (SELECT max(version) FROM version WHERE kind = each.kind AND name = each.name)
               AND (? IS NULL OR kind = ?)
             ORDER BY kind, name`,
            kind ?? null,
            kind ?? null,
          )
            .map(complete)
            .filter(({ files }) => files.length > 0),
        ),
      ),
    history: ({ kind, name }, { limit, before }) =>
      answer(() =>
        many<VersionRow>(
          `SELECT * FROM version WHERE kind = ? AND name = ? AND version < ? ORDER BY version DESC LIMIT ?`,
          ...[kind, name, before ?? Number.MAX_SAFE_INTEGER, limit],
        ).map((row) => versionOf(row, [])),
      ),
    version: ({ kind, name }, version) =>
      answer(() => {
        const row = one<VersionRow>(
          'SELECT * FROM version WHERE kind = ? AND name = ? AND version = ?',
          ...[kind, name, version],
        );
        if (row === undefined) throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'no such version');
        return complete(row);
      }),
    sequence: () => answer(sequence),

    propose: (proposal) =>
      answer(() =>
        inTransaction(database, () => {
          const { kind, name, base, files, state, origin, proposedBy, department, note, at } = proposal;
          checkBase(proposal, base);
          const id = newProposalId();
          run(
            `INSERT INTO proposal (id, kind, name, base, state, origin, proposed_by, department, note, proposed_at)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
            ...[id, kind, name, base, state, origin, proposedBy, department ?? null, note, at],
          );
          keepFiles(proposalRow(id).number, sortFiles(files));
          return completeProposal(proposalRow(id));
        }),
      ),
    revise: (id, { base, files, note, at }) =>
      answer(() =>
        inTransaction(database, () => {
          checkBase(leaving(id, ['draft']), base);
          run('UPDATE proposal SET base = ?, note = ?, proposed_at = ? WHERE id = ?', base, note, at, id);
          const { number } = proposalRow(id);
          run('DELETE FROM proposal_file WHERE proposal = ?', number);
          keepFiles(number, sortFiles(files));
          return completeProposal(proposalRow(id));
        }),
      ),
    submit: (id, at) =>
      answer(() =>
        inTransaction(database, () => {
          const draft = leaving(id, ['draft']);
          checkBase(draft, draft.base);
          run(`UPDATE proposal SET state = 'submitted', proposed_at = ? WHERE id = ?`, at, id);
          return completeProposal(proposalRow(id));
        }),
      ),
    proposal: (id) => answer(() => reading(database, () => completeProposal(proposalRow(id)))),
    listProposals: (filter) =>
      answer(() =>
        reading(database, () => {
          const { sql, values } = selectProposals(filter);
          return many<ProposalRow>(sql, ...values).map(completeProposal);
        }),
      ),
    approve: (id, { by, note, at, ...expected }) =>
      answer(() =>
        inTransaction(database, () => {
          const proposal = leaving(id, ['submitted']);
          const { origin, proposedBy } = proposal;
          const version = keep({ ...proposal, ...expected, origin, proposedBy, at }, by);
          run(
            `UPDATE proposal SET state = 'approved', decided_by = ?, decided_at = ?, decision_note = ?, version = ?
             WHERE id = ?`,
            ...[by, at, note, version.version, id],
          );
          return version;
        }),
      ),
    reject: (id, settled) => answer(() => settle(id, ['submitted'], 'rejected', settled)),
    withdraw: (id, settled) => answer(() => settle(id, ['draft', 'submitted'], 'withdrawn', settled)),
    put: (version) => answer(() => inTransaction(database, () => keep(version, undefined))),

    takenFromFiles: ({ kind, name }) =>
      answer(
        () =>
          one<{ digest: string }>('SELECT digest FROM taken WHERE kind = ? AND name = ?', kind, name)?.digest,
      ),
    rememberTaken: ({ kind, name }, digest) =>
      answer(() =>
        run(
          'INSERT INTO taken VALUES (?, ?, ?) ON CONFLICT (kind, name) DO UPDATE SET digest = excluded.digest',
          ...[kind, name, digest],
        ),
      ),
    listPending: (kind) =>
      answer(() =>
        reading(database, () =>
          many<VersionRow>(
            `SELECT * FROM version AS each
             WHERE kind = ?
               AND version = (SELECT max(version) FROM version WHERE kind = each.kind AND name = each.name)
               AND version > coalesce(
                 (SELECT version FROM carried_out WHERE kind = each.kind AND name = each.name), 0)
             ORDER BY sequence`,
            kind,
          ).map(complete),
        ),
      ),
    noteCarriedOut: ({ kind, name, version }) =>
      answer(() =>
        run(
          `INSERT INTO carried_out VALUES (?, ?, ?)
           ON CONFLICT (kind, name) DO UPDATE SET version = max(version, excluded.version)`,
          ...[kind, name, version],
        ),
      ),
    close: () => answer(() => database.close()),
  };
};

/** The store is synchronous; its answers and errors are a promise's, as another store's would be. */
const answer = <T>(work: () => T): Promise<T> =>
  new Promise((resolve) => {
    resolve(work());
  });

/** Several reads of one moment. */
const reading = <T>(database: DatabaseSync, work: () => T): T => {
  database.exec('BEGIN');
  try {
    return work();
  } finally {
    database.exec('COMMIT');
  }
};

const optional = <From, To>(value: From | undefined, map: (value: From) => To): To | undefined =>
  value === undefined ? undefined : map(value);

const statements = (database: DatabaseSync): ((sql: string) => StatementSync) => {
  const prepared = new Map<string, StatementSync>();
  return (sql) => {
    const known = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, known);
    return known;
  };
};

const selectProposals = ({ states, kind, name, department, limit, before }: ProposalFilter) => {
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const where = (condition: string, ...more: SQLInputValue[]): void => {
    conditions.push(condition);
    values.push(...more);
  };
  if (states !== undefined) where(`state IN (${states.map(() => '?').join(', ')})`, ...states);
  if (kind !== undefined) where('kind = ?', kind);
  if (name !== undefined) where('name = ?', name);
  if (department !== undefined) where('department = ?', department);
  if (before !== undefined) where('proposed_at < ?', before);
  const filter = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return {
    sql: `SELECT * FROM proposal ${filter} ORDER BY proposed_at DESC, number DESC LIMIT ?`,
    values: [...values, limit],
  };
};

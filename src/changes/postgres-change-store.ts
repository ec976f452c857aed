import { Refusal } from '../refusal/refusal.ts';
import { migratePostgres } from '../storage/postgres-schema.ts';
import type { Postgres, PostgresQueries } from '../storage/postgres.ts';
import type { ChangeStore, NewVersion, ProposalFilter, Settled } from './change-store.ts';
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
import { MIGRATIONS } from './postgres-schema.ts';
import { newProposalId } from './proposal-id.ts';

/**
 * Opens (or makes) the change store in a schema that all replicas share. `close` leaves the connections open: they are
 * others' too. Rejects with StorageError where a newer version made it, and with StoreUnavailableError.
 */
export const openPostgresChangeStore = async (postgres: Postgres): Promise<ChangeStore> => {
  await migratePostgres(postgres, 'changes', MIGRATIONS);
  /** Several reads of one moment. */
  const reading = <T>(work: (inside: Statements) => Promise<T>): Promise<T> =>
    postgres.transaction((queries) => work(statements(queries)), { isolation: 'repeatable read' });
  /**
   * Writers one after the other, in the order of their sequence: a replica that has seen a sequence has seen all before
   * it. They are few, and people.
   */
  const writing = <T>(work: (inside: Statements) => Promise<T>): Promise<T> =>
    postgres.transaction(async (queries) => {
      await queries.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
        `onecert changes ${postgres.schema}`,
      ]);
      return work(statements(queries));
    });
  const settle = (
    id: string,
    from: readonly ProposalState[],
    to: ProposalState,
    settled: Settled,
  ): Promise<Proposal> =>
    writing(async (inside) => {
      await inside.leaving(id, from);
      await inside.decide(id, to, settled, undefined);
      return inside.proposal(id);
    });
  const { query } = postgres;

  return {
    current: (key) => reading((inside) => inside.current(key)),
    listCurrent: (kind) =>
      reading(async (inside) => {
        const versions = await inside.listCurrent(kind);
        return versions.filter(({ files }) => files.length > 0);
      }),
    history: async ({ kind, name }, { limit, before }) => {
      const rows = await query<VersionRow>(
        `SELECT * FROM change_versions WHERE kind = $1 AND name = $2 AND ($3::integer IS NULL OR version < $3)
         ORDER BY version DESC LIMIT $4`,
        [kind, name, before ?? null, limit],
      );
      return rows.map((row) => versionOf(row, []));
    },
    version: (key, version) => reading((inside) => inside.version(key, version)),
    sequence: () => statements(postgres).sequence(),

    propose: (proposal) =>
      writing(async (inside) => {
        await inside.checkBase(proposal, proposal.base);
        const id = newProposalId();
        await inside.insertProposal(id, proposal);
        return inside.proposal(id);
      }),
    revise: (id, { base, files, note, at }) =>
      writing(async (inside) => {
        await inside.checkBase(await inside.leaving(id, ['draft']), base);
        await inside.replaceProposal(id, { base, files, note, at });
        return inside.proposal(id);
      }),
    submit: (id, at) =>
      writing(async (inside) => {
        const draft = await inside.leaving(id, ['draft']);
        await inside.checkBase(draft, draft.base);
        await inside.submit(id, at);
        return inside.proposal(id);
      }),
    proposal: (id) => reading((inside) => inside.proposal(id)),
    listProposals: (filter) => reading((inside) => inside.listProposals(filter)),
    approve: (id, settled) =>
      writing(async (inside) => {
        const proposal = await inside.leaving(id, ['submitted']);
        const { at, by, sequence } = settled;
        const version = await inside.keep(
          { ...proposal, at, ...(sequence !== undefined && { sequence }) },
          by,
        );
        await inside.decide(id, 'approved', settled, version.version);
        return version;
      }),
    reject: (id, settled) => settle(id, ['submitted'], 'rejected', settled),
    withdraw: (id, settled) => settle(id, ['draft', 'submitted'], 'withdrawn', settled),
    put: (version) => writing((inside) => inside.keep(version, undefined)),

    takenFromFiles: async ({ kind, name }) => {
      const [row] = await query<{ digest: string }>(
        'SELECT digest FROM change_taken WHERE kind = $1 AND name = $2',
        [kind, name],
      );
      return row?.digest;
    },
    rememberTaken: async ({ kind, name }, digest) => {
      await query(
        `INSERT INTO change_taken VALUES ($1, $2, $3) ON CONFLICT (kind, name) DO UPDATE SET digest = excluded.digest`,
        [kind, name, digest],
      );
    },
    listPending: (kind) => reading((inside) => inside.listPending(kind)),
    noteCarriedOut: async ({ kind, name, version }) => {
      await query(
        `INSERT INTO change_carried_out AS known VALUES ($1, $2, $3)
         ON CONFLICT (kind, name) DO UPDATE SET version = greatest(known.version, excluded.version)`,
        [kind, name, version],
      );
    },
    close: async () => undefined,
  };
};

type Statements = ReturnType<typeof statements>;

const statements = ({ query }: PostgresQueries) => {
  const latest = async ({ kind, name }: DocumentKey): Promise<VersionRow | undefined> => {
    const [row] = await query<VersionRow>(
      'SELECT * FROM change_versions WHERE kind = $1 AND name = $2 ORDER BY version DESC LIMIT 1',
      [kind, name],
    );
    return row;
  };
  const complete = async (rows: readonly VersionRow[]): Promise<readonly DocumentVersion[]> => {
    const files = await query<FileRow & { sequence: number }>(
      'SELECT sequence, path, content FROM change_version_files WHERE sequence = ANY ($1) ORDER BY path',
      [rows.map(({ sequence }) => sequence)],
    );
    return rows.map((row) => versionOf(row, filesOf(files.filter((each) => each.sequence === row.sequence))));
  };
  const completeOne = async (row: VersionRow): Promise<DocumentVersion> => {
    const [version] = await complete([row]);
    if (version === undefined) throw new Error('a row is completed');
    return version;
  };
  const completeProposals = async (rows: readonly ProposalRow[]): Promise<readonly Proposal[]> => {
    const files = await query<FileRow & { proposal: number }>(
      'SELECT proposal, path, content FROM change_proposal_files WHERE proposal = ANY ($1) ORDER BY path',
      [rows.map(({ number }) => number)],
    );
    return rows.map((row) => proposalOf(row, filesOf(files.filter((each) => each.proposal === row.number))));
  };
  const sequence = async (): Promise<number> => {
    const [row] = await query<{ latest: number }>(
      'SELECT coalesce(max(sequence), 0) AS latest FROM change_versions',
    );
    return row?.latest ?? 0;
  };
  const checkBase = async (key: DocumentKey, base: number): Promise<number> => {
    const inForce = (await latest(key))?.version ?? 0;
    if (inForce !== base) {
      throw new Refusal(
        'ONECERT_CHANGE_STALE',
        `made from version ${base}, version ${inForce} is in force by now`,
      );
    }
    return inForce;
  };
  const proposal = async (id: string): Promise<Proposal> => {
    const rows = await query<ProposalRow>('SELECT * FROM change_proposals WHERE id = $1', [id]);
    const [found] = await completeProposals(rows);
    if (found === undefined) throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'no such proposal');
    return found;
  };
  const insertFiles = async (
    table: 'change_version_files' | 'change_proposal_files',
    owner: number,
    files: readonly DocumentFile[],
  ): Promise<void> => {
    for (const { path, content } of files) {
      await query(`INSERT INTO ${table} VALUES ($1, $2, $3)`, [owner, path, content]);
    }
  };

  return {
    sequence,
    checkBase,
    proposal,
    current: async (key: DocumentKey): Promise<DocumentVersion | undefined> => {
      const row = await latest(key);
      return row && completeOne(row);
    },
    listCurrent: async (kind: string | undefined): Promise<readonly DocumentVersion[]> =>
      complete(
        await query<VersionRow>(
          `SELECT * FROM (
             SELECT DISTINCT ON (kind, name) * FROM change_versions WHERE $1::text IS NULL OR kind = $1
             ORDER BY kind, name, version DESC
           ) latest ORDER BY kind COLLATE "C", name COLLATE "C"`,
          [kind ?? null],
        ),
      ),
    listPending: async (kind: string): Promise<readonly DocumentVersion[]> =>
      complete(
        await query<VersionRow>(
          `SELECT latest.* FROM (
             SELECT DISTINCT ON (name) * FROM change_versions WHERE kind = $1 ORDER BY name, version DESC
           ) latest LEFT JOIN change_carried_out done USING (kind, name)
           WHERE latest.version > coalesce(done.version, 0) ORDER BY latest.sequence`,
          [kind],
        ),
      ),
    version: async ({ kind, name }: DocumentKey, version: number): Promise<DocumentVersion> => {
      const [row] = await query<VersionRow>(
        'SELECT * FROM change_versions WHERE kind = $1 AND name = $2 AND version = $3',
        [kind, name, version],
      );
      if (row === undefined) throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'no such version');
      return completeOne(row);
    },
    keep: async (version: NewVersion, approvedBy: string | undefined): Promise<DocumentVersion> => {
      const { kind, name, base, origin, proposedBy, note, at } = version;
      const files = sortFiles(version.files);
      const next = (await checkBase(version, base)) + 1;
      const place = checkSequence(await sequence(), version) + 1;
      await query('INSERT INTO change_versions VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)', [
        ...[place, kind, name, next, digestOf(files), origin, proposedBy, approvedBy ?? null, note, at],
      ]);
      await insertFiles('change_version_files', place, files);
      return completeOne((await latest(version)) as VersionRow);
    },
    /** The proposal, if it is in one of these states. */
    leaving: async (id: string, states: readonly ProposalState[]): Promise<Proposal> => {
      const found = await proposal(id);
      if (!states.includes(found.state)) {
        throw new Refusal('ONECERT_CHANGE_SETTLED', `the proposal is ${found.state}`);
      }
      return found;
    },
    insertProposal: async (id: string, given: Parameters<ChangeStore['propose']>[0]): Promise<void> => {
      const { kind, name, base, state, origin, proposedBy, department, note, at } = given;
      const [row] = await query<{ number: number }>(
        `INSERT INTO change_proposals
           (id, kind, name, base, state, origin, proposed_by, department, note, proposed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING number`,
        [id, kind, name, base, state, origin, proposedBy, department ?? null, note, at],
      );
      if (row === undefined) throw new Error('an insert returns its row');
      await insertFiles('change_proposal_files', row.number, sortFiles(given.files));
    },
    replaceProposal: async (
      id: string,
      { base, files, note, at }: Parameters<ChangeStore['revise']>[1],
    ): Promise<void> => {
      const [row] = await query<{ number: number }>(
        'UPDATE change_proposals SET base = $1, note = $2, proposed_at = $3 WHERE id = $4 RETURNING number',
        [base, note, at, id],
      );
      if (row === undefined) throw new Error('a proposal that was read is there');
      await query('DELETE FROM change_proposal_files WHERE proposal = $1', [row.number]);
      await insertFiles('change_proposal_files', row.number, sortFiles(files));
    },
    submit: async (id: string, at: number): Promise<void> => {
      await query("UPDATE change_proposals SET state = 'submitted', proposed_at = $1 WHERE id = $2", [
        at,
        id,
      ]);
    },
    decide: async (
      id: string,
      state: ProposalState,
      { by, note, at }: Settled,
      version: number | undefined,
    ): Promise<void> => {
      await query(
        `UPDATE change_proposals
         SET state = $1, decided_by = $2, decided_at = $3, decision_note = $4, version = $5 WHERE id = $6`,
        [state, by, at, note, version ?? null, id],
      );
    },
    listProposals: async (filter: ProposalFilter): Promise<readonly Proposal[]> => {
      const { states, kind, name, department, before, limit } = filter;
      return completeProposals(
        await query<ProposalRow>(
          `SELECT * FROM change_proposals
           WHERE ($1::text[] IS NULL OR state = ANY ($1)) AND ($2::text IS NULL OR kind = $2)
             AND ($3::text IS NULL OR name = $3) AND ($4::text IS NULL OR department = $4)
             AND ($5::bigint IS NULL OR proposed_at < $5)
           ORDER BY proposed_at DESC, number DESC LIMIT $6`,
          [states ?? null, kind ?? null, name ?? null, department ?? null, before ?? null, limit],
        ),
      );
    },
  };
};

import type { ConflictTable } from './embedded-conflicts.ts';
import { joinCertificate, owners } from './embedded-joining.ts';
import type { IdentityRow, IdentityTables } from './embedded-tables.ts';
import { equivalents } from './identifiers/index.ts';
import {
  planSettlement,
  type Candidate,
  type SettlementFacts,
  type SettlementPlan,
} from './plan-settlement.ts';
import type { Conflict, Settlement } from './register.ts';

interface Settling {
  readonly id: number;
  readonly settlement: Settlement;
  /** ms since the epoch. */
  readonly at: number;
}

type StoredCandidate = Candidate & { readonly row: IdentityRow };

/** IdentityRegister.settleConflict in the embedded register; to be run in one write transaction. */
export const settleConflict = (
  tables: IdentityTables,
  conflicts: ConflictTable,
  { id, settlement, at }: Settling,
): Conflict => {
  const queued = conflicts.get(id);
  const plan = planEmbedded(tables, queued?.conflict, settlement);
  if (plan.act === 'keep-refused') conflicts.settle(id, { state: 'kept-refused', joined: undefined, at });
  if (plan.act === 'join' && queued !== undefined) {
    const { kept, merged, reading, name } = plan;
    for (const { row } of merged) tables.merge(row, kept.row, at);
    const { authority, thumbprint, lastAt } = queued.conflict;
    const { notAfter } = queued;
    joinCertificate(tables, kept.row, reading, {
      authority,
      thumbprint,
      at: lastAt,
      ...(notAfter !== undefined && { notAfter }),
    });
    tables.setName(kept.row, name);
    conflicts.settle(id, { state: 'joined', joined: kept.identity.unifiedId, at });
  }
  return conflicts.get(id)?.conflict as Conflict;
};

/** @throws Refusal as IdentityRegister.settleConflict says */
export const planEmbedded = (
  tables: IdentityTables,
  conflict: Conflict | undefined,
  settlement: Settlement,
): SettlementPlan<StoredCandidate> =>
  planSettlement(conflict, settlement, facts(tables, conflict, settlement));

const facts = (
  tables: IdentityTables,
  conflict: Conflict | undefined,
  settlement: Settlement,
): SettlementFacts<StoredCandidate> => {
  const candidate = (row: IdentityRow): StoredCandidate => ({
    row,
    identity: tables.identityOf(row),
    registeredAt: row.registered_at,
  });
  const byId = (unifiedId: string): readonly StoredCandidate[] => {
    const row = tables.byUnifiedId(unifiedId);
    return row === undefined ? [] : [candidate(row)];
  };
  return {
    named: settlement.decision === 'join' ? byId(settlement.identity)[0] : undefined,
    met: conflict?.meets.flatMap(byId) ?? [],
    owners: owners(tables, conflict?.reading?.identifiers.flatMap(equivalents) ?? []).map(candidate),
  };
};

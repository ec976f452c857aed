import { equivalents } from './identifiers/index.ts';
import { planSettlement, type Candidate, type SettlementPlan } from './plan-settlement.ts';
import type { postgresConflicts } from './postgres-conflicts.ts';
import type { IdentityRow, PostgresTables } from './postgres-tables.ts';
import type { Conflict, Settlement } from './register.ts';

type StoredCandidate = Candidate & { readonly row: IdentityRow };

/** IdentityRegister.settleConflict in the shared register; to be run in a transaction that has locked it whole. */
export const settleInPostgres = async (
  tables: PostgresTables,
  conflicts: ReturnType<typeof postgresConflicts>,
  { id, settlement, at }: { readonly id: number; readonly settlement: Settlement; readonly at: number },
): Promise<Conflict> => {
  const queued = await conflicts.get(id);
  const plan = await planInPostgres(tables, queued?.conflict, settlement);
  if (plan.act === 'keep-refused') await conflicts.settle(id, { state: 'kept-refused', at });
  if (plan.act === 'join' && queued !== undefined) {
    const { kept, merged, reading, name } = plan;
    for (const { row } of merged) await tables.merge(row, kept.row, at);
    const { authority, thumbprint, lastAt } = queued.conflict;
    await tables.join(kept.row.id, reading, {
      authority,
      thumbprint,
      at: lastAt,
      notAfter: queued.notAfter,
    });
    await tables.setName(kept.row, name);
    await conflicts.settle(id, { state: 'joined', joined: kept.identity.unifiedId, at });
  }
  const settled = await conflicts.get(id);
  if (settled === undefined) throw new Error('conflicts are never deleted');
  return settled.conflict;
};

/** What a settlement comes to as things stand. Rejects as IdentityRegister.settleConflict says. */
export const planInPostgres = async (
  tables: PostgresTables,
  conflict: Conflict | undefined,
  settlement: Settlement,
): Promise<SettlementPlan<StoredCandidate>> => {
  const candidate = (row: IdentityRow): StoredCandidate => ({
    row,
    identity: tables.identityOf(row),
    registeredAt: row.registered_at,
  });
  const byId = async (unifiedId: string): Promise<readonly StoredCandidate[]> => {
    const row = await tables.byUnifiedId(unifiedId);
    return row === undefined ? [] : [candidate(row)];
  };
  const met: StoredCandidate[] = [];
  for (const unifiedId of conflict?.meets ?? []) met.push(...(await byId(unifiedId)));
  const owners = await tables.owners(conflict?.reading?.identifiers.flatMap(equivalents) ?? []);
  return planSettlement(conflict, settlement, {
    named: settlement.decision === 'join' ? (await byId(settlement.identity))[0] : undefined,
    met,
    owners: owners.map(candidate),
  });
};

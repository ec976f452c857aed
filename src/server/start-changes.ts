import type { AuditSink } from '../audit/entry.ts';
import type { ChangeService, DryRun } from '../changes/change-service.ts';
import { createChangeService } from '../changes/create-change-service.ts';
import { ConfigurationError } from '../configuration/configuration-error.ts';
import type { IdentityRegister } from '../identity/register.ts';
import type { Broadcast } from '../storage/broadcast.ts';
import type { CutOffCounts } from '../trust/compare-trust-lists.ts';
import { consequencesOf } from './change-consequences.ts';
import type { ChangeControl } from './change-control.ts';
import type { Configuration } from './load-configuration.ts';
import { tooFewOperators } from './read-documents.ts';
import { operatorConsequences } from './operator-consequences.ts';
import type { LiveConfiguration, ReloadLog } from './reload.ts';
import { followSettlements } from './follow-settlements.ts';
import type { Conflicts, SettlingParts } from './settle-conflicts.ts';
import { settlementDryRun } from './settlement-dry-run.ts';

export interface ChangesParts {
  readonly control: ChangeControl;
  readonly live: LiveConfiguration;
  readonly apply: (next: Configuration) => Promise<void>;
  readonly audit: AuditSink;
  readonly broadcast: Broadcast;
  readonly counts: CutOffCounts;
  readonly register: Conflicts & Pick<IdentityRegister, 'identityById' | 'holderOf'>;
  readonly onMerged: SettlingParts['onMerged'];
  readonly log: ReloadLog;
}

const TOPIC = 'changes';
/** Should a message be lost, or the broadcast be away. */
const POLL_MS = 500;

/**
 * Changes of this process, and following those of others. First of all carries out the settlements that were approved and
 * were not carried out before the last end. Polls once it is started.
 */
export const startChanges = async (
  parts: ChangesParts,
): Promise<{ readonly service: ChangeService; close(): Promise<void> }> => {
  const { control, live, apply, broadcast, log } = parts;
  const { store } = control;
  let refused = 0;
  let away = false;
  let busy = false;
  let closed = false;
  const settling = await followSettlements({ ...parts, store, sequence: control.sequence, clock: Date.now });

  /** Whether all that the store holds is in force here. */
  const takeUp = createTurn(async (isOurs): Promise<boolean> => {
    const latest = await store.sequence();
    // First: who is locked, and who anybody is, follows from what the register holds then.
    const anew = await settling.carryOut(latest, isOurs);
    // What cannot be taken is not tried twice a second for ever: the next version, or the next file, is.
    if (!anew && latest <= control.sequence) return true;
    if (latest === refused && !(anew && live.sound)) return false;
    const taken = await live.follow(apply, { anew });
    refused = taken ? 0 : latest;
    if (taken) settling.inForce();
    return taken;
  });
  const look = async (): Promise<void> => {
    if (busy || closed) return;
    busy = true;
    try {
      await takeUp(false);
      if (away) log.info({}, 'the change store answers again');
      away = false;
    } catch (error) {
      if (!away) {
        const reason = error instanceof Error ? error.message : String(error);
        log.warn({ reason }, 'the change store does not answer: what is in force stays in force');
      }
      away = true;
    } finally {
      busy = false;
    }
  };
  if (settling.isOwed) await takeUp(true);
  const unsubscribe = await broadcast.subscribe(TOPIC, {
    onMessage: () => void look(),
    onGap: () => void look(),
  });
  const timer = setInterval(() => void look(), POLL_MS);
  timer.unref();

  const service = createChangeService({
    store,
    audit: parts.audit,
    check: (wanted) => check(parts, wanted),
    forbidden: (wanted) => control.forbidden(wanted),
    apply: async (version) => {
      if (!(await takeUp(true)))
        throw new Error(`version ${version.sequence} is kept, and cannot be taken here`);
      const failure = settling.failureOf(version);
      if (failure !== undefined) throw failure;
    },
    announce: async (sequence) => {
      await broadcast.publish(TOPIC, String(sequence)).catch((error: unknown) => {
        log.warn({ reason: String(error) }, 'replicas were not told of a change; they look by themselves');
      });
    },
    clock: Date.now,
  });
  return {
    service,
    close: async () => {
      closed = true;
      clearInterval(timer);
      unsubscribe();
    },
  };
};

const createTurn = (work: (isOurs: boolean) => Promise<boolean>): ((isOurs: boolean) => Promise<boolean>) => {
  let turn: Promise<unknown> = Promise.resolve();
  return (isOurs) => {
    const mine = turn.then(() => work(isOurs));
    turn = mine.catch(() => undefined);
    return mine;
  };
};

const check = async (
  { control, live, counts, register }: ChangesParts,
  wanted: Parameters<ChangeService['dryRun']>[0],
): Promise<DryRun> => {
  const before = live.current();
  try {
    const after = await control.loadWith(before.trust.epoch + 1, wanted);
    const issues = wanted.kind === 'roles' ? tooFewOperators(before.roles, after.roles) : [];
    if (issues.length > 0) return { issues, consequences: [] };
    if (wanted.kind === 'conflict') return await settlementDryRun(wanted, register, before.locked);
    const operators =
      wanted.kind === 'trust-list' || wanted.kind === 'identity'
        ? await operatorConsequences(before, after, register, Date.now())
        : [];
    const consequences = await consequencesOf(wanted, before, after, counts);
    return { issues: [], consequences: [...operators, ...consequences] };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { issues: error.issues, consequences: [] };
  }
};

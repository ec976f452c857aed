import type { AuditSink } from '../audit/entry.ts';
import type { ConfigurationIssue } from '../configuration/configuration-error.ts';
import { Refusal } from '../refusal/refusal.ts';
import { ChangeInvalidError } from './change-invalid-error.ts';
import type { Actor, ActorRole, ChangeService, DryRun, Wanted } from './change-service.ts';
import type { ChangeStore } from './change-store.ts';
import { checkFiles } from './check-files.ts';
import { digestOf } from './digest.ts';
import type { DocumentFile, DocumentKey, DocumentVersion, Proposal } from './document.ts';
import { mayApprove, mayPropose, mayPut, mayReject, mayRevise, mayWithdraw } from './permissions.ts';
import { recorded, type ChangeStep } from './record-step.ts';

type Content = DocumentKey & { readonly files: readonly DocumentFile[] };

export interface ChangeServiceParts {
  readonly store: ChangeStore;
  readonly audit: AuditSink;
  /** What the document would do among all that is in force: loads it with the checks of a start. */
  readonly check: (wanted: Content) => Promise<DryRun>;
  /** What a document may never hold, not even as a draft, since drafts are read and tried as well. */
  readonly forbidden?: (wanted: Content) => Promise<readonly ConfigurationIssue[]>;
  /** Puts what the store holds in force in this process; resolves when it is. */
  readonly apply: (version: DocumentVersion) => Promise<void>;
  /** Tells the other replicas. Never rejects: they look by themselves as well. */
  readonly announce: (sequence: number) => Promise<void>;
  /** ms since the epoch. */
  readonly clock: () => number;
}

/** How often a change is checked anew where others come into force at the same moments. */
const ATTEMPTS = 10;

export const createChangeService = (parts: ChangeServiceParts): ChangeService => {
  const { store, audit } = parts;
  const moment = risingClock(parts.clock);
  const oneByOne = createTurn();

  const unkeepable = async (wanted: Content): Promise<readonly ConfigurationIssue[]> => {
    const issues = checkFiles(wanted.files);
    return issues.length > 0 ? issues : ((await parts.forbidden?.(wanted)) ?? []);
  };
  const dryRun: ChangeService['dryRun'] = async (wanted) => {
    const issues = await unkeepable(wanted);
    return issues.length > 0 ? { issues, consequences: [] } : parts.check(wanted);
  };
  const mustBeRight = async (wanted: Content): Promise<void> => {
    const { issues } = await dryRun(wanted);
    if (issues.length > 0) throw new ChangeInvalidError(issues);
  };
  /** Even a draft. */
  const mustBeKeepable = async (wanted: Content): Promise<void> => {
    const issues = await unkeepable(wanted);
    if (issues.length > 0) throw new ChangeInvalidError(issues);
  };
  /** Another replica may keep another document meanwhile: then it is checked again, together with that. */
  const keptAsChecked = async (
    check: () => Promise<void>,
    step: ChangeStep,
    keep: (expected: { readonly sequence: number; readonly at: number }) => Promise<DocumentVersion>,
  ): Promise<DocumentVersion> => {
    for (let attempt = 1; ; attempt++) {
      const sequence = await store.sequence();
      await check();
      const at = moment();
      try {
        return await recorded(audit, at, step, () => keep({ sequence, at }));
      } catch (error) {
        const overtaken = error instanceof Refusal && error.code === 'ONECERT_CHANGE_OVERTAKEN';
        if (!overtaken || attempt === ATTEMPTS) throw error;
      }
    }
  };
  const comeIntoForce = async (version: DocumentVersion): Promise<DocumentVersion> => {
    await parts.announce(version.sequence);
    await parts.apply(version);
    return version;
  };

  const propose: ChangeService['propose'] = async (actor, wanted, state) => {
    const role = mayPropose(actor, wanted);
    await mustBeKeepable(wanted);
    if (state === 'submitted') await mustBeRight(wanted);
    const at = moment();
    const step = state === 'draft' ? 'proposed' : 'submitted';
    return recorded(audit, at, { ...stepOf(actor, role, wanted), step, origin: wanted.origin }, () =>
      store.propose({
        ...wanted,
        state,
        proposedBy: actor.unifiedId,
        department: departmentOf(actor, role, wanted),
        at,
      }),
    );
  };
  const revise: ChangeService['revise'] = async (actor, id, wanted) => {
    const proposal = await store.proposal(id);
    const role = mayRevise(actor, proposal);
    await mustBeKeepable({ ...proposal, files: wanted.files });
    const at = moment();
    const step = {
      ...stepOf(actor, role, { ...proposal, ...wanted }),
      step: 'revised',
      proposal: id,
    } as const;
    return recorded(audit, at, step, () => store.revise(id, { ...wanted, at }));
  };
  const submit: ChangeService['submit'] = async (actor, id) => {
    const proposal = await store.proposal(id);
    const role = mayRevise(actor, proposal);
    await mustBeRight(proposal);
    const at = moment();
    return recorded(audit, at, { ...stepOf(actor, role, proposal), step: 'submitted', proposal: id }, () =>
      store.submit(id, at),
    );
  };
  const approve = async (actor: Actor, id: string, note: string): Promise<DocumentVersion> => {
    const proposal = await store.proposal(id);
    const role = mayApprove(actor, proposal);
    const settled = { by: actor.unifiedId, note };
    const check = async (): Promise<void> => {
      // What is stale or settled is told as that, not by what its checks find today.
      if (proposal.state === 'submitted' && (await isFresh(store, proposal))) await mustBeRight(proposal);
    };
    const step = {
      ...stepOf(actor, role, proposal),
      step: 'approved',
      proposal: id,
      proposedBy: proposal.proposedBy,
      version: proposal.base + 1,
    } as const;
    return comeIntoForce(
      await keptAsChecked(check, step, (expected) => store.approve(id, { ...settled, ...expected })),
    );
  };
  const settle = async (
    actor: Actor,
    id: string,
    note: string,
    { may, step, as }: { may: typeof mayWithdraw; step: 'rejected' | 'withdrawn'; as: 'reject' | 'withdraw' },
  ): Promise<Proposal> => {
    const proposal = await store.proposal(id);
    const role = may(actor, proposal);
    const at = moment();
    return recorded(audit, at, { ...stepOf(actor, role, proposal), step, proposal: id }, () =>
      store[as](id, { by: actor.unifiedId, note, at }),
    );
  };
  const put = async (actor: Actor, wanted: Wanted): Promise<DocumentVersion> => {
    const role = mayPut(actor, wanted);
    const step = {
      ...stepOf(actor, role, wanted),
      step: 'put',
      version: wanted.base + 1,
      origin: wanted.origin,
    } as const;
    const version = await keptAsChecked(
      () => mustBeRight(wanted),
      step,
      (expected) => store.put({ ...wanted, ...expected, proposedBy: actor.unifiedId }),
    );
    return comeIntoForce(version);
  };

  return {
    store,
    dryRun,
    propose,
    revise,
    submit,
    // What is checked is what stands when it is kept.
    approve: (...asked) => oneByOne(() => approve(...asked)),
    reject: (actor, id, note) => settle(actor, id, note, { may: mayReject, step: 'rejected', as: 'reject' }),
    withdraw: (actor, id, note) =>
      settle(actor, id, note, { may: mayWithdraw, step: 'withdrawn', as: 'withdraw' }),
    put: (...asked) => oneByOne(() => put(...asked)),
  };
};

const stepOf = (
  { unifiedId, certificate }: Actor,
  role: ActorRole['role'],
  {
    kind,
    name,
    base,
    files,
  }: DocumentKey & { readonly base: number; readonly files: readonly DocumentFile[] },
): Omit<ChangeStep, 'step'> => ({
  kind,
  name,
  base,
  digest: digestOf(files),
  by: unifiedId,
  certificate,
  role,
});

/** Whose it is to see: the department changed, or that of the officer who proposes. */
const departmentOf = (
  actor: Actor,
  role: ActorRole['role'],
  { kind, name }: DocumentKey,
): string | undefined => {
  if (kind === 'department') return name;
  return role === 'officer'
    ? actor.roles.flatMap((each) => (each.role === 'officer' ? [each.department] : []))[0]
    : undefined;
};

const isFresh = async (store: ChangeStore, proposal: Proposal): Promise<boolean> =>
  ((await store.current(proposal))?.version ?? 0) === proposal.base;

/** No two moments are the same: pages of proposals are cut by them. */
const risingClock = (clock: () => number): (() => number) => {
  let last = 0;
  return () => (last = Math.max(clock(), last + 1));
};

const createTurn = (): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let turn: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };
};

import type { AuditSink } from '../audit/entry.ts';
import type { ChangeStore } from '../changes/change-store.ts';
import type { IdentityRegister } from '../identity/register.ts';
import type { RevocationSnapshot } from '../revocation/snapshot.ts';
import type { Sessions } from '../signin/sessions.ts';
import type { TrustList } from '../trust/trust-list.ts';
import { createDecidedEnds } from './decided-ends.ts';
import { lockedIdentities } from './locked-identities.ts';
import type { ReloadLog } from './reload.ts';
import { createSessionEnds } from './session-ends.ts';
import type { Merger } from './settle-conflicts.ts';
import { sessionsOfLocked } from './sessions-of-locked.ts';
import { createSessionSweep, type SessionSweep } from './sweep-sessions.ts';
import { createSweepTurns, type TurnMarks } from './sweep-turns.ts';
import { whyEnded, whyLocked, whyMerged } from './why-ended.ts';

export interface EndingsParts {
  readonly sessions: Sessions;
  readonly audit: AuditSink;
  readonly documents: Pick<ChangeStore, 'current'>;
  readonly register: Pick<IdentityRegister, 'identityById'>;
  /** Shared by the replicas that share the sessions. */
  readonly marks: TurnMarks;
  readonly log: ReloadLog;
}

/** Who may not go on: locked identities, and sessions that revocation, trust list or a lock have ended. */
export interface Endings {
  /** Unified ids that operators have locked, those merged with them too. */
  locked(): readonly string[];
  isLocked(unifiedId: string): boolean;
  /** From now on these are locked; their sessions are ended by `endLocked`. */
  lock(unifiedIds: readonly string[]): Promise<void>;
  endLocked(): Promise<void>;
  /** Ends the sessions of identities that are one with another from now on. */
  endMerged(merger: Merger): Promise<void>;
  /** Ends one that was found to be over, with the version of the document that says so. */
  end(...found: Parameters<WhyFound>): Promise<boolean>;
  /** Looks at the sessions that a new trust list or CRL may touch, from now on. */
  sweep(trust: () => TrustList, revocation: () => RevocationSnapshot): void;
  /** Trust list or CRLs are others; before `sweep` nothing is looked at. */
  changed(): void;
  close(): Promise<void>;
}

type WhyFound = Parameters<typeof createSessionSweep>[0]['whyOf'];

export const createEndings = ({
  sessions,
  audit,
  documents,
  register,
  marks,
  log,
}: EndingsParts): Endings => {
  const ends = createSessionEnds({ sessions, audit, log });
  const whyOf: WhyFound = (session, why) => whyEnded(documents, session, why);
  const decided = createDecidedEnds(ends, log);
  const endSessionsOf = sessionsOfLocked(decided, (unifiedId) => whyLocked(documents, unifiedId));
  // Asked for every call that forward-auth is asked about.
  let locked: ReadonlySet<string> = new Set();
  let sweeping: SessionSweep | undefined;
  return {
    locked: () => [...locked],
    isLocked: (unifiedId) => locked.has(unifiedId),
    lock: async (unifiedIds) => {
      locked = new Set(await lockedIdentities(register, unifiedIds, log));
    },
    endLocked: () => endSessionsOf([...locked]),
    endMerged: async ({ aliases, version }) => {
      for (const unifiedId of aliases) await decided.end(unifiedId, async () => whyMerged(version));
    },
    end: async (session, why) => ends.end(session, await whyOf(session, why)),
    sweep: (trust, revocation) => {
      const turns = createSweepTurns(marks);
      sweeping = createSessionSweep({ sessions, ends, turns, trust, revocation, whyOf, log });
    },
    changed: () => sweeping?.changed(),
    close: async () => {
      await sweeping?.close();
      decided.close();
      await ends.close();
    },
  };
};

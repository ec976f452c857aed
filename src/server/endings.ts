import type { AuditSink } from '../audit/entry.ts';
import type { ChangeStore } from '../changes/change-store.ts';
import type { IdentityRegister } from '../identity/register.ts';
import type { RevocationSnapshot } from '../revocation/snapshot.ts';
import type { Sessions } from '../signin/sessions.ts';
import type { TrustList } from '../trust/trust-list.ts';
import { lockedIdentities } from './locked-identities.ts';
import type { ReloadLog } from './reload.ts';
import { createSessionEnds, type SessionEnds } from './session-ends.ts';
import { sessionsOfLocked } from './sessions-of-locked.ts';
import { createSessionSweep, type SessionSweep } from './sweep-sessions.ts';
import { createSweepTurns, type TurnMarks } from './sweep-turns.ts';
import { whyEnded, whyLocked } from './why-ended.ts';

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
  readonly ends: SessionEnds;
  /** Unified ids that operators have locked, those merged with them too. */
  locked(): readonly string[];
  isLocked(unifiedId: string): boolean;
  /** From now on these are locked; their sessions are ended by `endLocked`. */
  lock(unifiedIds: readonly string[]): Promise<void>;
  endLocked(): Promise<void>;
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
  const endSessionsOf = sessionsOfLocked(ends, (unifiedId) => whyLocked(documents, unifiedId), log);
  // Asked for every call that forward-auth is asked about.
  let locked: ReadonlySet<string> = new Set();
  let sweeping: SessionSweep | undefined;
  return {
    ends,
    locked: () => [...locked],
    isLocked: (unifiedId) => locked.has(unifiedId),
    lock: async (unifiedIds) => {
      locked = new Set(await lockedIdentities(register, unifiedIds, log));
    },
    endLocked: () => endSessionsOf([...locked]),
    end: async (session, why) => ends.end(session, await whyOf(session, why)),
    sweep: (trust, revocation) => {
      const turns = createSweepTurns(marks);
      sweeping = createSessionSweep({ sessions, ends, turns, trust, revocation, whyOf, log });
    },
    changed: () => sweeping?.changed(),
    close: async () => {
      await sweeping?.close();
      await ends.close();
    },
  };
};

import type { AuditEntry, AuditSink } from '../audit/entry.ts';
import type { EndCause } from '../decision/judge-session.ts';
import type { Session } from '../signin/session.ts';
import type { SessionGroup } from '../signin/session-store.ts';
import type { Sessions } from '../signin/sessions.ts';
import type { ReloadLog } from './reload.ts';

/** Why the gateway itself ends a session, and by whose decision. */
export interface WhyEnded extends EndCause {
  /** Unified id of who approved it; of a change by files: `system`. */
  readonly actor?: string | undefined;
  /** As whoever decided it put it. */
  readonly reason?: string | undefined;
  /** Of the document that says so: its kind, name and version; an identity's has no name here. */
  readonly kind?: string | undefined;
  readonly document?: string | undefined;
  readonly version?: number | undefined;
}

/**
 * Ends sessions for what became of their certificate or identity. Each is recorded once, by the process that ended it
 * (of several, one finds it there).
 */
export interface SessionEnds {
  /**
   * One that was found to be over; whether it was there to be ended. While the audit log cannot be written it is left as
   * it is: it is refused at every request, and found again. There may be a city of them.
   */
  end(session: Session, why: WhyEnded): Promise<boolean>;
  /**
   * All of a group, since operators have decided so; how many there were. That the log is away keeps nobody signed in
   * then: entries are kept, and written when it is back.
   *
   * @throws Error when too many are kept already; those of the group that are left are refused at their next request
   */
  endAll(group: SessionGroup, why: WhyEnded): Promise<number>;
  /** Whether `end` ends anything now. */
  readonly canRecord: boolean;
  /** Writes what is kept, if the log is back. */
  close(): Promise<void>;
}

export interface SessionEndsParts {
  readonly sessions: Pick<Sessions, 'end' | 'pages' | 'endAllOf'>;
  readonly audit: AuditSink;
  readonly log: Pick<ReloadLog, 'warn' | 'info' | 'error'>;
  /** ms since the epoch. */
  readonly clock?: () => number;
  /** ms between attempts to write entries that could not be written. */
  readonly againMs?: number;
  /** Entries that are kept while the log cannot be written; a page of sessions more where it was lost meanwhile. */
  readonly mostOwed?: number;
}

/** Entries handed to the log at the same time. */
const AT_ONCE = 100;

export const createSessionEnds = ({
  sessions,
  audit,
  log,
  clock = Date.now,
  againMs = 1_000,
  mostOwed = 10_000,
}: SessionEndsParts): SessionEnds => {
  let owed: AuditEntry[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isSaid = false;

  /** The log may be well, and yet no key be had to seal an entry with (PostgreSQL away). */
  const canRecord = (): boolean => audit.healthy && owed.length === 0;
  const record = (entry: AuditEntry): Promise<void> =>
    new Promise((resolve) => {
      audit.record(entry, 'synced', (error) => {
        if (error !== undefined) owe(entry, error);
        resolve();
      });
    });
  const owe = (entry: AuditEntry, { message: reason }: Error): void => {
    if (!isSaid) log.warn({ reason }, 'ends of sessions cannot be recorded now; they are kept until then');
    isSaid = true;
    owed.push(entry);
    timer ??= setTimeout(() => void payUp(), againMs).unref();
  };
  const payUp = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const entries = owed;
    owed = [];
    while (entries.length > 0 && canRecord()) await Promise.all(entries.splice(0, AT_ONCE).map(record));
    owed.push(...entries);
    if (owed.length > 0) timer ??= setTimeout(() => void payUp(), againMs).unref();
    else if (isSaid) {
      log.info({}, 'ends of sessions are recorded');
      isSaid = false;
    }
  };
  const endOne = async (session: Session, why: WhyEnded): Promise<boolean> => {
    if (!(await sessions.end(session.key))) return false;
    await record(entryOf(session, why, clock()));
    return true;
  };
  return {
    end: async (session, why) => canRecord() && endOne(session, why),
    endAll: async (group, why) => {
      let ended = 0;
      for await (const page of sessions.pages(group)) {
        if (owed.length > mostOwed) throw new Error(`${owed.length} ends of sessions wait to be recorded`);
        const those = await Promise.all(page.map((session) => endOne(session, why)));
        ended += those.filter(Boolean).length;
      }
      // Those that began meanwhile, or cannot be opened; and replicas drop what they have copies of.
      return ended + (await sessions.endAllOf(group));
    },
    get canRecord() {
      return canRecord();
    },
    close: async () => {
      if (owed.length > 0) await payUp();
      clearTimeout(timer);
      if (owed.length > 0) {
        log.error(
          { entries: owed.length },
          'ends of sessions are in no entry: the audit log could not be written until the end',
        );
      }
    },
  };
};

const entryOf = (
  { unifiedId, thumbprint, authority, createdAt }: Session,
  { cause, code, actor, reason, kind, document, version }: WhyEnded,
  at: number,
): AuditEntry => ({
  event: 'session-end',
  at,
  by: 'gateway',
  cause,
  code,
  actor,
  reason,
  kind,
  document,
  version,
  unifiedId,
  thumbprint,
  authority,
  begunAt: createdAt,
});

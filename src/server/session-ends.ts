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
 * (of several, one finds it there). An entry that cannot be written is kept, and written when the log is back: that the
 * log is away keeps nobody signed in.
 */
export interface SessionEnds {
  /** Whether it was there to be ended. */
  end(session: Session, why: WhyEnded): Promise<boolean>;
  /** All of a group; how many there were. */
  endAll(group: SessionGroup, why: WhyEnded): Promise<number>;
  close(): void;
}

export interface SessionEndsParts {
  readonly sessions: Pick<Sessions, 'end' | 'pages' | 'endAllOf'>;
  readonly audit: AuditSink;
  readonly log: Pick<ReloadLog, 'warn' | 'info'>;
  /** ms since the epoch. */
  readonly clock?: () => number;
  /** ms between attempts to write entries that could not be written. */
  readonly againMs?: number;
}

export const createSessionEnds = ({
  sessions,
  audit,
  log,
  clock = Date.now,
  againMs = 1_000,
}: SessionEndsParts): SessionEnds => {
  const owed: AuditEntry[] = [];
  let timer: NodeJS.Timeout | undefined;

  const record = (entry: AuditEntry): Promise<void> =>
    new Promise((resolve) => {
      audit.record(entry, 'synced', (error) => {
        if (error !== undefined) owe(entry, error);
        resolve();
      });
    });
  const owe = (entry: AuditEntry, error: Error): void => {
    if (owed.length === 0) {
      log.warn(
        { reason: error.message },
        'ends of sessions cannot be recorded now; they are kept until then',
      );
    }
    owed.push(entry);
    timer ??= setTimeout(() => void payUp(), againMs).unref();
  };
  const payUp = async (): Promise<void> => {
    timer = undefined;
    const entries = owed.splice(0);
    await Promise.all(entries.map(record));
    if (owed.length === 0) log.info({ entries: entries.length }, 'ends of sessions are recorded');
  };
  const end = async (session: Session, why: WhyEnded): Promise<boolean> => {
    if (!(await sessions.end(session.key))) return false;
    await record(entryOf(session, why, clock()));
    return true;
  };
  return {
    end,
    endAll: async (group, why) => {
      let ended = 0;
      for await (const page of sessions.pages(group)) {
        const those = await Promise.all(page.map((session) => end(session, why)));
        ended += those.filter(Boolean).length;
      }
      // Those that began meanwhile, or cannot be opened; and replicas drop what they have copies of.
      return ended + (await sessions.endAllOf(group));
    },
    close: () => clearTimeout(timer),
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

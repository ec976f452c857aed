import { endOf, type EndCause } from '../decision/judge-session.ts';
import { createRevocationChecker } from '../revocation/checker.ts';
import type { RevocationSnapshot } from '../revocation/snapshot.ts';
import type { Session } from '../signin/session.ts';
import type { Sessions } from '../signin/sessions.ts';
import type { TrustList } from '../trust/trust-list.ts';
import { createCrlIssuerFinder } from '../verdict/crl-issuers.ts';
import { createJudge, type Judge } from '../verdict/judge.ts';
import type { ReloadLog } from './reload.ts';
import type { SessionEnds, WhyEnded } from './session-ends.ts';
import { authoritiesOf, sweepState } from './sweep-state.ts';
import type { SweepTurn, SweepTurns } from './sweep-turns.ts';

/**
 * Ends the sessions whose certificates a new CRL or trust list refuses, so that whoever was told of them (services that
 * are clients of the OpenID Provider) hears of it, and not only when the person comes back. Calls do not wait for it:
 * every request is judged by what is in force all the same. Of replicas with the same
 * trust list and CRLs one looks; what cannot be ended or looked at for the time being is looked at again.
 */
export interface SessionSweep {
  /**
   * Told of the trust list and the CRLs in force; looks in the background at sessions that a change may touch. At all of
   * them at first.
   */
  changed(): void;
  /** Resolves when nothing is left to look at. */
  idle(): Promise<void>;
  /** Resolves when nothing is looked at any more. */
  close(): Promise<void>;
}

export interface SessionSweepParts {
  readonly sessions: Pick<Sessions, 'pages' | 'onEnded'>;
  readonly ends: Pick<SessionEnds, 'end' | 'canRecord'>;
  /** Shared by the replicas that share the sessions. */
  readonly turns: SweepTurns;
  readonly trust: () => TrustList;
  readonly revocation: () => RevocationSnapshot;
  /** Who caused it, as far as a document says. */
  readonly whyOf: (session: Session, why: EndCause) => Promise<WhyEnded>;
  readonly log: Pick<ReloadLog, 'info' | 'warn'>;
  /** ms since the epoch. */
  readonly clock?: () => number;
  /** How long changes are gathered, ms: who is at the portal meanwhile gets the page that says why. */
  readonly gatherMs?: number;
}

/** Judged between two turns of the event loop. */
const AT_ONCE = 20;

/** An authority whose sessions are to be looked at. */
interface Due {
  readonly state: string;
  /** Of the look that begins after this process had what it is judged by. */
  readonly number: Promise<number>;
}

export const createSessionSweep = (parts: SessionSweepParts): SessionSweep => {
  const { clock = Date.now, gatherMs = 2_000, log, turns, ends } = parts;
  const judge = judgeByWhatIsAtHand(parts);
  let trust = parts.trust();
  let crls = fingerprintsOf(parts.revocation());
  /** Sessions may be of authorities that are gone from the list. */
  const authorities = new Set(trust.authorities.keys());
  const due = new Map<string, Due>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let closed = false;
  let isAway = false;
  /** Counts failovers and the like: a walk through sessions that meets one may have missed some. */
  let gaps = 0;
  const stopListening = parts.sessions.onEnded((ended) => void ('any' in ended && (gaps += 1)));

  type Verdicts = Map<string, Promise<EndCause | undefined>>;
  const judged = async ({ chain }: Session): Promise<EndCause | undefined> => {
    const { outcome, code = 'ONECERT_INTERNAL' } = await judge(chain, clock());
    return outcome === 'refused' ? endOf(code) : undefined;
  };
  /** Whether it was ended. */
  const look = async (session: Session, verdicts: Verdicts): Promise<boolean> => {
    const verdict = verdicts.get(session.thumbprint) ?? judged(session);
    verdicts.set(session.thumbprint, verdict);
    const why = await verdict;
    return why !== undefined && ends.end(session, await parts.whyOf(session, why));
  };
  /** Whether all were looked at. */
  const walk = async (authority: string, turn: SweepTurn): Promise<boolean> => {
    const before = gaps;
    let ended = 0;
    try {
      for await (const page of parts.sessions.pages({ authority })) {
        const verdicts: Verdicts = new Map();
        for (let at = 0; at < page.length; at += AT_ONCE) {
          // Whoever is not ended now is found again when the log is back.
          if (closed || !ends.canRecord) return false;
          const those = await Promise.all(
            page.slice(at, at + AT_ONCE).map((session) => look(session, verdicts)),
          );
          ended += those.filter(Boolean).length;
          await new Promise((resolve) => setImmediate(resolve));
        }
        await turn.goOn();
      }
      return ends.canRecord && gaps === before;
    } finally {
      if (ended > 0)
        log.info({ authority, sessions: ended }, 'sessions were ended: their certificates are refused');
    }
  };
  /** Whether nothing is left to do here. */
  const sweepOne = async (authority: string, { state, number }: Due): Promise<boolean> => {
    const turn = await turns.take(state, await number);
    if (turn === 'done' || turn === 'busy') return turn === 'done';
    let isOver = false;
    try {
      isOver = await walk(authority, turn);
    } finally {
      await (isOver ? turn.done() : turn.giveBack());
    }
    return isOver;
  };
  const sweep = async (): Promise<void> => {
    for (const [authority, each] of [...due]) {
      if (closed || !ends.canRecord) return;
      // What comes in meanwhile is another one.
      if ((await sweepOne(authority, each)) && due.get(authority) === each) due.delete(authority);
    }
  };
  const begin = (): void => {
    timer = undefined;
    if (closed || running !== undefined) return;
    running = sweep()
      .then(
        () => void (isAway = false),
        (error: unknown) => {
          const reason = String(error);
          if (!isAway)
            log.warn({ reason }, 'sessions cannot be looked at now; they are refused at their requests');
          isAway = true;
          // Whatever could not be asked is asked again.
          for (const [authority, { state }] of due) due.set(authority, dueFor(state));
        },
      )
      .finally(() => {
        running = undefined;
        if (due.size > 0) wait();
      });
  };
  const wait = (): void => {
    if (!closed) timer ??= setTimeout(begin, gatherMs).unref();
  };
  const dueFor = (state: string): Due => {
    const number = turns.next(state);
    // Met by whoever awaits it.
    number.catch(() => undefined);
    return { state, number };
  };
  const lookAt = (names: Iterable<string>): void => {
    for (const name of names) due.set(name, dueFor(sweepState(name, trust, parts.revocation())));
    if (due.size > 0) wait();
  };
  // What came while this process was not there, or not yet here.
  lookAt(authorities);
  return {
    changed: () => {
      const [nextTrust, next] = [parts.trust(), parts.revocation()];
      const news = next.crls.filter(({ fingerprint }) => !crls.has(fingerprint)).map(({ issuer }) => issuer);
      for (const name of nextTrust.authorities.keys()) authorities.add(name);
      const touched = nextTrust.epoch === trust.epoch ? authoritiesOf(news, nextTrust) : 'all';
      trust = nextTrust;
      crls = fingerprintsOf(next);
      lookAt(touched === 'all' ? authorities : touched);
    },
    idle: async () => {
      while (timer !== undefined || running !== undefined) {
        await (running ?? new Promise((resolve) => setTimeout(resolve, gatherMs)));
      }
    },
    close: async () => {
      closed = true;
      stopListening();
      clearTimeout(timer);
      timer = undefined;
      await running;
    },
  };
};

/** By trust list and CRLs at hand. What the network would have to be asked is asked at a session's next request. */
const judgeByWhatIsAtHand = ({
  trust,
  revocation,
}: Pick<SessionSweepParts, 'trust' | 'revocation'>): Judge => {
  const checker = createRevocationChecker({
    snapshot: revocation,
    resolve: () => Promise.reject(new Error('not asked for a session that nobody uses')),
    findCrlIssuers: createCrlIssuerFinder(trust),
  });
  return createJudge({
    trust,
    revocation: {
      check: (question) => checker.check({ ...question, policy: { ...question.policy, order: ['crl'] } }),
    },
    revocationEpoch: () => revocation().epoch,
  });
};

const fingerprintsOf = ({ crls }: RevocationSnapshot): ReadonlySet<string> =>
  new Set(crls.map(({ fingerprint }) => fingerprint));

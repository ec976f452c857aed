import { endOf, type EndCause } from '../decision/judge-session.ts';
import { createRevocationChecker } from '../revocation/checker.ts';
import type { RevocationSnapshot } from '../revocation/snapshot.ts';
import type { Session } from '../signin/session.ts';
import type { Sessions } from '../signin/sessions.ts';
import type { TrustList } from '../trust/trust-list.ts';
import { createCrlIssuerFinder } from '../verdict/crl-issuers.ts';
import { createJudge } from '../verdict/judge.ts';
import type { ReloadLog } from './reload.ts';
import type { SessionEnds, WhyEnded } from './session-ends.ts';

/**
 * Ends the sessions whose certificates a new CRL or trust list refuses, so that whoever was told of them (services that
 * are clients of the OpenID Provider) hears of it, and not only when the person comes back. Calls do not wait for it:
 * every request is judged by what is in force all the same.
 */
export interface SessionSweep {
  /** Told of the trust list and the CRLs in force; looks in the background at sessions that a change may touch. */
  changed(): void;
  /** Resolves when nothing is left to look at. */
  idle(): Promise<void>;
  close(): void;
}

export interface SessionSweepParts {
  readonly sessions: Pick<Sessions, 'pages'>;
  readonly ends: Pick<SessionEnds, 'end'>;
  readonly trust: () => TrustList;
  readonly revocation: () => RevocationSnapshot;
  /** Who caused it, as far as a document says. */
  readonly whyOf: (session: Session, why: EndCause) => Promise<WhyEnded>;
  readonly log: Pick<ReloadLog, 'warn'>;
  /** ms since the epoch. */
  readonly clock?: () => number;
  /** How long changes are gathered, ms: who is at the portal meanwhile gets the page that says why. */
  readonly gatherMs?: number;
}

/** Judged between two turns of the event loop. */
const AT_ONCE = 20;

export const createSessionSweep = (parts: SessionSweepParts): SessionSweep => {
  const { clock = Date.now, gatherMs = 2_000, log } = parts;
  const checker = createRevocationChecker({
    snapshot: parts.revocation,
    resolve: () => Promise.reject(new Error('not asked for a session that nobody uses')),
    findCrlIssuers: createCrlIssuerFinder(parts.trust),
  });
  const judge = createJudge({
    trust: parts.trust,
    revocation: {
      // By the CRLs at hand. What the network would have to be asked is asked at the session's next request.
      check: (question) => checker.check({ ...question, policy: { ...question.policy, order: ['crl'] } }),
    },
    revocationEpoch: () => parts.revocation().epoch,
  });
  let trust = parts.trust();
  let crls = fingerprintsOf(parts.revocation());
  /** Sessions may be of authorities that are gone from the list. */
  const authorities = new Set(trust.authorities.keys());
  const due = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let closed = false;

  const look = async (session: Session, codes: Map<string, EndCause | undefined>): Promise<void> => {
    if (!codes.has(session.thumbprint)) {
      const verdict = await judge(session.chain, clock());
      codes.set(
        session.thumbprint,
        verdict.outcome === 'refused' ? endOf(verdict.code ?? 'ONECERT_INTERNAL') : undefined,
      );
    }
    const why = codes.get(session.thumbprint);
    if (why !== undefined) await parts.ends.end(session, await parts.whyOf(session, why));
  };
  const sweep = async (): Promise<void> => {
    const codes = new Map<string, EndCause | undefined>();
    for (const authority of due) {
      due.delete(authority);
      for await (const page of parts.sessions.pages({ authority })) {
        const found = [...page];
        while (found.length > 0 && !closed) {
          for (const session of found.splice(0, AT_ONCE)) await look(session, codes);
          await new Promise((resolve) => setImmediate(resolve));
        }
        if (closed) return;
      }
    }
  };
  const begin = (): void => {
    timer = undefined;
    if (closed || running !== undefined) return;
    running = sweep()
      .catch((error: unknown) =>
        log.warn(
          { reason: String(error) },
          'sessions could not be looked at; they are at their next request',
        ),
      )
      .finally(() => {
        running = undefined;
        if (due.size > 0) wait();
      });
  };
  const wait = (): void => {
    timer ??= setTimeout(begin, gatherMs).unref();
  };
  return {
    changed: () => {
      const [nextTrust, next] = [parts.trust(), parts.revocation()];
      const news = next.crls.filter(({ fingerprint }) => !crls.has(fingerprint)).map(({ issuer }) => issuer);
      for (const name of nextTrust.authorities.keys()) authorities.add(name);
      const touched = nextTrust.epoch === trust.epoch ? authoritiesOf(news, nextTrust) : 'all';
      for (const name of touched === 'all' ? authorities : touched) due.add(name);
      trust = nextTrust;
      crls = fingerprintsOf(next);
      if (due.size > 0) wait();
    },
    idle: async () => {
      while (timer !== undefined || running !== undefined) {
        await (running ?? new Promise((resolve) => setTimeout(resolve, gatherMs)));
      }
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
};

const fingerprintsOf = ({ crls }: RevocationSnapshot): ReadonlySet<string> =>
  new Set(crls.map(({ fingerprint }) => fingerprint));

/** Whose certificates CRLs under these names may be about; all where that cannot be told (indirect CRLs). */
const authoritiesOf = (issuers: readonly string[], { authorities }: TrustList): readonly string[] | 'all' => {
  const names = new Map<string, string[]>();
  for (const [authority, { anchors, intermediates }] of authorities) {
    for (const { subject } of [...anchors, ...intermediates]) {
      names.set(subject.key, [...(names.get(subject.key) ?? []), authority]);
    }
  }
  const found = issuers.map((issuer) => names.get(issuer));
  return found.includes(undefined) ? 'all' : [...new Set(found.flat() as string[])];
};

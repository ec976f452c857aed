import { mkdirSync } from 'node:fs';
import { startAuditWriter, type AuditWriter } from '../../../src/audit/writer.ts';
import type { SharedCrl } from '../../../src/revocation/shared-crl.ts';
import { createSessionEnds, type SessionEnds } from '../../../src/server/session-ends.ts';
import { createSessionSweep, type SessionSweep } from '../../../src/server/sweep-sessions.ts';
import { createSweepTurns } from '../../../src/server/sweep-turns.ts';
import type { Session } from '../../../src/signin/session.ts';
import type { SessionGroup } from '../../../src/signin/session-store.ts';
import type { Sessions } from '../../../src/signin/sessions.ts';
import type { ShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import {
  makeAuthority,
  makeLeaf,
  NOW,
  type TestCertificate,
} from '../../conformance/chains/make-certificate.ts';
import { readCrl } from '../../conformance/chains/make-crl.ts';
import { makeKey } from '../../conformance/chains/test-key.ts';
import { entriesOf, newFolder } from '../audit/written-log.ts';
import { noCookie, openCity, person } from '../signin/session-city.ts';
import { trustIn } from '../verdict/test-judge.ts';

/** The name that trustIn gives the authority. */
export const AUTHORITY: SessionGroup = { authority: 'test' };

/** An authority, people with certificates of its, and its CRLs. */
export const makePeople = (count: number) => {
  const root = makeAuthority();
  const key = makeKey('p256');
  const leaves = Array.from({ length: count }, (_, index) =>
    makeLeaf({ issuer: root, key, subject: `Person ${index}` }),
  );
  let number = 0;
  return {
    leaves,
    trust: trustIn(1, [root]),
    /** A new one, in which these are revoked. */
    crl: (revoked: readonly TestCertificate[] = []): SharedCrl =>
      readCrl({ issuer: root, number: (number += 1), entries: revoked.map((of) => ({ of })) }),
  };
};
export type People = ReturnType<typeof makePeople>;

/** What one gateway has to do with sessions that end: its log, its CRLs, its look through the sessions. */
export interface SweptReplica {
  readonly sessions: Sessions;
  readonly ends: SessionEnds;
  readonly sweep: SessionSweep;
  readonly writer: AuditWriter;
  /** Lines of its log for operators. */
  readonly lines: string[];
  /** How often it has begun to go through sessions. */
  readonly walks: () => number;
  signIn(leaf: TestCertificate): Promise<Session>;
  /** A CRL is in force here from now on. */
  use(crl: SharedCrl): void;
  /** Gaps in what it is told of ended sessions. */
  gaps: number;
  /** In its audit log. */
  entries(): Record<string, unknown>[];
  /** Each page of sessions comes after this. */
  beforePage: () => Promise<void>;
  close(): Promise<void>;
}

export const openReplica = async (
  stores: ShortLivedStores,
  namespace: string,
  { trust, crl }: People,
  folder = newFolder(),
): Promise<SweptReplica> => {
  mkdirSync(folder, { recursive: true });
  const { sessions } = await openCity(stores, namespace);
  const writer = await startAuditWriter({ folder, probeEveryMs: 20 });
  const lines: string[] = [];
  const say = (_fields: object, message: string): void => void lines.push(message);
  const log = { info: say, warn: say, error: say };
  const ends = createSessionEnds({ sessions, audit: writer.sink, log, againMs: 20, mostOwed: 150 });
  let revocation = { epoch: 1, crls: [crl()] };
  let walks = 0;
  const replica = { gaps: 0, beforePage: async (): Promise<void> => undefined };
  sessions.onEnded((ended) => void ('any' in ended && (replica.gaps += 1)));
  const sweep = createSessionSweep({
    sessions: {
      onEnded: (listener) => sessions.onEnded(listener),
      pages: async function* (group) {
        walks += 1;
        for await (const page of sessions.pages(group)) {
          await replica.beforePage();
          yield page;
        }
      },
    },
    ends,
    turns: createSweepTurns(stores.expiring(`${namespace}-sweeps`), 2_000),
    trust: () => trust,
    revocation: () => revocation,
    whyOf: async (_session, why) => why,
    log,
    clock: () => NOW,
    gatherMs: 50,
  });
  return Object.assign(replica, {
    sessions,
    ends,
    sweep,
    writer,
    lines,
    walks: () => walks,
    signIn: async (leaf: TestCertificate) => {
      const { credential, admission } = person(undefined, 'test');
      const verdict = { ...admission.verdict, thumbprint: leaf.parsed.fingerprint };
      const chain = [leaf.der];
      const begun = await sessions.begin({ ...credential, chain }, { ...admission, verdict }, noCookie);
      return begun.session;
    },
    use: (next: SharedCrl) => {
      revocation = { epoch: revocation.epoch + 1, crls: [next] };
      sweep.changed();
    },
    entries: () => entriesOf(folder).filter(({ event }) => event === 'session-end'),
    close: async () => {
      await sweep.close();
      await ends.close();
      sessions.close();
      await writer.close();
    },
  });
};

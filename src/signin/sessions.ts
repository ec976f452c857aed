import { Refusal } from '../refusal/refusal.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { agentFamily } from './agent-family.ts';
import type { Credential } from './credential.ts';
import { openEndedChannel, type EndedListener, type SessionBroadcast } from './ended-sessions.ts';
import { newCookieId } from './host-cookie.ts';
import { SESSION_COOKIE, sessionKeyOf } from './session-cookie.ts';
import { keepableChain } from './session-record.ts';
import {
  createSessionStore,
  type SessionCipher,
  type SessionGroup,
  type SessionRecords,
} from './session-store.ts';
import { DEFAULT_SESSION_LIMITS, timeLeft, type Session, type SessionLimits } from './session.ts';
import { orRefuse, orRefusePages } from './store-refusal.ts';

/** What a session is begun on: the decision room's Admission. */
export interface SessionAdmission {
  readonly verdict: Pick<Verdict, 'thumbprint' | 'authority'>;
  readonly identity: Pick<Session, 'unifiedId' | 'kind'> | undefined;
  readonly refusal: RefusalCode | undefined;
}

/** Of the request that signs in. */
export interface SignInRequest {
  /** Cookie and User-Agent fields. */
  readonly cookie: string | undefined;
  readonly userAgent: string | undefined;
  /** Set where the session is to be handed over: until `reissue` it lasts a minute. */
  readonly handedOver?: boolean;
}

export interface BegunSession {
  readonly session: Session;
  /** The Set-Cookie field that gives the browser the session's id: the only place where it stands. */
  readonly setCookie: string;
}

/**
 * The sessions of signed-in browsers. Every operation rejects with a Refusal ONECERT_SESSION_UNAVAILABLE while the
 * store cannot answer.
 */
export interface Sessions {
  /**
   * Begins a session, always under a new id, and ends the one that the request came with (session fixation).
   *
   * @throws Refusal for an admission that refuses
   */
  begin(credential: Credential, admission: SessionAdmission, request: SignInRequest): Promise<BegunSession>;
  /**
   * The same session under a new id, with the old one ended, and with it the one whose Cookie field is given; undefined
   * when there is none.
   */
  reissue(key: string, cookie?: string): Promise<BegunSession | undefined>;
  /**
   * The session of a request, by its Cookie field. A certificate shown with the request (its thumbprint) has to be the
   * session's own: undefined otherwise.
   */
  find(cookie: string | undefined, shownThumbprint?: string): Promise<Session | undefined>;
  /** The same by the session's key. */
  get(key: string): Promise<Session | undefined>;
  /** Notes that it is in use; written at most once a minute. Undefined when it has ended meanwhile. */
  touch(session: Session): Promise<Session | undefined>;
  /** Ends it, provided it is `owner`'s where one is named. Whether there was one to end. */
  end(key: string, owner?: string): Promise<boolean>;
  /** Of one identity, last seen first; at most 500. */
  list(unifiedId: string): Promise<readonly Session[]>;
  /**
   * All of one identity, certificate or authority, about a hundred at a time; some may be met more than once. Those that
   * begin, end or are renewed meanwhile keep none of the others from being met. A failover of the store may: it is told
   * as `onEnded` of any.
   */
  pages(group: SessionGroup): AsyncIterable<readonly Session[]>;
  /** How many there are of one identity, certificate or authority. */
  count(group: SessionGroup): Promise<number>;
  /** Ends all of one identity, certificate or authority; how many there were. */
  endAllOf(group: SessionGroup): Promise<number>;
  /** Told of sessions that ended on request, in any process; those that lapse are not told. Gives what ends it. */
  onEnded(listener: EndedListener): () => void;
  close(): void;
}

export interface SessionsParts {
  readonly records: SessionRecords;
  readonly cipher: SessionCipher;
  readonly broadcast: SessionBroadcast;
  readonly limits?: SessionLimits;
  /** ms since the epoch. */
  readonly clock: () => number;
  readonly onDefect: (error: unknown) => void;
}

const TOUCH_EVERY_MS = 60_000;
const HANDOVER_MS = 60_000;
const LIST_LIMIT = 500;

export const openSessions = async (parts: SessionsParts): Promise<Sessions> => {
  const { broadcast, cipher, clock, onDefect, limits = DEFAULT_SESSION_LIMITS } = parts;
  const store = createSessionStore(parts);
  const ended = await openEndedChannel(broadcast, cipher, onDefect);

  const keep = async (session: Omit<Session, 'key'>, atMostMs = Infinity): Promise<BegunSession> => {
    const id = newCookieId();
    const kept = { key: sessionKeyOf(id), ...session };
    await store.put(kept, Math.min(ttlOf(kept, limits, clock()), atMostMs));
    return { session: kept, setCookie: SESSION_COOKIE.set(id) };
  };
  const endOne = async (key: string): Promise<boolean> => {
    const gone = await store.delete(key);
    // Told also when it was gone already: the telling may have failed the first time.
    await ended.tell({ key });
    return gone !== undefined;
  };
  const get = async (key: string): Promise<Session | undefined> => {
    const session = await store.get(key);
    // By our own clock as well: a store's clock may stand elsewhere, and limits may have been tightened.
    return session !== undefined && timeLeft(session, limits, clock()) > 0 ? session : undefined;
  };

  const endSessionOf = async (cookie: string | undefined): Promise<void> => {
    const id = SESSION_COOKIE.read(cookie);
    if (id !== undefined) await endOne(sessionKeyOf(id));
  };

  const begin: Sessions['begin'] = async (credential, admission, request) => {
    const { cookie, userAgent, handedOver = false } = request;
    const { thumbprint, authority } = admission.verdict;
    const { identity, refusal } = admission;
    if (refusal !== undefined || identity === undefined || authority === undefined) {
      throw new Refusal(refusal ?? 'ONECERT_INTERNAL', 'a session needs an admission with an identity');
    }
    const now = clock();
    const { proof, provenAt, from } = credential;
    const session = {
      unifiedId: identity.unifiedId,
      kind: identity.kind,
      chain: keepableChain(credential.chain),
      thumbprint,
      authority,
      proof,
      provenAt,
      createdAt: now,
      lastSeen: now,
      from,
      agent: agentFamily(userAgent),
    };
    const begun = await keep(session, handedOver ? HANDOVER_MS : Infinity);
    await endSessionOf(cookie);
    return begun;
  };
  const reissue: Sessions['reissue'] = async (key, cookie) => {
    // Taken first: of two that reissue one session, one is given it.
    const session = await store.delete(key);
    if (session === undefined || timeLeft(session, limits, clock()) <= 0) return undefined;
    const { key: _, ...rest } = session;
    const begun = await keep(rest);
    await ended.tell({ key });
    await endSessionOf(cookie);
    return begun;
  };
  const end: Sessions['end'] = async (key, owner) => {
    if (owner !== undefined && (await store.get(key))?.unifiedId !== owner) return false;
    return endOne(key);
  };
  const endAllOf: Sessions['endAllOf'] = async (group) => {
    const count = await store.deleteGroup(group);
    await ended.tell(group);
    return count;
  };

  return {
    begin: (...sessionOf) => orRefuse(begin(...sessionOf)),
    reissue: (...asked) => orRefuse(reissue(...asked)),
    find: async (cookie, shownThumbprint) => {
      const id = SESSION_COOKIE.read(cookie);
      if (id === undefined) return undefined;
      const session = await orRefuse(get(sessionKeyOf(id)));
      return shownThumbprint === undefined || session?.thumbprint === shownThumbprint ? session : undefined;
    },
    get: (key) => orRefuse(get(key)),
    touch: async (session) => {
      const now = clock();
      if (timeLeft(session, limits, now) <= 0) return undefined;
      if (now - session.lastSeen < TOUCH_EVERY_MS) return session;
      const touched = { ...session, lastSeen: now };
      return (await orRefuse(store.renew(touched, ttlOf(touched, limits, now)))) ? touched : undefined;
    },
    end: (...asked) => orRefuse(end(...asked)),
    list: async (unifiedId) => {
      const now = clock();
      const sessions = await orRefuse(store.list({ unifiedId }, LIST_LIMIT));
      return sessions
        .filter((session) => timeLeft(session, limits, now) > 0)
        .sort((one, other) => other.lastSeen - one.lastSeen);
    },
    pages: (group) => orRefusePages(store.pages(group)),
    count: (group) => orRefuse(store.count(group)),
    endAllOf: (group) => orRefuse(endAllOf(group)),
    onEnded: (listener) => ended.listen(listener),
    close: () => ended.close(),
  };
};

const ttlOf = (session: Session, limits: SessionLimits, now: number): number =>
  Math.max(1, Math.ceil(timeLeft(session, limits, now)));

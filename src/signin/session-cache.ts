import { Refusal } from '../refusal/refusal.ts';
import { SESSION_COOKIE, sessionKeyOf } from './session-cookie.ts';
import type { Sessions } from './sessions.ts';
import { DEFAULT_SESSION_LIMITS, hasEnded, timeLeft, type Session, type SessionLimits } from './session.ts';

/**
 * Sessions as a thread sees them that carries many calls: copies, dropped the moment a session is ended anywhere, read
 * anew every half minute, and good for a few minutes longer while the store is away, so that people who are signed in
 * go on working.
 */
export interface SessionCache {
  /** As Sessions.find; also notes that the session is in use. */
  find(cookie: string | undefined, shownThumbprint?: string): Promise<Session | undefined>;
  /** Number of copies held. */
  readonly size: number;
  close(): void;
}

export interface SessionCacheParts {
  /** Reached directly or by way of another thread. */
  readonly sessions: Pick<Sessions, 'get' | 'touch' | 'onEnded'>;
  readonly limits?: SessionLimits;
  /** ms since the epoch. */
  readonly clock: () => number;
  readonly maxEntries?: number;
  /** How long a copy is used before it is read again. */
  readonly freshMs?: number;
  /** How long a copy is used while the store is away. Nobody can be told then that it was ended elsewhere. */
  readonly awayMs?: number;
}

interface Copy {
  session: Session;
  readAt: number;
}

const TOUCH_EVERY_MS = 60_000;

export const createSessionCache = (parts: SessionCacheParts): SessionCache => {
  const { sessions, clock, limits = DEFAULT_SESSION_LIMITS } = parts;
  const { maxEntries = 50_000, freshMs = 30_000, awayMs = 300_000 } = parts;
  const copies = new Map<string, Copy>();
  /** Being read. What ends meanwhile may have been read before it ended: such an answer is not kept. */
  const reading = new Map<string, { readonly answer: Promise<Session | undefined>; keep: boolean }>();

  const stop = sessions.onEnded((ended) => {
    if ('key' in ended) copies.delete(ended.key);
    else for (const [key, { session }] of copies) if (hasEnded(session, ended)) copies.delete(key);
    for (const [key, each] of reading) if (!('key' in ended) || ended.key === key) each.keep = false;
  });

  const keep = (session: Session): void => {
    copies.delete(session.key);
    copies.set(session.key, { session, readAt: clock() });
    const [oldest] = copies.keys();
    if (copies.size > maxEntries && oldest !== undefined) copies.delete(oldest);
  };
  const read = (key: string): Promise<Session | undefined> => {
    const known = reading.get(key);
    // An answer that may be out of date is nobody's answer who asks after the end.
    if (known?.keep === true) return known.answer;
    const each = { answer: sessions.get(key), keep: true };
    reading.set(key, each);
    const settle = (session?: Session): void => {
      if (reading.get(key) === each) reading.delete(key);
      if (!each.keep) return;
      if (session === undefined) copies.delete(key);
      else keep(session);
    };
    return each.answer.then(
      (session) => {
        settle(session);
        return session;
      },
      (error: unknown) => {
        if (reading.get(key) === each) reading.delete(key);
        throw error;
      },
    );
  };
  const current = async (key: string): Promise<Session | undefined> => {
    const copy = copies.get(key);
    if (copy !== undefined && clock() - copy.readAt < freshMs) return copy.session;
    try {
      return await read(key);
    } catch (error) {
      const isAway = error instanceof Refusal && error.code === 'ONECERT_SESSION_UNAVAILABLE';
      // Asked for again: it may have been ended here while the store was asked.
      const held = copies.get(key);
      if (isAway && held !== undefined && clock() - held.readAt < awayMs) return held.session;
      throw error;
    }
  };
  /** The copy counts as seen at once, the store is told on the side: a call does not wait for it. */
  const touch = (session: Session): Session => {
    const now = clock();
    if (now - session.lastSeen < TOUCH_EVERY_MS) return session;
    const touched = { ...session, lastSeen: now };
    const copy = copies.get(session.key);
    if (copy !== undefined) copy.session = touched;
    sessions.touch(session).then(
      (kept) => void (kept === undefined && copies.delete(session.key)),
      () => undefined,
    );
    return touched;
  };

  return {
    find: async (cookie, shownThumbprint) => {
      const id = SESSION_COOKIE.read(cookie);
      if (id === undefined) return undefined;
      const session = await current(sessionKeyOf(id));
      if (session === undefined || timeLeft(session, limits, clock()) <= 0) return undefined;
      if (shownThumbprint !== undefined && session.thumbprint !== shownThumbprint) return undefined;
      return touch(session);
    },
    get size() {
      return copies.size;
    },
    close: stop,
  };
};

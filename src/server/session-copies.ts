import { Refusal } from '../refusal/refusal.ts';
import { hasEnded, type Session } from '../signin/session.ts';
import type { Sessions } from '../signin/sessions.ts';

const LIMIT = 50_000;
/** How long a copy stands in while the store is away, ms: as long as a data-plane thread's own. */
const AWAY_MS = 300_000;

/**
 * Sessions as data-plane threads ask for them. A copy of each is kept, and given while the store is away: a call that
 * comes to a thread which has not seen the session yet does not fail for that. What is known to have ended is forgotten.
 */
export const keepSessionCopies = (
  sessions: Pick<Sessions, 'get' | 'touch' | 'onEnded'>,
  clock: () => number = Date.now,
): Pick<Sessions, 'get' | 'touch'> => {
  const copies = new Map<string, { readonly session: Session; readonly readAt: number }>();
  sessions.onEnded((ended) => {
    if ('key' in ended) copies.delete(ended.key);
    else for (const [key, { session }] of copies) if (hasEnded(session, ended)) copies.delete(key);
  });
  const keep = (key: string, session: Session | undefined): Session | undefined => {
    copies.delete(key);
    if (session === undefined) return undefined;
    copies.set(key, { session, readAt: clock() });
    const [oldest] = copies.keys();
    if (copies.size > LIMIT && oldest !== undefined) copies.delete(oldest);
    return session;
  };
  return {
    touch: (session) => sessions.touch(session),
    get: async (key) => {
      try {
        return keep(key, await sessions.get(key));
      } catch (error) {
        const isAway = error instanceof Refusal && error.code === 'ONECERT_SESSION_UNAVAILABLE';
        const copy = copies.get(key);
        if (!isAway || copy === undefined || clock() - copy.readAt >= AWAY_MS) throw error;
        return copy.session;
      }
    },
  };
};

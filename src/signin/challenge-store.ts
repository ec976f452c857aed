import { Refusal } from '../refusal/refusal.ts';
import type { Challenge } from './challenge.ts';

/** Challenges that wait for their signature. */
export interface ChallengeStore {
  /** Remembers it for `ttlMs`. */
  put(challenge: Challenge, ttlMs: number): Promise<void>;
  /**
   * Gives the challenge at most once, however many ask at the same time; to all others a Refusal that says whether it
   * was used, has lapsed, or never was.
   */
  take(id: string, at: number): Promise<Challenge | Refusal>;
}

/** What is asked of a store of short-lived values, in this process or in Redis (src/storage/expiring-store.ts). */
export interface ExpiringValues {
  put(key: string, value: string, ttlMs: number): Promise<unknown>;
  get(key: string): Promise<string | undefined>;
  /** Reads and removes in one step: of several at the same time one gets the value. */
  take(key: string): Promise<string | undefined>;
}

const ID = /^[\w-]{22}$/;
/** How long after its end a challenge is still known to have been one, ms. */
const REMEMBERED_MS = 10 * 60_000;

/** Challenges over any store of short-lived values. Keys begin with "challenge:" and "challenge-issued:". */
export const createChallengeStore = (values: ExpiringValues): ChallengeStore => ({
  put: async (challenge, ttlMs) => {
    // First: whoever can take the challenge finds this too.
    await values.put(`challenge-issued:${challenge.id}`, String(challenge.expiresAt), ttlMs + REMEMBERED_MS);
    await values.put(`challenge:${challenge.id}`, JSON.stringify(challenge), ttlMs);
  },
  take: async (id, at) => {
    if (!ID.test(id)) return new Refusal('ONECERT_CHALLENGE_UNKNOWN', 'not an id of a challenge');
    const found = await values.take(`challenge:${id}`);
    if (found !== undefined) return JSON.parse(found) as Challenge;
    const expiresAt = await values.get(`challenge-issued:${id}`);
    if (expiresAt === undefined) return new Refusal('ONECERT_CHALLENGE_UNKNOWN', 'no such challenge');
    return at >= Number(expiresAt)
      ? new Refusal('ONECERT_CHALLENGE_EXPIRED', 'answered after its end')
      : new Refusal('ONECERT_CHALLENGE_REPLAYED', 'answered a second time');
  },
});

import { checkKey } from './expiring-store.ts';
import { checkRateLimit, countOne, type RateLimit, type RateLimiter } from './rate-limiter.ts';

export interface EmbeddedRateLimiterOptions {
  readonly maxKeys?: number;
  /** ms since the epoch. */
  readonly clock?: () => number;
}

const DEFAULT_MAX_KEYS = 100_000;

/**
 * A RateLimiter within this process. When it knows `maxKeys`, the key that was asked for longest ago is forgotten:
 * somebody with more addresses than that escapes a limit by address anyway, and nobody else is shut out.
 *
 * @throws RangeError
 */
export const createEmbeddedRateLimiter = (
  limit: RateLimit,
  { maxKeys = DEFAULT_MAX_KEYS, clock = Date.now }: EmbeddedRateLimiterOptions = {},
): RateLimiter => {
  checkRateLimit(limit);
  const fullAt = new Map<string, number>();
  return {
    ask: async (key) => {
      checkKey(key);
      const { full, ...answer } = countOne(limit, fullAt.get(key), clock());
      // Last in the map's order: the key asked for most recently.
      fullAt.delete(key);
      fullAt.set(key, full);
      if (fullAt.size > maxKeys) {
        const [oldest] = fullAt.keys();
        if (oldest !== undefined) fullAt.delete(oldest);
      }
      return answer;
    },
  };
};

import { checkKey } from './expiring-store.ts';
import type { RedisConnection } from './redis-connection.ts';
import { defineScript } from './redis-script.ts';

/** Calls that were let through somewhere, to be counted with those let through elsewhere. */
export interface CountedCalls {
  /** What is limited: keys as in ExpiringStore. */
  readonly key: string;
  readonly calls: number;
  /** ms that one call takes of the window: its length by the calls it allows. */
  readonly turnMs: number;
  /** ms since the first of them. */
  readonly ageMs: number;
}

/**
 * One token bucket a key for all processes, as the time at which it is full again (countOne of rate-limiter.ts). It
 * refuses nothing: whoever counts has decided already, and learns what all others have let through.
 */
export interface SharedCounts {
  /**
   * Adds, and says of each key in how many ms its bucket is full again (0 or less: it is). Rejects with
   * StoreUnavailableError; a part of it may have been counted then.
   */
  add(batch: readonly CountedCalls[]): Promise<readonly number[]>;
}

const MAX_KEYS = 200_000;

/** Within this process: all its threads together. */
export const createEmbeddedSharedCounts = (clock: () => number = Date.now): SharedCounts => {
  const fullAt = new Map<string, number>();
  return {
    add: async (batch) => {
      const now = clock();
      return batch.map(({ key, calls, turnMs, ageMs }) => {
        checkKey(key);
        const full = Math.max(fullAt.get(key) ?? 0, now - ageMs) + calls * turnMs;
        // Last in the map's order: the key counted most recently.
        fullAt.delete(key);
        fullAt.set(key, full);
        const [oldest] = fullAt.size > MAX_KEYS ? fullAt.keys() : [];
        if (oldest !== undefined) fullAt.delete(oldest);
        return full - now;
      });
    },
  };
};

/** By the server's clock. KEYS: the bucket. ARGV: calls, turn, age. */
const ADD = defineScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now - ARGV[3]) + ARGV[1] * ARGV[2]
local left = full - now
if left > 0 then redis.call('SET', KEYS[1], string.format('%.3f', full), 'PX', math.ceil(left)) end
return string.format('%.3f', left)`);

/** In a Redis that all processes share, under `namespace`. */
export const createRedisSharedCounts = (redis: RedisConnection, namespace: string): SharedCounts => ({
  add: (batch) =>
    Promise.all(
      batch.map(async ({ key, calls, turnMs, ageMs }) => {
        checkKey(key);
        return Number(await redis.script(ADD, [redis.key(namespace, key)], [calls, turnMs, ageMs]));
      }),
    ),
});

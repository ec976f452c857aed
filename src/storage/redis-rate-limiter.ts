import { checkKey } from './expiring-store.ts';
import { checkRateLimit, ROUNDING, type RateLimit, type RateLimiter } from './rate-limiter.ts';
import type { RedisConnection } from './redis-connection.ts';
import { defineScript } from './redis-script.ts';

/** `countOne` of rate-limiter.ts by the server's clock. KEYS: the count. ARGV: limit, window. Answers the wait. */
const COUNT_ONE = defineScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local full = tonumber(redis.call('GET', KEYS[1]) or now)
local turn = window / limit
local next = math.max(full, now) + turn
local wait = math.ceil(next - window - now - turn * ${ROUNDING})
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.3f', next), 'PX', math.max(1, math.ceil(next - now)))
return 0`);

/**
 * A RateLimiter whose counts all processes share, in Redis under `namespace`.
 *
 * @throws RangeError
 */
export const createRedisRateLimiter = (
  redis: RedisConnection,
  namespace: string,
  limit: RateLimit,
): RateLimiter => {
  checkRateLimit(limit);
  return {
    ask: async (key) => {
      checkKey(key);
      const counts = [redis.key(namespace, key)] as const;
      const wait = Number(await redis.script(COUNT_ONE, counts, [limit.limit, limit.windowMs]));
      return { allowed: wait === 0, retryAfterMs: wait };
    },
  };
};

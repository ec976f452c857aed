import { checkKey, checkTtl, checkValue, type ExpiringStore } from './expiring-store.ts';
import type { RedisConnection } from './redis-connection.ts';

/** An ExpiringStore in Redis, under `namespace`. Expiry is by the server's clock. */
export const createRedisExpiringStore = (redis: RedisConnection, namespace: string): ExpiringStore => {
  const at = (key: string): string => {
    checkKey(key);
    return redis.key(namespace, key);
  };
  const text = (reply: unknown): string | undefined => (typeof reply === 'string' ? reply : undefined);
  return {
    put: async (key, value, ttlMs, { ifAbsent = false } = {}) => {
      checkValue(value);
      checkTtl(ttlMs);
      const condition = ifAbsent ? ['NX'] : [];
      return (await redis.command(['SET', at(key), value, 'PX', `${ttlMs}`, ...condition])) === 'OK';
    },
    get: async (key) => text(await redis.command(['GET', at(key)])),
    take: async (key) => text(await redis.command(['GETDEL', at(key)])),
    delete: async (key) => (await redis.command(['DEL', at(key)])) === 1,
    touch: async (key, ttlMs) => {
      checkTtl(ttlMs);
      return (await redis.command(['PEXPIRE', at(key), `${ttlMs}`])) === 1;
    },
  };
};

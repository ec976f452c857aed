import { createExpiringMap, DEFAULT_BOUNDS, type EmbeddedBounds } from './expiring-map.ts';
import { checkKey, checkTtl, checkValue, type ExpiringStore } from './expiring-store.ts';

export interface EmbeddedStoreOptions {
  readonly bounds?: EmbeddedBounds;
  /** ms since the epoch. */
  readonly clock?: () => number;
}

/** An ExpiringStore within this process: gone with it. */
export const createEmbeddedExpiringStore = ({
  bounds = DEFAULT_BOUNDS,
  clock = Date.now,
}: EmbeddedStoreOptions = {}): ExpiringStore => {
  const entries = createExpiringMap<string>({ bounds, clock });
  return {
    put: async (key, value, ttlMs, { ifAbsent = false } = {}) => {
      checkKey(key);
      checkValue(value);
      checkTtl(ttlMs);
      if (ifAbsent && entries.get(key) !== undefined) return false;
      entries.set(key, value, clock() + ttlMs, 2 * (key.length + value.length));
      return true;
    },
    get: async (key) => {
      checkKey(key);
      return entries.get(key);
    },
    take: async (key) => {
      checkKey(key);
      return entries.delete(key);
    },
    delete: async (key) => {
      checkKey(key);
      return entries.delete(key) !== undefined;
    },
    touch: async (key, ttlMs) => {
      checkKey(key);
      checkTtl(ttlMs);
      return entries.expireAt(key, clock() + ttlMs);
    },
  };
};

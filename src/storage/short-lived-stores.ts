import type { Broadcast } from './broadcast.ts';
import { createEmbeddedBroadcast } from './embedded-broadcast.ts';
import { createEmbeddedExpiringStore } from './embedded-expiring-store.ts';
import { createEmbeddedGroupedStore } from './embedded-grouped-store.ts';
import { createEmbeddedRateLimiter } from './embedded-rate-limiter.ts';
import type { EmbeddedBounds } from './expiring-map.ts';
import type { ExpiringStore } from './expiring-store.ts';
import type { GroupedStore } from './grouped-store.ts';
import type { RateLimit, RateLimiter } from './rate-limiter.ts';
import { createRedisBroadcast } from './redis-broadcast.ts';
import { connectRedis, type RedisConnectionOptions } from './redis-connection.ts';
import { createRedisExpiringStore } from './redis-expiring-store.ts';
import { createRedisGroupedStore } from './redis-grouped-store.ts';
import { createRedisRateLimiter } from './redis-rate-limiter.ts';
import { createEmbeddedSharedCounts, createRedisSharedCounts, type SharedCounts } from './shared-counts.ts';

/**
 * The stores of what lives for minutes or hours, in either of two forms: within this process, or in a Redis that all
 * processes share. What one namespace holds another does not see.
 */
export interface ShortLivedStores {
  readonly form: 'embedded' | 'redis';
  expiring(namespace: string): ExpiringStore;
  grouped(namespace: string): GroupedStore;
  /** @throws RangeError */
  limiter(namespace: string, limit: RateLimit): RateLimiter;
  counts(namespace: string): SharedCounts;
  readonly broadcast: Broadcast;
  /** Whether the stores can be used, now or in time. */
  ready(withinMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface ShortLivedStoresOptions extends Omit<RedisConnectionOptions, 'url'> {
  /** As readRedisUrl reads it; undefined: embedded. */
  readonly url?: string | undefined;
  /** Of each embedded store. */
  readonly bounds?: EmbeddedBounds;
  /** How often the broadcast compares counts. */
  readonly pollMs?: number;
  /** Told of errors that listeners throw. */
  readonly onDefect?: (error: unknown) => void;
}

/**
 * Opens the stores that the URL chooses. Returns at once: a Redis that is away is connected to when it comes, and
 * until then every operation rejects with StoreUnavailableError.
 *
 * @throws StorageError for a URL or prefix that cannot be used
 */
export const openShortLivedStores = (options: ShortLivedStoresOptions = {}): ShortLivedStores => {
  const { url, bounds, pollMs, onDefect, ...connection } = options;
  return url === undefined
    ? openEmbedded(bounds)
    : openRedis(
        { url, ...connection },
        { ...(pollMs === undefined ? {} : { pollMs }), ...(onDefect === undefined ? {} : { onDefect }) },
      );
};

const openEmbedded = (bounds: EmbeddedBounds | undefined): ShortLivedStores => {
  const options = bounds === undefined ? {} : { bounds };
  return {
    form: 'embedded',
    expiring: once(() => createEmbeddedExpiringStore(options)),
    grouped: once(() => createEmbeddedGroupedStore(options)),
    limiter: (_namespace, limit) => createEmbeddedRateLimiter(limit),
    counts: once(() => createEmbeddedSharedCounts()),
    broadcast: createEmbeddedBroadcast(),
    ready: async () => true,
    close: async () => undefined,
  };
};

/** Asked for twice, a namespace is the same store, as it is in Redis. */
const once = <Store>(create: () => Store): ((namespace: string) => Store) => {
  const stores = new Map<string, Store>();
  return (namespace) => {
    const store = stores.get(namespace) ?? create();
    stores.set(namespace, store);
    return store;
  };
};

const openRedis = (
  options: RedisConnectionOptions,
  broadcastOptions: Parameters<typeof createRedisBroadcast>[1],
): ShortLivedStores => {
  const redis = connectRedis(options);
  const broadcast = createRedisBroadcast(redis, broadcastOptions);
  return {
    form: 'redis',
    expiring: (namespace) => createRedisExpiringStore(redis, namespace),
    grouped: (namespace) => createRedisGroupedStore(redis, namespace),
    limiter: (namespace, limit) => createRedisRateLimiter(redis, `limit:${namespace}`, limit),
    counts: (namespace) => createRedisSharedCounts(redis, `counts:${namespace}`),
    broadcast,
    ready: (withinMs) => redis.ready(withinMs),
    close: async () => {
      broadcast.close();
      await redis.close();
    },
  };
};

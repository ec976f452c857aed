import {
  createRedisClient,
  endRedisClient,
  MAX_IN_FLIGHT,
  reasonOf,
  type RedisAccess,
  type RedisClient,
} from './redis-client.ts';
import type { RedisNode } from './redis-url.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

export type RedisState = { readonly ready: true } | { readonly ready: false; readonly reason: string };

export interface RedisLinkOptions {
  readonly access: RedisAccess;
  /** How long an answer may take. */
  readonly waitMs: number;
  /** Told when the server is reached and when it is lost; not of every try between. */
  readonly onState?: ((state: RedisState) => void) | undefined;
}

/** A server that has taken a connection and not answered on it after this long hangs, or the way to it does. */
const STUCK_MS = 5_000;

/**
 * One connection to Redis that mends itself. While the server is away every operation fails at once; one that is
 * under way fails within `waitMs`; nothing is sent twice.
 */
export interface RedisLink {
  /** @throws StoreUnavailableError for whatever goes wrong, also an error that Redis answers */
  run<T>(work: (client: RedisClient) => Promise<T>): Promise<T>;
  readonly isReady: boolean;
  /** Whether it is ready, or becomes so in time. */
  ready(withinMs: number): Promise<boolean>;
  close(): void;
}

export const openRedisLink = (
  node: RedisNode,
  options: RedisLinkOptions,
  /** Given every new client before it connects, to listen to its events. */
  onClient: (client: RedisClient) => void = () => undefined,
): RedisLink => {
  const waiters = createWaiters();
  let inFlight = 0;
  let closed = false;
  let answeredAt = 0;
  let stuck: NodeJS.Timeout | undefined;
  let known: boolean | undefined;

  const tell = (state: RedisState): void => {
    if (closed || known === state.ready) return;
    known = state.ready;
    options.onState?.(state);
  };
  const open = (): RedisClient => {
    const fresh = createRedisClient(node, options.access, true);
    fresh.on('connect', () => {
      clearTimeout(stuck);
      stuck = setTimeout(() => replace('it takes connections and does not answer'), STUCK_MS).unref();
    });
    fresh.on('ready', () => {
      clearTimeout(stuck);
      tell({ ready: true });
      waiters.settle(true);
    });
    fresh.on('error', (error: unknown) => {
      clearTimeout(stuck);
      tell({ ready: false, reason: reasonOf(error) });
    });
    onClient(fresh);
    // Tries for as long as it takes; what goes wrong meanwhile is told by 'error'.
    fresh.connect().catch(() => undefined);
    return fresh;
  };
  let client = open();

  /** The library has no way to give up one connection: a client that hangs is thrown away whole. */
  const replace = (reason: string): void => {
    clearTimeout(stuck);
    endRedisClient(client);
    tell({ ready: false, reason });
    // Who was told may have closed this.
    if (!closed) client = open();
  };
  const ensureReady = (): void => {
    if (closed) throw new StoreUnavailableError('the connection to Redis is closed');
    if (!client.isReady) throw new StoreUnavailableError('Redis cannot be reached');
    if (inFlight >= MAX_IN_FLIGHT) throw new StoreUnavailableError('Redis does not keep up');
  };

  const run = async <T>(work: (client: RedisClient) => Promise<T>): Promise<T> => {
    ensureReady();
    const used = client;
    const sentAt = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        // Not one answer since: the way there is cut, and TCP alone may take a quarter of an hour to notice.
        if (used === client && answeredAt < sentAt && !closed) replace('it does not answer');
        reject(new StoreUnavailableError(`Redis did not answer within ${options.waitMs} ms`));
      }, options.waitMs);
    });
    inFlight++;
    const answer = work(used).finally(() => inFlight--);
    try {
      const result = await Promise.race([answer, late]);
      answeredAt = performance.now();
      return result;
    } catch (error) {
      answer.catch(() => undefined);
      if (error instanceof StoreUnavailableError) throw error;
      throw new StoreUnavailableError(`Redis: ${reasonOf(error)}`);
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    run,
    get isReady() {
      return client.isReady;
    },
    ready: (withinMs) => (client.isReady ? Promise.resolve(true) : waiters.wait(withinMs)),
    close: () => {
      closed = true;
      clearTimeout(stuck);
      endRedisClient(client);
      waiters.settle(false);
    },
  };
};

/** Those who wait until something is ready, each for so long at most. */
export const createWaiters = () => {
  const waiting = new Set<(ready: boolean) => void>();
  return {
    wait: (withinMs: number): Promise<boolean> =>
      new Promise((resolve) => {
        const settle = (ready: boolean): void => {
          clearTimeout(timer);
          waiting.delete(settle);
          resolve(ready);
        };
        const timer = setTimeout(() => settle(false), withinMs);
        waiting.add(settle);
      }),
    settle: (ready: boolean): void => {
      for (const settle of [...waiting]) settle(ready);
    },
  };
};

import { createClient } from 'redis';
import { StoreUnavailableError } from './store-unavailable.ts';

/** TLS of a `rediss:` server; PEM. Without `ca` the system's authorities are trusted. */
export interface RedisTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export type RedisState = { readonly ready: true } | { readonly ready: false; readonly reason: string };

export interface RedisLinkOptions {
  /** `redis:` or `rediss:` (IANA registrations of both schemes). */
  readonly url: string;
  readonly tls?: RedisTls;
  /** How long an answer may take. */
  readonly waitMs: number;
  /** Told when the server is reached and when it is lost; not of every try between. */
  readonly onState?: (state: RedisState) => void;
}

const createRedisClient = ({ url, tls }: RedisLinkOptions) =>
  createClient({
    url,
    // RESP2: subscriptions have a connection of their own, and every server and proxy speaks it.
    RESP: 2,
    maintNotifications: 'disabled',
    // A command while the server is away fails at once instead of waiting in memory.
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_IN_FLIGHT,
    // The library's own time-out counts only until a command is written; ours (`waitMs`) until it is answered.
    commandOptions: { timeout: 0 },
    socket: {
      ...(url.startsWith('rediss:') ? { tls: true as const, ...tls } : {}),
      connectTimeout: 5_000,
      reconnectStrategy: (retries) => Math.min(20 * 2 ** retries, 300) * (0.75 + Math.random() / 2),
    },
  });

export type RedisClient = ReturnType<typeof createRedisClient>;

const MAX_IN_FLIGHT = 10_000;
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
  options: RedisLinkOptions,
  /** Given every new client before it connects, to listen to its events. */
  onClient: (client: RedisClient) => void = () => undefined,
): RedisLink => {
  const waiting = new Set<(ready: boolean) => void>();
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
    const fresh = createRedisClient(options);
    fresh.on('connect', () => {
      clearTimeout(stuck);
      stuck = setTimeout(() => replace('it takes connections and does not answer'), STUCK_MS).unref();
    });
    fresh.on('ready', () => {
      clearTimeout(stuck);
      tell({ ready: true });
      for (const resolve of waiting) resolve(true);
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
    client.destroy();
    tell({ ready: false, reason });
    client = open();
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
    ready: (withinMs) => {
      if (client.isReady) return Promise.resolve(true);
      return new Promise((resolve) => {
        const settle = (ready: boolean): void => {
          clearTimeout(timer);
          waiting.delete(settle);
          resolve(ready);
        };
        const timer = setTimeout(() => settle(false), withinMs);
        waiting.add(settle);
      });
    },
    close: () => {
      closed = true;
      clearTimeout(stuck);
      client.destroy();
      for (const settle of waiting) settle(false);
    },
  };
};

/** An error that Redis answers may repeat the command with its arguments: only its leading code is passed on. */
const reasonOf = (error: unknown): string => {
  const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string };
  if (typeof code === 'string') return code;
  const [answered] = /^[A-Z]+(?= )/.exec(message) ?? [];
  return answered ?? (error as object).constructor.name;
};

import { createClient } from 'redis';
import type { RedisLogin, RedisNode } from './redis-url.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

/** TLS of a server; PEM. Without `ca` the system's authorities are trusted. */
export interface RedisTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** How servers are spoken to, wherever they are. */
export interface RedisAccess {
  readonly login: RedisLogin;
  readonly database: number;
  /** Undefined: in clear text. */
  readonly tls: RedisTls | undefined;
}

/** Operations of one connection that may wait for their answers. */
export const MAX_IN_FLIGHT = 10_000;

/** ms until the next try: 20, 40, … 300, each spread by a quarter. */
export const backOffMs = (tries: number): number =>
  Math.min(20 * 2 ** tries, 300) * (0.75 + Math.random() / 2);

/** `lasting`: connects again by itself, for as long as it takes. */
export const createRedisClient = ({ host, port }: RedisNode, access: RedisAccess, lasting: boolean) =>
  createClient({
    ...access.login,
    database: access.database,
    // RESP2: subscriptions have a connection of their own, and every server and proxy speaks it.
    RESP: 2,
    maintNotifications: 'disabled',
    // A command while the server is away fails at once instead of waiting in memory.
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_IN_FLIGHT,
    // The library's own time-out counts only until a command is written; ours (`waitMs`) until it is answered.
    commandOptions: { timeout: 0 },
    socket: {
      host,
      port,
      ...(access.tls === undefined ? {} : { tls: true as const, ...access.tls }),
      connectTimeout: 5_000,
      reconnectStrategy: lasting ? backOffMs : false,
    },
  });

export type RedisClient = ReturnType<typeof createRedisClient>;

/**
 * Ends a client and its connection. The library forgets a socket that is being connected when its client is destroyed
 * (redis 6.3), and would leave it open: it is ended once it is connected.
 */
export const endRedisClient = (client: RedisClient): void => {
  client.on('connect', () => client.destroy());
  client.destroy();
};

/** One command on a connection of its own. @throws StoreUnavailableError when there is no answer in time */
export const askRedis = async (
  node: RedisNode,
  access: RedisAccess,
  args: readonly string[],
  waitMs: number,
): Promise<unknown> => {
  const client = createRedisClient(node, access, false);
  client.on('error', () => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StoreUnavailableError('no answer')), waitMs);
  });
  try {
    return await Promise.race([client.connect().then(() => client.sendCommand([...args])), late]);
  } finally {
    clearTimeout(timer);
    endRedisClient(client);
  }
};

/** An error that Redis answers may repeat the command with its arguments: only its leading code is passed on. */
export const reasonOf = (error: unknown): string => {
  if (error instanceof StoreUnavailableError) return error.message;
  const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string };
  if (typeof code === 'string') return code;
  const [answered] = /^[A-Z]+(?= )/.exec(message) ?? [];
  return answered ?? (error as object).constructor.name;
};

import type { RedisClient, RedisLink, RedisLinkOptions } from './redis-link.ts';
import { openRedisLink } from './redis-link.ts';
import type { RedisScript } from './redis-script.ts';
import { StorageError } from './storage-error.ts';

/** What the stores of one gateway share: one connection for commands, one more where something is listened to. */
export interface RedisConnection {
  /** The name of a key in Redis. */
  key(namespace: string, key: string): string;
  /** Sends one command. @throws StoreUnavailableError */
  command(args: readonly string[]): Promise<unknown>;
  /** Runs a script on its keys. @throws StoreUnavailableError */
  script(script: RedisScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** Opens a connection of its own, for subscriptions; closed with this one. */
  openAnother(onClient: (client: RedisClient) => void): RedisLink;
  /** Whether the server can be reached, now or in time. */
  ready(withinMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface RedisConnectionOptions extends Omit<RedisLinkOptions, 'waitMs'> {
  /** Before every key and channel: several gateways can share a server. */
  readonly prefix?: string;
  /** How long an answer may take. */
  readonly waitMs?: number;
}

const DEFAULT_WAIT_MS = 1_000;

/**
 * Starts to connect and returns at once: a server that is away now is connected to when it comes.
 *
 * @throws StorageError for a URL or prefix that cannot be used
 */
export const connectRedis = ({
  prefix = 'onecert:',
  waitMs = DEFAULT_WAIT_MS,
  ...options
}: RedisConnectionOptions): RedisConnection => {
  checkUrl(options.url);
  if (!/^[a-z0-9:_-]{1,64}$/.test(prefix)) {
    throw new StorageError('a prefix of Redis keys is lower-case letters, digits and : _ -');
  }
  const link = openRedisLink({ ...options, waitMs });
  const others: RedisLink[] = [];
  return {
    key: (namespace, key) => `${prefix}${namespace}:${key}`,
    command: (args) => link.run((client) => client.sendCommand(args)),
    script: ({ lua, sha1 }, keys, args) => {
      const rest = [`${keys.length}`, ...keys, ...args.map(String)];
      return link.run(async (client): Promise<unknown> => {
        try {
          return await client.sendCommand(['EVALSHA', sha1, ...rest]);
        } catch (error) {
          // Sent anew after a restart or failover. A script that is not there has not run.
          if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
          return client.sendCommand(['EVAL', lua, ...rest]);
        }
      });
    },
    openAnother: (onClient) => {
      // Its state follows the first connection's: told once.
      const { url, tls } = options;
      const another = openRedisLink({ url, ...(tls === undefined ? {} : { tls }), waitMs }, onClient);
      others.push(another);
      return another;
    },
    ready: (withinMs) => link.ready(withinMs),
    close: async () => {
      for (const each of [link, ...others]) each.close();
    },
  };
};

/** The URL may hold a password: it stands in no message. */
const checkUrl = (text: string): void => {
  const url = URL.parse(text);
  if (url === null || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') {
    throw new StorageError('expected a Redis URL: redis://host:6379 or rediss://user:password@host:6380/0');
  }
};

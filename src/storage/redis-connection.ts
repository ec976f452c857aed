import type { RedisClient } from './redis-client.ts';
import type { RedisLink } from './redis-link.ts';
import type { RedisScript } from './redis-script.ts';
import { openRedisServers, type RedisServersOptions } from './redis-servers.ts';
import { StorageError } from './storage-error.ts';

/** What the stores of one gateway share: one connection for commands, one more where something is listened to. */
export interface RedisConnection {
  /** The name of a key in Redis. */
  key(namespace: string, key: string): string;
  /** A namespace or key whose every name in Redis is at one server, for scripts that reach several: as it is, but in a cluster. */
  together(name: string): string;
  /** Sends one command, whose first argument is the key it is about. @throws StoreUnavailableError */
  command(args: readonly [command: string, key: string, ...rest: string[]]): Promise<unknown>;
  /** Runs a script on its keys, all at one server. @throws StoreUnavailableError */
  script(
    script: RedisScript,
    keys: readonly [string, ...string[]],
    args: readonly (string | number)[],
  ): Promise<unknown>;
  /** Opens a connection of its own, for subscriptions; closed with this one. */
  openAnother(onClient: (client: RedisClient) => void): RedisLink;
  /** Told when another server has taken over (a failover): what was written last may be lost there. */
  onMoved(listener: () => void): void;
  /** Whether all servers can be reached, now or in time. */
  ready(withinMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface RedisConnectionOptions extends Omit<RedisServersOptions, 'waitMs' | 'onMoved'> {
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
  if (!/^[a-z0-9:_-]{1,64}$/.test(prefix)) {
    throw new StorageError('a prefix of Redis keys is lower-case letters, digits and : _ -');
  }
  const listeners: (() => void)[] = [];
  const onMoved = (): void => listeners.forEach((listener) => listener());
  const servers = openRedisServers({ ...options, waitMs, onMoved });
  const others: RedisLink[] = [];
  return {
    key: (namespace, key) => `${prefix}${namespace}:${key}`,
    together: (name) => servers.together(name),
    command: (args) => servers.run(args[1], (send) => send(args)),
    script: ({ lua, sha1 }, keys, args) => {
      const rest = [`${keys.length}`, ...keys, ...args.map(String)];
      return servers.run(keys[0], async (send) => {
        try {
          return await send(['EVALSHA', sha1, ...rest]);
        } catch (error) {
          // Sent anew after a restart or failover. A script that is not there has not run.
          if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
          return send(['EVAL', lua, ...rest]);
        }
      });
    },
    openAnother: (onClient) => {
      const another = servers.openAnother(onClient);
      others.push(another);
      return another;
    },
    onMoved: (listener) => void listeners.push(listener),
    ready: (withinMs) => servers.ready(withinMs),
    close: async () => {
      servers.close();
      for (const each of others) each.close();
    },
  };
};

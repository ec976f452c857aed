import type { RedisAccess, RedisClient, RedisTls } from './redis-client.ts';
import { openRedisCluster } from './redis-cluster.ts';
import { followRedis } from './redis-follower.ts';
import { openRedisLink, type RedisLink, type RedisLinkOptions } from './redis-link.ts';
import { createMasterFinder, isMaster } from './redis-sentinels.ts';
import { readRedisUrl, type RedisNode } from './redis-url.ts';

export type Send = (args: readonly string[]) => Promise<unknown>;

/** One server, the master that sentinels name, or a cluster: what the stores see is the same. */
export interface RedisServers {
  /**
   * Runs `work` at the server that has `key`; every command in it is about that key. In a cluster it is run again where
   * that server answered that it is not the one, and has run nothing.
   *
   * @throws StoreUnavailableError
   */
  run(key: string, work: (send: Send) => Promise<unknown>): Promise<unknown>;
  /** A part of key names: keys that have the same are at the same server. */
  together(name: string): string;
  /** Opens a connection of its own, for subscriptions. */
  openAnother(onClient: (client: RedisClient) => void): RedisLink;
  ready(withinMs: number): Promise<boolean>;
  close(): void;
}

export interface RedisServersOptions extends Omit<RedisLinkOptions, 'access'> {
  /** As readRedisUrl reads it. */
  readonly url: string;
  readonly tls?: RedisTls | undefined;
  /** Told when another server has taken over: what was written last may be lost. */
  readonly onMoved?: () => void;
}

/** @throws StorageError for a URL that cannot be used */
export const openRedisServers = ({
  url,
  tls = {},
  onMoved,
  waitMs,
  onState,
}: RedisServersOptions): RedisServers => {
  const address = readRedisUrl(url);
  const { login, database, nodes, form, master, sentinelLogin } = address;
  const access: RedisAccess = { login, database, tls: address.tls ? tls : undefined };
  const options = { access, waitMs, onState };
  if (form === 'cluster') return openRedisCluster({ ...options, seeds: nodes, onMoved });
  if (form === 'server') {
    const [node] = nodes as readonly [RedisNode];
    // The state of a second link follows the first one's: told once.
    return oneAtATime(openRedisLink(node, options), (onClient) =>
      openRedisLink(node, { access, waitMs }, onClient),
    );
  }
  const find = createMasterFinder(nodes, master, { ...access, login: sentinelLogin, database: 0 });
  return oneAtATime(followRedis({ ...options, find, confirm: isMaster, onMoved }), (onClient) =>
    followRedis({ access, waitMs, find, confirm: isMaster }, onClient),
  );
};

const oneAtATime = (
  link: RedisLink,
  openAnother: (onClient: (client: RedisClient) => void) => RedisLink,
): RedisServers => ({
  run: (_key, work) => link.run((client) => work((args) => client.sendCommand([...args]))),
  together: (name) => name,
  openAnother,
  ready: (withinMs) => link.ready(withinMs),
  close: () => link.close(),
});

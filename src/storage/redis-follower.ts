import { backOffMs, reasonOf, type RedisClient } from './redis-client.ts';
import {
  createWaiters,
  openRedisLink,
  type RedisLink,
  type RedisLinkOptions,
  type RedisState,
} from './redis-link.ts';
import type { RedisNode } from './redis-url.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

/** How often it is asked whether the server is still the one to talk to. */
export const WATCH_MS = 2_000;

export interface RedisFollowerOptions extends RedisLinkOptions {
  /**
   * Says which server is the one to talk to; it is told which one that was, if any.
   *
   * @throws StoreUnavailableError when nobody knows
   */
  readonly find: (current: RedisNode | undefined) => Promise<RedisNode>;
  /** Whether the server that was reached takes itself for the one that was looked for. */
  readonly confirm?: (client: RedisClient) => Promise<boolean>;
  /** Told when another server than before has been reached: what the one before knew last, this one may not. */
  readonly onMoved?: (() => void) | undefined;
}

/** A RedisLink to a server that can be another one tomorrow. A link that is lost is given up and the server looked for anew. */
export const followRedis = (
  options: RedisFollowerOptions,
  onClient: (client: RedisClient) => void = () => undefined,
): RedisLink => {
  const waiters = createWaiters();
  let link: RedisLink | undefined;
  let node: RedisNode | undefined;
  let reached: RedisNode | undefined;
  let isReady = false;
  let known: boolean | undefined;
  let closed = false;
  let tries = 0;
  let retry: NodeJS.Timeout | undefined;

  const tell = (state: RedisState): void => {
    if (closed || known === state.ready) return;
    known = state.ready;
    options.onState?.(state);
  };
  const lose = (reason: string): void => {
    if (closed) return;
    isReady = false;
    link?.close();
    link = undefined;
    tell({ ready: false, reason });
    clearTimeout(retry);
    retry = setTimeout(() => void seek(), backOffMs(tries++));
  };
  const arrive = async (used: RedisLink): Promise<void> => {
    const { confirm } = options;
    const right = confirm === undefined || (await used.run(confirm).catch((error: Error) => error));
    if (closed || link !== used) return;
    if (right !== true) return lose(right === false ? 'the server found is no master' : right.message);
    tries = 0;
    isReady = true;
    const moved = reached !== undefined && !isSame(reached, node);
    reached = node;
    tell({ ready: true });
    waiters.settle(true);
    if (moved) options.onMoved?.();
  };
  const seek = async (): Promise<void> => {
    try {
      node = await options.find(node);
    } catch (error) {
      return lose(reasonOf(error));
    }
    if (closed || link !== undefined) return;
    const used: RedisLink = openRedisLink(
      node,
      {
        access: options.access,
        waitMs: options.waitMs,
        onState: (state) => {
          if (state.ready) void arrive(used);
          else lose(state.reason);
        },
      },
      onClient,
    );
    link = used;
  };
  // Also while a connection is being made: a machine that is gone does not even refuse it.
  const watch = async (): Promise<void> => {
    const watched = link;
    if (watched === undefined) return;
    const found = await options.find(node).catch(() => undefined);
    if (found !== undefined && link === watched && !isSame(found, node))
      lose('another server has taken over');
  };
  const watching = setInterval(() => void watch(), WATCH_MS).unref();
  void seek();

  return {
    run: async (work) => {
      const used = link;
      if (used === undefined || !isReady) throw new StoreUnavailableError('Redis cannot be reached');
      return used.run(async (client) => {
        try {
          return await work(client);
        } catch (error) {
          // A master that has become a replica, before the watch has seen it.
          if (link === used && /^READONLY /.test((error as Error).message)) lose('READONLY');
          throw error;
        }
      });
    },
    get isReady() {
      return isReady;
    },
    ready: (withinMs) => (isReady ? Promise.resolve(true) : waiters.wait(withinMs)),
    close: () => {
      closed = true;
      isReady = false;
      clearInterval(watching);
      clearTimeout(retry);
      link?.close();
      waiters.settle(false);
    },
  };
};

const isSame = (one: RedisNode, other: RedisNode | undefined): boolean =>
  one.host === other?.host && one.port === other.port;

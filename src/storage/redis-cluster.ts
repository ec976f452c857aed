import { askRedis, reasonOf, type RedisClient } from './redis-client.ts';
import { followRedis, WATCH_MS } from './redis-follower.ts';
import { createWaiters, openRedisLink, type RedisLink, type RedisLinkOptions } from './redis-link.ts';
import type { RedisServers, Send } from './redis-servers.ts';
import { nameOf, readNodeName, readSlots, slotOf, type SlotMap } from './redis-slots.ts';
import type { RedisNode } from './redis-url.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

/** How soon the map is asked for again while a part of the cluster is away. */
const RETRY_MS = 250;
const MAX_REDIRECTIONS = 16;
const TRY_AGAIN_MS = 20;

export interface RedisClusterOptions extends RedisLinkOptions {
  readonly seeds: readonly RedisNode[];
  readonly onMoved?: (() => void) | undefined;
}

/** Where a command that was not run is to be sent: `once` while its slot is on the way there. */
interface Redirection {
  readonly node: RedisNode | undefined;
  readonly once: boolean;
}

/**
 * The masters of a Redis Cluster, a link to each. It is ready while all slots are served and all masters reached; what
 * the others have can be used while one is away. Commands are sent again only after an answer that says they were not run
 * (MOVED, ASK, TRYAGAIN).
 */
export const openRedisCluster = ({ seeds, onMoved, ...options }: RedisClusterOptions): RedisServers => {
  const { access, waitMs } = options;
  const waiters = createWaiters();
  const links = new Map<string, RedisLink>();
  /** Whether they said that they serve, since they were reached: one that has just come back, or is alone, does not. */
  const serving = new Map<string, boolean>();
  let map: SlotMap | undefined;
  let known: boolean | undefined;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const isReady = (): boolean =>
    map?.complete === true &&
    [...map.nodes.keys()].every((name) => links.get(name)?.isReady && serving.get(name));
  const tell = (reason: string): void => {
    const ready = isReady();
    // Not reached yet is not lost.
    if (closed || known === ready || (!ready && reason === '')) return;
    known = ready;
    options.onState?.(ready ? { ready } : { ready, reason });
  };
  const linkTo = (node: RedisNode): RedisLink => {
    const name = nameOf(node);
    const held = links.get(name);
    if (held !== undefined) return held;
    const link = openRedisLink(node, {
      access,
      waitMs,
      onState: (state) => {
        serving.delete(name);
        tell(state.ready ? '' : state.reason);
        lookSoon(state.ready ? 0 : RETRY_MS);
      },
    });
    links.set(name, link);
    return link;
  };

  const take = (fresh: SlotMap): void => {
    const before = map;
    map = fresh;
    for (const node of fresh.nodes.values()) linkTo(node);
    for (const [name, link] of links) {
      if (fresh.nodes.has(name)) continue;
      link.close();
      links.delete(name);
      serving.delete(name);
    }
    const refused = [...serving.values()].includes(false);
    tell(!fresh.complete ? 'the cluster has slots that no server serves' : refused ? 'CLUSTERDOWN' : '');
    if (isReady()) waiters.settle(true);
    if (before !== undefined && before.text !== fresh.text) onMoved?.();
  };
  const ask = async (): Promise<SlotMap> => {
    const [question, health] = [
      ['CLUSTER', 'SLOTS'],
      ['CLUSTER', 'INFO'],
    ];
    const reached = [...links].filter(([, { isReady: reachedNow }]) => reachedNow);
    const said = await Promise.allSettled(
      reached.map(async ([name, link]) => {
        const node = map?.nodes.get(name) ?? readNodeName(name, seeds[0] as RedisNode);
        const [slots, info] = await link.run((client) =>
          Promise.all([client.sendCommand(question), client.sendCommand(health)]),
        );
        serving.set(name, typeof info === 'string' && /^cluster_state:ok/m.test(info));
        return readSlots(slots, node);
      }),
    );
    const answers = said.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    if (answers.length > 0) return mostSaid(answers);
    const asked = await Promise.allSettled(
      seeds.map(async (seed) => readSlots(await askRedis(seed, access, question, waitMs), seed)),
    );
    const found = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    if (found.length > 0) return mostSaid(found);
    const errors = asked.map((each) => (each as PromiseRejectedResult).reason as Error);
    throw new StoreUnavailableError(
      errors.some(({ message }) => /cluster support disabled/i.test(message))
        ? 'a server of the URL is no cluster'
        : reasonOf(errors[0]),
    );
  };
  let looking = false;
  let onceMore = false;
  const look = async (): Promise<void> => {
    if (looking || closed) return;
    looking = true;
    clearTimeout(timer);
    const fresh = await ask().catch((error: Error) => error);
    looking = false;
    if (closed) return;
    if (fresh instanceof Error) tell(fresh.message);
    else take(fresh);
    lookSoon(isReady() ? WATCH_MS : onceMore ? 0 : RETRY_MS);
    onceMore = false;
  };
  const lookSoon = (ms: number): void => {
    onceMore ||= looking && ms === 0;
    if (closed || looking) return;
    clearTimeout(timer);
    timer = setTimeout(() => void look(), ms);
  };
  void look();

  const ownerOf = (slot: number): RedisNode => {
    const node = map?.nodes.get(map.ownerOf(slot) ?? '');
    if (node !== undefined) return node;
    throw new StoreUnavailableError(
      map === undefined ? 'Redis cannot be reached' : 'no server of the Redis cluster serves this slot',
    );
  };
  const send = async (key: string, work: (send: Send) => Promise<unknown>): Promise<unknown> => {
    const slot = slotOf(key);
    let [node, once] = [ownerOf(slot), false];
    for (let turn = 0; turn < MAX_REDIRECTIONS && !closed; turn++) {
      const link = linkTo(node);
      if (turn > 0 && !(await link.ready(waitMs))) break;
      const outcome = await link.run((client) => attempt(client, node, work, once));
      if ('answer' in outcome) return outcome.answer;
      if (outcome.node === undefined) await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
      else if (!outcome.once) void look();
      [node, once] = [outcome.node ?? node, outcome.node === undefined ? once : outcome.once];
    }
    throw new StoreUnavailableError('the Redis cluster does not agree on who serves this slot');
  };

  let turn = 0;
  return {
    run: (key, work) => within(waitMs, send(key, work)),
    together: (name) => `{${name}}`,
    // What is published reaches every server of a cluster: any one can be listened to.
    openAnother: (onClient) =>
      followRedis(
        {
          access,
          waitMs,
          find: async (current) => {
            const reached = [...(map?.nodes ?? [])].filter(([name]) => links.get(name)?.isReady);
            const same = reached.find(([name]) => current !== undefined && name === nameOf(current));
            const [, node] = same ?? reached[turn++ % reached.length] ?? [];
            if (node === undefined) throw new StoreUnavailableError('Redis cannot be reached');
            return node;
          },
        },
        onClient,
      ),
    ready: (withinMs) => (isReady() ? Promise.resolve(true) : waiters.wait(withinMs)),
    close: () => {
      closed = true;
      clearTimeout(timer);
      for (const link of links.values()) link.close();
      waiters.settle(false);
    },
  };
};

/** A server that was cut off from the others for a while has an old map: the map of most is taken. */
const mostSaid = (maps: readonly SlotMap[]): SlotMap => {
  const count = (map: SlotMap): number => maps.filter(({ text }) => text === map.text).length;
  return maps.reduce((best, each) => (count(each) > count(best) ? each : best));
};

const attempt = async (
  client: RedisClient,
  node: RedisNode,
  work: (send: Send) => Promise<unknown>,
  once: boolean,
): Promise<{ readonly answer: unknown } | Redirection> => {
  try {
    const answer = await work((args) => {
      // Written in one go with the command that it is for.
      if (once) client.sendCommand(['ASKING']).catch(() => undefined);
      return client.sendCommand([...args]);
    });
    return { answer };
  } catch (error) {
    const [, code, place] = /^(?:(MOVED|ASK) \d+ (\S*:\d+)|TRYAGAIN )/.exec((error as Error).message) ?? [];
    if (code === undefined && !(error as Error).message.startsWith('TRYAGAIN ')) throw error;
    return {
      node: place === undefined ? undefined : readNodeName(place, node),
      once: code === 'ASK',
    };
  }
};

/** All redirections together take no longer than one answer may. */
const within = async <T>(waitMs: number, answer: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new StoreUnavailableError(`Redis did not answer within ${waitMs} ms`)),
      waitMs,
    );
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
};

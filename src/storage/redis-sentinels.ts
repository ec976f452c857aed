import { askRedis, reasonOf, type RedisAccess, type RedisClient } from './redis-client.ts';
import type { RedisNode } from './redis-url.ts';
import { StoreUnavailableError } from './store-unavailable.ts';

interface Answer extends RedisNode {
  readonly epoch: number;
}

/** How long a sentinel may take to answer; its machine may be gone without a word. */
const ANSWER_MS = 3_000;

/**
 * Asks sentinels which server is master. All are asked at once; of what more than half of them answer, the one with the
 * highest configuration epoch holds: every failover has a higher one than those before it, so that a sentinel that was cut
 * off meanwhile is not believed.
 */
export const createMasterFinder = (
  sentinels: readonly RedisNode[],
  master: string,
  access: RedisAccess,
): (() => Promise<RedisNode>) => {
  const find = async (): Promise<RedisNode> => {
    const [answers, errors] = await untilMostAnswered(
      sentinels.map(async (sentinel) =>
        readMaster(await askRedis(sentinel, access, ['SENTINEL', 'MASTER', master], ANSWER_MS)),
      ),
    );
    const [best] = answers.sort((one, other) => other.epoch - one.epoch);
    if (best !== undefined) return { host: best.host, port: best.port };
    throw new StoreUnavailableError(
      errors.some(({ message }) => /No such master/i.test(message))
        ? `no sentinel watches a master called ${master}`
        : `no sentinel says which server is master: ${reasonOf(errors[0])}`,
    );
  };
  let underWay: Promise<RedisNode> | undefined;
  // Two connections look for it in the same moment: asked once.
  return () => (underWay ??= find().finally(() => (underWay = undefined)));
};

/** Answers and errors, once more than half have answered or nothing more comes. */
const untilMostAnswered = <T>(asked: readonly Promise<T>[]): Promise<[answers: T[], errors: Error[]]> =>
  new Promise((resolve) => {
    const answers: T[] = [];
    const errors: Error[] = [];
    const look = (): void => {
      if (2 * answers.length > asked.length || answers.length + errors.length === asked.length) {
        resolve([answers, errors]);
      }
    };
    for (const each of asked) {
      each.then(
        (answer) => {
          answers.push(answer);
          look();
        },
        (error: Error) => {
          errors.push(error);
          look();
        },
      );
    }
  });

/** SENTINEL MASTER answers name, value, name, value … */
const readMaster = (reply: unknown): Answer => {
  const fields = readFields(reply);
  const [host, port, epoch] = [
    fields.get('ip'),
    Number(fields.get('port')),
    Number(fields.get('config-epoch')),
  ];
  if (host === undefined || !Number.isInteger(port) || !Number.isInteger(epoch)) {
    throw new StoreUnavailableError('a sentinel answers something else than a master');
  }
  return { host, port, epoch };
};

/** Whether a server takes itself for a master. HELLO and not ROLE: every user may ask it who may connect. */
export const isMaster = async (client: RedisClient): Promise<boolean> =>
  readFields(await client.sendCommand(['HELLO'])).get('role') === 'master';

const readFields = (reply: unknown): ReadonlyMap<string, string> => {
  const items = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
  return new Map(
    items.flatMap((name, index) =>
      index % 2 === 0 ? [[String(name), String(items[index + 1])] as const] : [],
    ),
  );
};

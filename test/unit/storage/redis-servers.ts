import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { openShortLivedStores, type ShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { freePort } from '../../free-port.ts';

/** The Redis of this machine; tests keep to keys of their own. */
export const REDIS_URL = process.env.ONECERT_TEST_REDIS ?? 'redis://127.0.0.1:6379';

const answers = async (url: string): Promise<boolean> => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
};

const required = process.env.ONECERT_REQUIRE_SERVICES === '1';
/** `describe`, or skipping where no Redis runs and none is required. */
export const describeWithRedis = required || (await answers(REDIS_URL)) ? describe : describe.skip;

export interface RedisStores {
  readonly stores: ShortLivedStores;
  readonly prefix: string;
  /** Closes, and removes every key under the prefix. */
  remove(): Promise<void>;
}

/** Stores under a prefix of their own, or under that of others. */
export const openRedisStores = async (
  prefix = `onecert-test-${randomBytes(8).toString('hex')}:`,
): Promise<RedisStores> => {
  const stores = openShortLivedStores({ url: REDIS_URL, prefix });
  if (!(await stores.ready(5_000))) throw new Error(`no Redis at ${REDIS_URL}`);
  return {
    stores,
    prefix,
    remove: async () => {
      await stores.close();
      const client = createClient({ url: REDIS_URL });
      await client.connect();
      for await (const keys of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1_000 })) {
        if (keys.length > 0) await client.del(keys);
      }
      client.destroy();
    },
  };
};

/** Everything a Redis holds, as text to look into. */
export const dumpRedis = async (url: string): Promise<string> => {
  const client = createClient({ url });
  await client.connect();
  const lines: string[] = [];
  for await (const keys of client.scanIterator({ COUNT: 1_000 })) {
    for (const key of keys) {
      const type = await client.type(key);
      const held =
        type === 'hash'
          ? Object.entries(await client.hGetAll(key)).flat()
          : type === 'zset'
            ? await client.zRange(key, 0, -1)
            : type === 'list'
              ? await client.lRange(key, 0, -1)
              : [(await client.get(key)) ?? ''];
      lines.push([key, ...held].join(' '));
    }
  }
  client.destroy();
  return lines.join('\n');
};

/** A redis-server of the test's own, that keeps nothing: it can be killed, halted and started again on its port. */
export interface OwnRedis {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Takes connections and answers nothing. */
  halt(): void;
  resume(): void;
  command(args: readonly string[]): Promise<unknown>;
  remove(): Promise<void>;
}

/**
 * `settings`: further arguments of redis-server; PORT in them is its port, BUS another one that is free. `file`: its
 * configuration.
 */
export const ownRedis = async (settings: readonly string[] = [], file?: string): Promise<OwnRedis> => {
  const [port, bus] = [await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), 'onecert-redis-'));
  const url = `redis://127.0.0.1:${port}`;
  let server: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (server === undefined) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
    server = undefined;
  };
  return {
    url,
    start: async () => {
      const filled = settings.map((each) => each.replace('PORT', `${port}`).replace('BUS', `${bus}`));
      const own = filled.includes(`${port}`) ? filled : ['--port', `${port}`, ...filled];
      const keepsNothing = ['--save', '', '--appendonly', 'no', '--dir', folder];
      const given = [...(file === undefined ? [] : [file]), '--bind', '127.0.0.1', ...keepsNothing, ...own];
      server = spawn('redis-server', given, { stdio: 'ignore' });
      await once(server, 'spawn');
      while (!(await answers(url))) {
        if (server.exitCode !== null) throw new Error('redis-server ended');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    kill,
    halt: () => void server?.kill('SIGSTOP'),
    resume: () => void server?.kill('SIGCONT'),
    command: async (args) => {
      const client = createClient({ url });
      await client.connect();
      const reply = await client.sendCommand(args);
      client.destroy();
      return reply;
    },
    remove: async () => {
      await kill();
      rmSync(folder, { recursive: true });
    },
  };
};

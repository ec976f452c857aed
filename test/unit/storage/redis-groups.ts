import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownRedis, type OwnRedis } from './redis-servers.ts';

/** Several servers of the test's own that are one Redis to who uses them. */
export interface RedisGroup {
  readonly url: string;
  readonly servers: readonly OwnRedis[];
  /** A server that holds data and takes writes, now. */
  masterOf(key: string): Promise<OwnRedis>;
  remove(): Promise<void>;
}

const place = ({ url }: OwnRedis): string => url.replace('redis://', '');
const portOf = ({ url }: OwnRedis): string => new URL(url).port;

const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; tries < 300; tries++) {
    if (await holds().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited in vain: ${what}`);
};

const named = (servers: readonly OwnRedis[], port: string): OwnRedis =>
  servers.find((each) => portOf(each) === port) ?? raise(`no server has the port ${port}`);
const raise = (message: string): never => {
  throw new Error(message);
};

/** A master with a replica, watched by three sentinels as `city`. `awayMs`: without an answer for so long, it is replaced. */
export const startSentinels = async (
  awayMs = 60_000,
): Promise<RedisGroup & { readonly sentinels: readonly OwnRedis[] }> => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-sentinels-'));
  const master = await ownRedis();
  await master.start();
  const replica = await ownRedis(['--replicaof', '127.0.0.1', portOf(master)]);
  const sentinels = await Promise.all(
    [0, 1, 2].map(async (index) => {
      // A sentinel writes down in its file what it learns.
      const file = join(folder, `${index}.conf`);
      writeFileSync(
        file,
        [
          `sentinel monitor city 127.0.0.1 ${portOf(master)} 2`,
          `sentinel down-after-milliseconds city ${awayMs}`,
          'sentinel failover-timeout city 3000\n',
        ].join('\n'),
      );
      return ownRedis(['--port', 'PORT', '--sentinel'], file);
    }),
  );
  // Sentinels ask a master for its replicas at once, and then every ten seconds.
  await replica.start();
  await until('a replica in step', async () =>
    /master_link_status:up/.test(String(await replica.command(['INFO', 'replication']))),
  );
  await Promise.all(sentinels.map((each) => each.start()));
  const ask = async (sentinel: OwnRedis): Promise<Record<string, string>> =>
    (await sentinel.command(['SENTINEL', 'MASTER', 'city'])) as Record<string, string>;
  for (const sentinel of sentinels) {
    await until('sentinels that know each other and the replica', async () => {
      const answer = await ask(sentinel);
      return answer['num-slaves'] === '1' && answer['num-other-sentinels'] === '2';
    });
  }
  const servers = [master, replica];
  return {
    url: `redis-sentinel://${sentinels.map(place).join(',')}/city`,
    servers,
    sentinels,
    masterOf: async () => named(servers, (await ask(sentinels[0] as OwnRedis)).port ?? ''),
    remove: async () => {
      for (const each of [...servers, ...sentinels]) await each.remove();
      rmSync(folder, { recursive: true });
    },
  };
};

/** Three masters, each with so many replicas. `awayMs`: without an answer for so long, a master is replaced. */
export const startCluster = async (replicas: 0 | 1 = 0, awayMs = 60_000): Promise<RedisGroup> => {
  const timeouts = ['--cluster-node-timeout', `${awayMs}`, '--repl-diskless-sync-delay', '0'];
  const settings = ['--cluster-enabled', 'yes', '--cluster-port', 'BUS', ...timeouts];
  const servers = await Promise.all(Array.from({ length: 3 * (replicas + 1) }, () => ownRedis(settings)));
  await Promise.all(servers.map((each) => each.start()));
  const shape = ['--cluster-replicas', `${replicas}`, '--cluster-yes'];
  execFileSync('redis-cli', ['--cluster', 'create', ...servers.map(place), ...shape], { stdio: 'pipe' });
  for (const each of servers) {
    await until('a cluster that is well', async () =>
      /cluster_state:ok/.test(String(await each.command(['CLUSTER', 'INFO']))),
    );
  }
  return {
    url: `redis-cluster://${servers.map(place).join(',')}`,
    servers,
    masterOf: async (key) => {
      const one = servers.at(-1) as OwnRedis;
      const slot = (await one.command(['CLUSTER', 'KEYSLOT', key])) as number;
      const ranges = (await one.command(['CLUSTER', 'SLOTS'])) as [number, number, [string, number]][];
      const range = ranges.find(([from, to]) => from <= slot && slot <= to);
      return named(servers, `${range?.[2][1]}`);
    },
    remove: async () => {
      for (const each of servers) await each.remove();
    },
  };
};

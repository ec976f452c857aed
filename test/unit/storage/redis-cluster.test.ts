import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { slotOf } from '../../../src/storage/redis-slots.ts';
import { openShortLivedStores, type ShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { StoreUnavailableError } from '../../../src/storage/store-unavailable.ts';
import { startCluster, type RedisGroup } from './redis-groups.ts';
import { describeWithRedis, ownRedis, type OwnRedis } from './redis-servers.ts';

const minute = 60_000;
const placeOf = ({ url }: OwnRedis): string => url.replace('redis://', '');

describeWithRedis('a Redis cluster', () => {
  let group: RedisGroup;
  let stores: ShortLivedStores;
  let states: boolean[];
  beforeAll(async () => {
    group = await startCluster();
    states = [];
    // One server is enough to find the others.
    const url = `redis-cluster://${placeOf(group.servers[1] as OwnRedis)}`;
    stores = openShortLivedStores({ url, waitMs: 3_000, onState: ({ ready }) => states.push(ready) });
    expect(await stores.ready(30_000)).toBe(true);
  }, 60_000);
  afterAll(async () => {
    await stores.close();
    await group.remove();
  });

  it('has a key in the slot where it is looked for', async () => {
    const server = group.servers[0] as OwnRedis;
    const keys = [
      '123456789',
      '{a}b',
      'a{b}c',
      '{}a',
      'a{}{b}',
      '{{a}}',
      '}{a}',
      'a{b',
      'a}b{',
      '一证通{会话}x',
      '\u{1f511}',
    ];
    for (const key of keys) {
      expect([key, await server.command(['CLUSTER', 'KEYSLOT', key])]).toEqual([key, slotOf(key)]);
    }
  });

  it('spreads what is kept by single keys', async () => {
    const keys = Array.from({ length: 60 }, (_, index) => `spread-${index}`);
    for (const key of keys) await stores.expiring('spread').put(key, 'value', minute);
    for (const server of group.servers) expect(Number(await server.command(['DBSIZE']))).toBeGreaterThan(0);
    for (const key of keys) expect(await stores.expiring('spread').take(key)).toBe('value');
  });

  it('may move a slot with sessions to another server, with calls under way: nothing is lost', async () => {
    const sessions = stores.grouped('moving');
    const slot = slotOf('onecert:{moving}:record:x');
    const keys = Array.from({ length: 90 }, (_, index) => `${index}`);
    for (const key of keys) await sessions.put(key, key, ['all', `third-${Number(key) % 3}`], minute);
    const from = await group.masterOf('onecert:{moving}:record:x');
    const to = group.servers.find((each) => each !== from) as OwnRedis;
    const [fromId, toId] = [
      await from.command(['CLUSTER', 'MYID']),
      await to.command(['CLUSTER', 'MYID']),
    ] as [string, string];
    await to.command(['CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', fromId]);
    await from.command(['CLUSTER', 'SETSLOT', `${slot}`, 'MIGRATING', toId]);
    const [host = '', port = ''] = placeOf(to).split(':');
    const ended = new Set<string>();
    for (let step = 0; ; step++) {
      const some = (await from.command(['CLUSTER', 'GETKEYSINSLOT', `${slot}`, '10'])) as string[];
      if (some.length === 0) break;
      await from.command(['MIGRATE', host, port, '', '0', '5000', 'KEYS', ...some]);
      // What single keys hold is found wherever it is by now; a session and its groups change whole or not at all.
      for (const key of keys.filter((each) => !ended.has(each))) expect(await sessions.get(key)).toBe(key);
      const key = keys[step * 7] ?? '0';
      await sessions.delete(key).then(
        () => ended.add(key),
        (error: unknown) => expect(error).toBeInstanceOf(StoreUnavailableError),
      );
      if (!ended.has(key) && (await sessions.get(key)) === undefined) ended.add(key);
    }
    for (const each of [to, from]) await each.command(['CLUSTER', 'SETSLOT', `${slot}`, 'NODE', toId]);
    const left = keys.filter((key) => !ended.has(key));
    expect((await sessions.list('all', 1_000)).map(({ key }) => key).sort()).toEqual([...left].sort());
    const third = left.filter((key) => Number(key) % 3 === 0);
    expect(await sessions.deleteGroup('third-0')).toBe(third.length);
    expect(await sessions.list('all', 1_000)).toHaveLength(left.length - third.length);
    expect(await stores.ready(10_000)).toBe(true);
  }, 30_000);

  it('goes on with what other servers have while one is away, and with all once it is back', async () => {
    await Promise.all(
      group.servers.map((each) => each.command(['CONFIG', 'SET', 'cluster-require-full-coverage', 'no'])),
    );
    const away = group.servers[1] as OwnRedis;
    const lost = 'onecert:limit:away:';
    const keys = Array.from({ length: 40 }, (_, index) => `away-${index}`);
    const ofAway = new Set<string>();
    for (const key of keys) if ((await group.masterOf(`${lost}${key}`)) === away) ofAway.add(key);
    expect(ofAway.size).toBeGreaterThan(0);
    const before = states.length;
    await away.kill();
    const limiter = stores.limiter('away', { limit: 1_000, windowMs: minute });
    const ask = () => Promise.allSettled(keys.map((key) => limiter.ask(key)));
    await ask();
    (await ask()).forEach(({ status }, index) => {
      expect([keys[index], status]).toEqual([
        keys[index],
        ofAway.has(keys[index] ?? '') ? 'rejected' : 'fulfilled',
      ]);
    });
    expect(await stores.ready(100)).toBe(false);
    await away.start();
    expect(await stores.ready(30_000)).toBe(true);
    for (const outcome of await ask()) expect(outcome.status).toBe('fulfilled');
    expect(states.slice(before)).toEqual([false, true]);
  }, 60_000);
});

describeWithRedis('what cannot be reached by its URL', () => {
  let server: OwnRedis;
  let sentinel: OwnRedis;
  const folder = mkdtempSync(join(tmpdir(), 'onecert-sentinel-'));
  beforeAll(async () => {
    server = await ownRedis(['--requirepass', 'geheim']);
    await server.start();
    const file = join(folder, 'sentinel.conf');
    const port = new URL(server.url).port;
    writeFileSync(
      file,
      `sentinel monitor city 127.0.0.1 ${port} 1\nsentinel auth-pass city geheim\nrequirepass wache\n`,
    );
    sentinel = await ownRedis(['--port', 'PORT', '--sentinel'], file);
    await sentinel.start();
  });
  afterAll(async () => {
    await sentinel.remove();
    await server.remove();
    rmSync(folder, { recursive: true });
  });

  const stateOf = async (url: string): Promise<string> => {
    const [first, told] = ((): [Promise<string>, (state: object) => void] => {
      let resolve: (text: string) => void = () => undefined;
      return [new Promise((done) => (resolve = done)), (state) => resolve(JSON.stringify(state))];
    })();
    const stores = openShortLivedStores({ url, onState: told });
    const state = await first;
    await stores.close();
    return state;
  };

  it('is said in words, and with no password', async () => {
    const [servers, sentinels] = [placeOf(server), placeOf(sentinel)];
    const refusals = [
      [`redis-sentinel://:geheim@${sentinels}/city?sentinel_password=wache`, '{"ready":true}'],
      [`redis-sentinel://:geheim@127.0.0.1:1,${sentinels}/city?sentinel_password=wache`, '{"ready":true}'],
      [`redis-sentinel://:geheim@${sentinels}/village?sentinel_password=wache`, 'called village'],
      [`redis-sentinel://:geheim@${sentinels}/city?sentinel_password=fremd`, 'is master: WRONGPASS'],
      [`redis-sentinel://:geheim@${sentinels}/city`, 'is master: NOAUTH'],
      [`redis-sentinel://:fremd@${sentinels}/city?sentinel_password=wache`, 'WRONGPASS'],
      ['redis-sentinel://:geheim@127.0.0.1:1/city', 'is master: ECONNREFUSED'],
      [`redis-cluster://:geheim@${servers}`, 'no cluster'],
      [`redis-cluster://:fremd@${servers}`, 'WRONGPASS'],
      ['redis-cluster://:geheim@127.0.0.1:1', 'ECONNREFUSED'],
    ] as const;
    for (const [url, expected] of refusals) {
      const state = await stateOf(url);
      expect([url, state]).toEqual([url, expect.stringContaining(expected)]);
      expect(state).not.toMatch(/geheim|wache|fremd/);
    }
  }, 30_000);
});

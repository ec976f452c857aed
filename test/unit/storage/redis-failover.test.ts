import { openShortLivedStores, type ShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { StoreUnavailableError } from '../../../src/storage/store-unavailable.ts';
import { listener } from './broadcast-contract.ts';
import { startCluster, startSentinels, type RedisGroup } from './redis-groups.ts';
import { describeWithRedis } from './redis-servers.ts';

const minute = 60_000;
/** In a cluster sessions and this topic are at servers of their own. */
const SESSIONS = 'onecert:{failover-groups}:record:key';

describeWithRedis.each([
  ['that sentinels watch', () => startSentinels(600)],
  ['in a cluster with replicas', () => startCluster(1, 1_200)],
] as const)('Redis %s, whose master is killed', (_, start) => {
  let group: RedisGroup;
  let states: boolean[];
  let one: ShortLivedStores;
  let other: ShortLivedStores;
  beforeAll(async () => {
    group = await start();
    states = [];
    const onState = ({ ready }: { ready: boolean }): unknown =>
      (ready || states.length > 0) && states.push(ready);
    one = openShortLivedStores({ url: group.url, pollMs: 100, onState });
    other = openShortLivedStores({ url: group.url, pollMs: 100 });
    for (const each of [one, other]) expect(await each.ready(30_000)).toBe(true);
  }, 60_000);
  afterAll(async () => {
    await one.close();
    await other.close();
    await group.remove();
  });

  const tryAll = (): Promise<PromiseSettledResult<unknown>[]> => {
    const sessions = one.grouped('failover-groups');
    return Promise.allSettled([
      sessions.put('other', 'value', ['group'], minute),
      sessions.get('other'),
      sessions.renew('other', 'value', minute),
      sessions.list('group', 1),
      sessions.delete('other'),
    ]);
  };

  it('refuses meanwhile, goes on at the replica by itself, and tells who listens of a gap', async () => {
    const heard = listener();
    await other.broadcast.subscribe('topic', heard);
    await one.broadcast.publish('topic', 'before');
    await heard.until(1);
    await one.grouped('failover-groups').put('key', 'kept', ['group'], minute);
    const master = await group.masterOf(SESSIONS);
    // What the replica has when the master is gone, it keeps.
    expect(await master.command(['WAIT', '1', '5000'])).toBe(1);

    const underWay = tryAll();
    await master.kill();
    await underWay;
    for (const outcome of await tryAll()) {
      expect(outcome).toEqual({ status: 'rejected', reason: expect.any(StoreUnavailableError) as unknown });
    }
    expect(states).toEqual([true, false]);

    expect(await one.ready(30_000)).toBe(true);
    expect(await group.masterOf(SESSIONS)).not.toBe(master);
    for (const outcome of await tryAll()) expect(outcome.status).toBe('fulfilled');
    expect(await one.grouped('failover-groups').list('group', 10)).toEqual([{ key: 'key', value: 'kept' }]);
    expect(states).toEqual([true, false, true]);
    await other.ready(30_000);
    await heard.until(2);
    await one.broadcast.publish('topic', 'after');
    expect(await heard.until(3)).toEqual(['before', '(gap)', 'after']);

    // The old master comes back as a replica: nobody goes back to it.
    await master.start();
    for (let round = 0; round < 20; round++) {
      await one.expiring('failover').put(`${round}`, 'value', minute);
      expect(await other.expiring('failover').take(`${round}`)).toBe('value');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(states).toEqual([true, false, true]);
  }, 90_000);
});

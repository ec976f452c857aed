import { openShortLivedStores, type ShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { describeBroadcast } from './broadcast-contract.ts';
import { describeExpiringStore } from './expiring-store-contract.ts';
import { describeGroupedStore } from './grouped-store-contract.ts';
import { describeRateLimiter } from './rate-limiter-contract.ts';
import { startCluster, startSentinels, type RedisGroup } from './redis-groups.ts';
import { describeWithRedis } from './redis-servers.ts';

const elapse = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describeWithRedis.each([
  ['that sentinels watch', () => startSentinels()],
  ['in a cluster', () => startCluster()],
] as const)('Redis %s', (name, start) => {
  let group: RedisGroup;
  let one: ShortLivedStores;
  let other: ShortLivedStores;
  beforeAll(async () => {
    group = await start();
    // Contracts are about answers, not about how soon they come.
    const open = () => openShortLivedStores({ url: group.url, waitMs: 10_000 });
    [one, other] = [open(), open()];
    for (const each of [one, other]) expect(await each.ready(30_000)).toBe(true);
  }, 60_000);
  afterAll(async () => {
    await one.close();
    await other.close();
    await group.remove();
  });

  /** Calls alternate between two connections, as from two gateways. */
  const both = <Store extends object>(choose: (stores: ShortLivedStores) => Store): Store => {
    const ends = [choose(one), choose(other)] as const;
    let turn = 0;
    return new Proxy(ends[0], {
      get: (_, property) => Reflect.get(ends[turn++ % 2] as Store, property) as unknown,
    });
  };

  describeExpiringStore(name, () => ({ store: both((stores) => stores.expiring('test')), elapse }));
  describeGroupedStore(name, () => ({ store: both((stores) => stores.grouped('test-groups')), elapse }));
  describeRateLimiter(name, () => ({
    create: (limit) => both((stores) => stores.limiter('test', limit)),
    elapse,
  }));
  describeBroadcast(name, () => [one.broadcast, other.broadcast]);

  it('counts calls for all', async () => {
    const call = { key: 'somebody', calls: 3, turnMs: 60_000, ageMs: 0 };
    await one.counts('test').add([call]);
    const [left = 0] = await other.counts('test').add([call, { ...call, key: 'somebody else' }]);
    expect(left).toBeGreaterThan(300_000);
  });
});

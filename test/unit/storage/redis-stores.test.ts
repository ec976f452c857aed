import { StorageError } from '../../../src/storage/storage-error.ts';
import { openShortLivedStores, type ShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { describeBroadcast } from './broadcast-contract.ts';
import { describeExpiringStore } from './expiring-store-contract.ts';
import { describeGroupedStore } from './grouped-store-contract.ts';
import { describeRateLimiter } from './rate-limiter-contract.ts';
import { describeWithRedis, openRedisStores, type RedisStores } from './redis-servers.ts';

const elapse = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describeWithRedis('with a Redis server', () => {
  let one: RedisStores;
  let other: RedisStores;
  beforeAll(async () => {
    one = await openRedisStores();
    other = await openRedisStores(one.prefix);
  });
  afterAll(async () => {
    await other.stores.close();
    await one.remove();
  });

  /** Calls alternate between two connections, as from two gateways. */
  const both = <Store extends object>(choose: (stores: ShortLivedStores) => Store): Store => {
    const ends = [choose(one.stores), choose(other.stores)] as const;
    let turn = 0;
    return new Proxy(ends[0], {
      get: (_, name) => Reflect.get(ends[turn++ % 2] as Store, name) as unknown,
    });
  };

  describeExpiringStore('Redis', () => ({ store: both((stores) => stores.expiring('test')), elapse }));
  describeGroupedStore('Redis', () => ({ store: both((stores) => stores.grouped('test-groups')), elapse }));
  describeRateLimiter('Redis', () => ({
    create: (limit) => both((stores) => stores.limiter('test', limit)),
    elapse,
  }));
  describeBroadcast('Redis', () => [one.stores.broadcast, other.stores.broadcast]);

  it('namespaces do not see each other', async () => {
    await one.stores.expiring('a').put('key', 'of a', 60_000);
    expect(await one.stores.expiring('b').get('key')).toBeUndefined();
    expect(await other.stores.expiring('a').get('key')).toBe('of a');
  });
});

describe('the URL of the stores', () => {
  it.each(['http://127.0.0.1', 'redis:', 'localhost:6379', '', 'redis+sentinel://a:1/b'])(
    '%s is refused',
    (url) => {
      expect(() => openShortLivedStores({ url })).toThrow(StorageError);
    },
  );

  it('and its password stand in no message', () => {
    expect(() => openShortLivedStores({ url: 'rediss+x://user:geheim@host' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('geheim') as string }) as Error,
    );
  });

  it('chooses the form', async () => {
    expect(openShortLivedStores().form).toBe('embedded');
    const stores = openShortLivedStores({ url: 'redis://127.0.0.1:1' });
    expect(stores.form).toBe('redis');
    await stores.close();
  });
});

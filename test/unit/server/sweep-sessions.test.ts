import { openShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { describeWithRedis, openRedisStores, type RedisStores } from '../storage/redis-servers.ts';
import { describeSweep } from './sweep-contract.ts';
import { describeSweepTurns } from './sweep-turns-contract.ts';

const embedded = openShortLivedStores();
describeSweepTurns('embedded', () => embedded.expiring('turns'));
describeSweep('embedded', () => embedded);

describeWithRedis('with Redis', () => {
  let redis: RedisStores;
  beforeAll(async () => {
    redis = await openRedisStores();
  });
  afterAll(() => redis?.remove());
  describeSweepTurns('Redis', () => redis.stores.expiring('turns'));
  describeSweep('Redis', () => redis.stores);
});

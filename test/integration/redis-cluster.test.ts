import { startCluster, type RedisGroup } from '../unit/storage/redis-groups.ts';
import { Browser } from './browser.ts';
import { eventually, openCity, type City } from './city.ts';
import { describeWith } from '../tools.ts';

const whenAll = describeWith('curl', 'openssl', 'redis-server');

const person = 'li-wei-zhujiang';
const service = '/residence-permit';

whenAll('a gateway whose sessions are in a cluster', () => {
  let redis: RedisGroup;
  let city: City;
  beforeAll(async () => {
    redis = await startCluster(1, 1_500);
    city = await openCity();
    city.edit('config/gateway.yaml', 'drain: 30s', `drain: 30s\nstores: { redis: '${redis.url}' }`);
    await city.start();
  }, 120_000);
  afterAll(async () => {
    await city.stop();
    await city.remove();
    await redis.remove();
  });

  it('keeps who is signed in through a failover, and takes sign-ins after it by itself', async () => {
    const browser = new Browser(city);
    const signedIn = await browser.signIn(await browser.follow(service), person);
    expect(signedIn.status).toBe(200);
    const master = await redis.masterOf('onecert:{sessions}:record:');
    await master.command(['WAIT', '1', '5000']);
    await master.kill();
    for (let call = 0; call < 4; call++) expect((await browser.open(service)).status).toBe(200);
    await eventually('a sign-in', async () => {
      const other = new Browser(city);
      const answer = await other.signIn(await other.follow(service), person).catch(() => undefined);
      return answer?.status === 200;
    });
    expect(await redis.masterOf('onecert:{sessions}:record:')).not.toBe(master);
    // Read from the new master: this page is not answered from a copy.
    expect((await browser.open('/me/sessions')).status).toBe(200);
  }, 120_000);
});

import { ownRedis, type OwnRedis } from '../unit/storage/redis-servers.ts';
import { Browser } from './browser.ts';
import { eventually, openCity, type City } from './city.ts';
import { describeWith } from '../tools.ts';

const whenAll = describeWith('curl', 'openssl', 'redis-server');

whenAll('a gateway whose sessions are in Redis', () => {
  let redis: OwnRedis;
  let city: City;
  const person = 'li-wei-zhujiang';
  const service = '/residence-permit';

  beforeAll(async () => {
    redis = await ownRedis();
    await redis.start();
    city = await openCity();
    city.edit('config/gateway.yaml', 'drain: 30s', `drain: 30s\nsessions: { redis: '${redis.url}' }`);
    await city.start();
  });
  afterAll(async () => {
    await city.stop();
    await city.remove();
    await redis.remove();
  });

  const signIn = async (browser: Browser) => browser.signIn(await browser.follow(service), person);

  it('goes on for who is signed in while Redis is away, and takes sign-ins again when it is back', async () => {
    const browser = new Browser(city);
    expect((await signIn(browser)).status).toBe(200);
    expect((await browser.open(service)).status).toBe(200);

    const up = async () => (await city.metric('onecert_redis_up')).get('');
    expect(await up()).toBe(1);
    await redis.kill();
    // On whichever thread its connections end up: no call fails for the want of Redis.
    for (let call = 0; call < 8; call++) expect((await browser.open(service)).status).toBe(200);
    const other = new Browser(city);
    const refused = await other.open('/signin');
    const challenged = await other.signIn(refused, person).catch((error: Error) => error);
    expect(challenged).toBeInstanceOf(Error);
    // Programs with a certificate need no session.
    expect((await city.curl(service, { as: person })).status).toBe(200);
    expect(
      city.log().some(({ msg }) => typeof msg === 'string' && msg.startsWith('Redis does not answer')),
    ).toBe(true);
    expect(await up()).toBe(0);
    const readiness = await fetch(`http://127.0.0.1:${city.ports.ONECERT_ADMIN_PORT}/readyz`);
    expect([readiness.status, await readiness.text()]).toEqual([
      200,
      expect.stringContaining('Redis is away'),
    ]);

    await redis.start();
    await eventually('a sign-in', async () => {
      const answer = await signIn(new Browser(city)).catch(() => undefined);
      return answer?.status === 200;
    });
    expect(await up()).toBe(1);
  });
});

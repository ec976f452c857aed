import { randomBytes } from 'node:crypto';
import { createSessionCache } from '../../../src/signin/session-cache.ts';
import { openSessions } from '../../../src/signin/sessions.ts';
import type { EndedSessions } from '../../../src/signin/session.ts';
import { createFieldCipher } from '../../../src/storage/field-cipher.ts';
import { openShortLivedStores, type ShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import {
  describeWithRedis,
  dumpRedis,
  openRedisStores,
  ownRedis,
  type OwnRedis,
  type RedisStores,
} from '../storage/redis-servers.ts';
import { cookieOf, noCookie, openCity, person } from './session-city.ts';
import { describeSessions } from './sessions-contract.ts';

const embedded = openShortLivedStores();
describeSessions('embedded', () => embedded);

describeWithRedis('with a Redis server', () => {
  let redis: RedisStores;
  beforeAll(async () => {
    redis = await openRedisStores();
  });
  afterAll(() => redis.remove());
  describeSessions('Redis', () => redis.stores);
});

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('the cache of sessions', () => {
  const setUp = async (options: { maxEntries?: number } = {}) => {
    const stores = openShortLivedStores();
    const { sessions, clock } = await openCity(stores, 'sessions');
    let reads = 0;
    const counted = {
      get: (key: string) => (reads++, sessions.get(key)),
      touch: sessions.touch.bind(sessions),
      onEnded: sessions.onEnded.bind(sessions),
    };
    const cache = createSessionCache({ sessions: counted, clock: () => clock.now, ...options });
    const begin = async ({ credential, admission } = person()) =>
      cookieOf((await sessions.begin(credential, admission, noCookie)).setCookie);
    return { sessions, clock, cache, begin, reads: () => reads };
  };

  it('reads a session once in half a minute, however many ask', async () => {
    const { cache, begin, reads, clock } = await setUp();
    const cookie = await begin();
    const found = await Promise.all(Array.from({ length: 50 }, () => cache.find(cookie)));
    expect(new Set(found).size).toBe(1);
    expect(found[0]).toBeDefined();
    expect(reads()).toBe(1);
    clock.now += 29_999;
    await cache.find(cookie);
    expect(reads()).toBe(1);
    clock.now += 1;
    await cache.find(cookie);
    expect(reads()).toBe(2);
  });

  it.each(['key', 'unifiedId', 'thumbprint', 'authority'] as const)(
    'drops copies the moment sessions are ended by %s, and no others',
    async (by) => {
      const { cache, begin, sessions, reads } = await setUp();
      const [ended, stays] = [await begin(), await begin()];
      const session = await cache.find(ended);
      await cache.find(stays);
      if (session === undefined) throw new Error('no session');
      if (by === 'key') await sessions.end(session.key);
      else await sessions.endAllOf({ [by]: session[by] } as Parameters<typeof sessions.endAllOf>[0]);
      expect(await cache.find(ended)).toBeUndefined();
      const before = reads();
      expect(await cache.find(stays)).toBeDefined();
      expect(reads()).toBe(before);
    },
  );

  it('does not keep what was read before an end and arrives after it', async () => {
    const stores = openShortLivedStores();
    const { sessions, clock } = await openCity(stores, 'sessions');
    const { credential, admission } = person();
    const { session, setCookie } = await sessions.begin(credential, admission, noCookie);
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const cache = createSessionCache({
      sessions: {
        // Read, then held up on the way.
        get: async (key) => {
          const read = await sessions.get(key);
          await gate;
          return read;
        },
        touch: sessions.touch.bind(sessions),
        onEnded: sessions.onEnded.bind(sessions),
      },
      clock: () => clock.now,
    });
    const asked = cache.find(cookieOf(setCookie));
    await new Promise((resolve) => setImmediate(resolve));
    await sessions.end(session.key);
    release();
    await asked;
    expect(cache.size).toBe(0);
    expect(await cache.find(cookieOf(setCookie))).toBeUndefined();
  });

  it('keeps to limits of time and number, asks for certificates to fit, and notes that sessions are used', async () => {
    const { cache, begin, clock, sessions } = await setUp({ maxEntries: 2 });
    const cookies = [await begin(), await begin(), await begin()];
    for (const cookie of cookies) expect(await cache.find(cookie)).toBeDefined();
    expect(cache.size).toBe(2);
    const [cookie = ''] = cookies;
    expect(await cache.find(cookie, 'another')).toBeUndefined();
    for (let at = 0; at < 60; at++) {
      clock.now += 60_000;
      expect(await cache.find(cookie)).toMatchObject({ lastSeen: clock.now });
    }
    await until(async () => (await sessions.find(cookie))?.lastSeen === clock.now);
    clock.now += 30 * 60_000;
    expect(await cache.find(cookie)).toBeUndefined();
  });
});

describeWithRedis('sessions of two gateways in one Redis', () => {
  let server: OwnRedis;
  let here: ShortLivedStores;
  let there: ShortLivedStores;
  beforeEach(async () => {
    server = await ownRedis();
    await server.start();
    const options = { url: server.url, waitMs: 300, pollMs: 100 };
    here = openShortLivedStores(options);
    there = openShortLivedStores(options);
    await Promise.all([here.ready(10_000), there.ready(10_000)]);
  });
  afterEach(async () => {
    await here.close();
    await there.close();
    await server.remove();
  });

  it('are found on both, and ended on one are out on the other', async () => {
    const [one, two] = [await openCity(here, 's'), await openCity(there, 's')];
    const cache = createSessionCache({ sessions: two.sessions, clock: Date.now });
    const { credential, admission } = person();
    const { session, setCookie } = await one.sessions.begin(credential, admission, noCookie);
    expect(await cache.find(cookieOf(setCookie))).toEqual(session);
    await one.sessions.endAllOf({ thumbprint: session.thumbprint });
    await until(() => cache.size === 0);
    expect(await cache.find(cookieOf(setCookie))).toBeUndefined();
  });

  it('are in Redis without ids, names and addresses in clear text, and cannot be swapped', async () => {
    const { sessions, defects } = await openCity(here, 's');
    const [me, other] = [person(), person()];
    const mine = await sessions.begin(me.credential, me.admission, noCookie);
    const others = await sessions.begin(other.credential, other.admission, noCookie);
    await sessions.endAllOf({ unifiedId: other.admission.identity.unifiedId });
    const held = await dumpRedis(server.url);
    expect(held).toContain(mine.session.key);
    const [leaf = new Uint8Array()] = me.credential.chain;
    for (const secret of [
      cookieOf(mine.setCookie).slice('__Host-onecert='.length),
      me.admission.identity.unifiedId,
      other.admission.identity.unifiedId,
      me.admission.verdict.thumbprint,
      me.admission.verdict.authority,
      me.credential.from,
      Buffer.from(leaf).toString('base64').slice(0, 40),
      'citizen',
    ]) {
      expect(held).not.toContain(secret);
    }
    // Whoever can write to Redis puts my record under the key of a cookie of theirs.
    await server.command([
      'COPY',
      `onecert:s:record:${mine.session.key}`,
      `onecert:s:record:${others.session.key}`,
    ]);
    expect(await sessions.find(cookieOf(others.setCookie))).toBeUndefined();
    expect(defects).toHaveLength(1);
    expect(await sessions.find(cookieOf(mine.setCookie))).toBeDefined();
  });

  it('sealed with another key are no sessions', async () => {
    const { sessions } = await openCity(here, 's');
    const { credential, admission } = person();
    const { setCookie } = await sessions.begin(credential, admission, noCookie);
    const defects: unknown[] = [];
    const elsewhere = await openSessions({
      records: there.grouped('s'),
      broadcast: there.broadcast,
      cipher: createFieldCipher(randomBytes(32)),
      clock: Date.now,
      onDefect: (error) => defects.push(error),
    });
    const told: EndedSessions[] = [];
    elsewhere.onEnded((ended) => told.push(ended));
    expect(await elsewhere.find(cookieOf(setCookie))).toBeUndefined();
    expect(defects).toHaveLength(1);
    // What it cannot read may be about any session.
    await sessions.endAllOf({ authority: 'yuean' });
    await until(() => told.length > 0);
    expect(told).toEqual([{ any: true }]);
  });

  it('while Redis is away: copies go on, all else is refused with its code; afterwards all is as Redis has it', async () => {
    const { sessions, clock } = await openCity(here, 's');
    const cache = createSessionCache({ sessions, clock: () => clock.now });
    const { credential, admission } = person();
    const [known, unknown] = [
      await sessions.begin(credential, admission, noCookie),
      await sessions.begin(credential, admission, noCookie),
    ];
    expect(await cache.find(cookieOf(known.setCookie))).toBeDefined();
    await server.kill();
    const away = { name: 'Refusal', code: 'ONECERT_SESSION_UNAVAILABLE' };
    clock.now += 299_000;
    expect((await cache.find(cookieOf(known.setCookie)))?.key).toBe(known.session.key);
    await expect(cache.find(cookieOf(unknown.setCookie))).rejects.toMatchObject(away);
    for (const refused of [
      sessions.begin(credential, admission, noCookie),
      sessions.find(cookieOf(known.setCookie)),
      sessions.reissue(unknown.session.key),
      sessions.list(admission.identity.unifiedId),
      sessions.pages({ authority: 'yuean' })[Symbol.asyncIterator]().next(),
      sessions.count({ authority: 'yuean' }),
      sessions.end(unknown.session.key),
      sessions.endAllOf({ authority: 'yuean' }),
      sessions.touch({ ...unknown.session }),
    ]) {
      await expect(refused).rejects.toMatchObject(away);
    }
    clock.now += 1_000;
    await expect(cache.find(cookieOf(known.setCookie))).rejects.toMatchObject(away);

    await server.start();
    await here.ready(10_000);
    // It kept nothing: the gap in its messages empties the cache, and everybody signs in again.
    await until(() => cache.size === 0);
    expect(await cache.find(cookieOf(known.setCookie))).toBeUndefined();
    const again = await sessions.begin(credential, admission, noCookie);
    expect(await cache.find(cookieOf(again.setCookie))).toBeDefined();
  });
});

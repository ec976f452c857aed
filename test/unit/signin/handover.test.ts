import { randomBytes } from 'node:crypto';
import { createBrowserSessions } from '../../../src/signin/browser-session.ts';
import { createHandover } from '../../../src/signin/handover.ts';
import { createEmbeddedExpiringStore } from '../../../src/storage/embedded-expiring-store.ts';
import { openShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { cookieOf, noCookie, openCity, person } from './session-city.ts';

const ORIGIN = 'https://portal.example.gov.cn';
const invalid = { name: 'Refusal', code: 'ONECERT_HANDOVER_INVALID' };

const setUp = async () => {
  const { sessions, clock } = await openCity(openShortLivedStores(), 'sessions');
  const codes = createEmbeddedExpiringStore({ clock: () => clock.now });
  const parts = { codes, sessions, key: randomBytes(32), clock: () => clock.now };
  const handover = createHandover(parts);
  const browser = createBrowserSessions(randomBytes(32)).begin().id;
  const taker = { browser, origin: ORIGIN, cookie: undefined };
  /** Steps 1 and 2: a person signs in at the other listener. */
  const signIn = async (target = '/tax?step=2', { credential, admission } = person()) => {
    const request = handover.read(handover.request(browser, ORIGIN, target));
    if (request === undefined) throw new Error('the request is not read');
    const begun = await sessions.begin(credential, admission, { ...noCookie, handedOver: true });
    return { begun, code: await handover.issue(request, begun.session.key) };
  };
  return { sessions, clock, codes, parts, handover, browser, taker, signIn };
};

describe('handing a session over to another listener', () => {
  it('gives the browser that asked the session, under a new id, and where it wanted to go', async () => {
    const { handover, taker, signIn, sessions } = await setUp();
    const { begun, code } = await signIn();
    const handedOver = await handover.exchange(code, taker);
    expect(handedOver.target).toBe('/tax?step=2');
    expect(handedOver.session).toEqual({ ...begun.session, key: handedOver.session.key });
    expect(await sessions.find(cookieOf(handedOver.setCookie))).toEqual(handedOver.session);
    expect(await sessions.find(cookieOf(begun.setCookie))).toBeUndefined();
  });

  it('ends the session that the browser had before', async () => {
    const { handover, taker, signIn, sessions } = await setUp();
    const before = await handover.exchange((await signIn()).code, taker);
    const cookie = cookieOf(before.setCookie);
    const after = await handover.exchange((await signIn()).code, { ...taker, cookie });
    expect(await sessions.find(cookie)).toBeUndefined();
    expect(await sessions.find(cookieOf(after.setCookie))).toBeDefined();
  });

  it('works once, also for many at the same time', async () => {
    const { handover, taker, signIn } = await setUp();
    const { code } = await signIn();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () => handover.exchange(code, taker)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(handover.exchange(code, taker)).rejects.toMatchObject(invalid);
  });

  it('works within a minute', async () => {
    const { handover, taker, signIn, clock } = await setUp();
    const [early, late] = [await signIn(), await signIn()];
    clock.now += 59_999;
    await handover.exchange(early.code, taker);
    clock.now += 1;
    await expect(handover.exchange(late.code, taker)).rejects.toMatchObject(invalid);
  });

  it.each([
    ['another browser', { browser: 'another' }],
    ['a browser without a cookie', { browser: undefined }],
    ['another origin', { origin: 'https://evil.example' }],
    ['another port', { origin: `${ORIGIN}:8443` }],
  ])('ends the session instead when %s brings the code', async (_, difference) => {
    const { handover, taker, signIn, sessions } = await setUp();
    const { begun, code } = await signIn();
    await expect(handover.exchange(code, { ...taker, ...difference })).rejects.toMatchObject(invalid);
    await expect(handover.exchange(code, taker)).rejects.toMatchObject(invalid);
    expect(await sessions.get(begun.session.key)).toBeUndefined();
  });

  it('is off when the session has ended meanwhile', async () => {
    const { handover, taker, signIn, sessions } = await setUp();
    const { begun, code } = await signIn();
    await sessions.end(begun.session.key);
    await expect(handover.exchange(code, taker)).rejects.toMatchObject(invalid);
  });

  it('takes only codes', async () => {
    const { handover, taker, signIn } = await setUp();
    const { code } = await signIn();
    for (const wrong of [undefined, '', 7, [code], `${code}x`, randomBytes(32).toString('base64url')]) {
      await expect(handover.exchange(wrong, taker)).rejects.toMatchObject(invalid);
    }
    await handover.exchange(code, taker);
  });

  it('keeps codes in the store as hashes', async () => {
    const { codes, handover, parts, signIn } = await setUp();
    const names: string[] = [];
    const watched = createHandover({
      ...parts,
      codes: { ...codes, put: (name, ...rest) => (names.push(name), codes.put(name, ...rest)) },
    });
    const request = handover.read(handover.request('browser', ORIGIN, '/'));
    if (request === undefined) throw new Error('the request is not read');
    const code = await watched.issue(request, (await signIn()).begun.session.key);
    expect(names).toHaveLength(1);
    expect(names[0]).not.toContain(code);
  });

  it('begins with a request that nobody else can make, for ten minutes', async () => {
    const { handover, browser, parts, clock } = await setUp();
    const request = handover.request(browser, ORIGIN, '/a?b');
    expect(handover.read(request)).toMatchObject({ origin: ORIGIN, target: '/a?b' });
    expect(request).not.toContain(browser);
    expect(createHandover({ ...parts, key: randomBytes(32) }).read(request)).toBeUndefined();
    for (let place = 0; place < request.length - 1; place += 7) {
      const changed =
        request.slice(0, place) + (request[place] === 'A' ? 'B' : 'A') + request.slice(place + 1);
      expect(handover.read(changed)).toBeUndefined();
    }
    for (const wrong of [undefined, '', '.', 7, {}, `${request}.`, 'a'.repeat(10_000)]) {
      expect(handover.read(wrong)).toBeUndefined();
    }
    clock.now += 10 * 60_000;
    expect(handover.read(request)).toBeUndefined();
    expect(() => handover.request(browser, 'portal.example.gov.cn', '/')).toThrow(TypeError);
    expect(() => handover.request(browser, ORIGIN, '//evil.example')).toThrow(TypeError);
  });

  it('a session that nobody comes for is gone after a minute', async () => {
    const clock = { now: 1_700_000_000_000 };
    const { createEmbeddedGroupedStore } = await import('../../../src/storage/embedded-grouped-store.ts');
    const stores = {
      ...openShortLivedStores(),
      grouped: () => createEmbeddedGroupedStore({ clock: () => clock.now }),
    };
    const { sessions, clock: own } = await openCity(stores, 'sessions');
    own.now = clock.now;
    const { credential, admission } = person();
    const { session } = await sessions.begin(credential, admission, { ...noCookie, handedOver: true });
    clock.now += 59_999;
    expect(await sessions.get(session.key)).toBeDefined();
    clock.now += 1;
    expect(await sessions.list(admission.identity.unifiedId)).toEqual([]);
  });
});

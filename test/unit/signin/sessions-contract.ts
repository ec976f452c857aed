import { randomBytes } from 'node:crypto';
import { Refusal } from '../../../src/refusal/refusal.ts';
import type { EndedSessions, Session } from '../../../src/signin/session.ts';
import { credentialOf } from '../../../src/signin/session.ts';
import type { ShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { cookieOf, noCookie, openCity, person } from './session-city.ts';

const minute = 60_000;
const hour = 60 * minute;

/** What sessions do, whichever stores they are in. */
export const describeSessions = (name: string, stores: () => ShortLivedStores): void => {
  describe(`sessions in ${name} stores`, () => {
    const open = () => openCity(stores(), `sessions-${randomBytes(6).toString('hex')}`);

    it('are found by the cookie they were given, whole', async () => {
      const { sessions, clock } = await open();
      const { credential, admission } = person();
      const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
      const begun = await sessions.begin(credential, admission, { cookie: undefined, userAgent });
      expect(begun.setCookie).toMatch(/^__Host-onecert=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=Lax$/);
      const found = await sessions.find(`a=b; ${cookieOf(begun.setCookie)}; c=d`);
      expect(found).toEqual({
        key: begun.session.key,
        unifiedId: admission.identity.unifiedId,
        kind: 'citizen',
        chain: credential.chain,
        thumbprint: admission.verdict.thumbprint,
        authority: admission.verdict.authority,
        proof: 'signed-challenge',
        provenAt: credential.provenAt,
        createdAt: clock.now,
        lastSeen: clock.now,
        from: '203.0.113.7',
        agent: 'Firefox',
      } satisfies Session);
      expect(await sessions.get(begun.session.key)).toEqual(found);
      expect(credentialOf(found as Session, '198.51.100.1')).toEqual({
        ...credential,
        from: '198.51.100.1',
      });
    });

    it('are not found by anything else', async () => {
      const { sessions } = await open();
      const { credential, admission } = person();
      const { session, setCookie } = await sessions.begin(credential, admission, noCookie);
      const cookie = cookieOf(setCookie);
      for (const wrong of [
        undefined,
        '',
        `__Host-onecert=${session.key}`,
        `${cookie}; ${cookie}`,
        `${cookie}; __Host-onecert=${randomBytes(32).toString('base64url')}`,
        `__Host-onecert; ${cookie}`,
        cookie.slice(0, -1),
        `${cookie}x`,
        cookie.toLowerCase(),
        cookie.replace('=', '="') + '"',
        `__Host-onecert=${randomBytes(32).toString('base64url')}`,
      ]) {
        expect(await sessions.find(wrong)).toBeUndefined();
      }
      expect(await sessions.find(cookie)).toBeDefined();
    });

    it('belong to their certificate: another one shown with the cookie is none of theirs', async () => {
      const { sessions } = await open();
      const { credential, admission } = person();
      const { setCookie } = await sessions.begin(credential, admission, noCookie);
      expect(await sessions.find(cookieOf(setCookie), admission.verdict.thumbprint)).toBeDefined();
      expect(await sessions.find(cookieOf(setCookie), person().admission.verdict.thumbprint)).toBeUndefined();
    });

    it('get a new id at each sign-in, whatever cookie it came with (session fixation)', async () => {
      const { sessions } = await open();
      const [attacker, victim] = [person(), person()];
      const planted = await sessions.begin(attacker.credential, attacker.admission, noCookie);
      const unknown = `__Host-onecert=${randomBytes(32).toString('base64url')}`;
      for (const cookie of [cookieOf(planted.setCookie), unknown]) {
        const begun = await sessions.begin(victim.credential, victim.admission, {
          cookie,
          userAgent: undefined,
        });
        expect(cookieOf(begun.setCookie)).not.toBe(cookie);
        expect(await sessions.find(cookie)).toBeUndefined();
        expect((await sessions.find(cookieOf(begun.setCookie)))?.unifiedId).toBe(
          victim.admission.identity.unifiedId,
        );
      }
    });

    it('are not begun for who is refused', async () => {
      const { sessions } = await open();
      const { credential, admission } = person();
      await expect(
        sessions.begin(
          credential,
          { ...admission, identity: undefined, refusal: 'ONECERT_CERTIFICATE_REVOKED' },
          noCookie,
        ),
      ).rejects.toMatchObject({ code: 'ONECERT_CERTIFICATE_REVOKED' });
      await expect(
        sessions.begin(credential, { ...admission, identity: undefined }, noCookie),
      ).rejects.toBeInstanceOf(Refusal);
    });

    it('end when nothing is heard of them for half an hour, and after eight hours in any case', async () => {
      const { sessions, clock } = await open();
      const { credential, admission } = person();
      const begin = async () => cookieOf((await sessions.begin(credential, admission, noCookie)).setCookie);
      const start = clock.now;
      const [idle, used] = [await begin(), await begin()];
      for (let at = 20 * minute; at < 8 * hour; at += 20 * minute) {
        clock.now = start + at;
        const session = await sessions.find(used);
        expect(await sessions.touch(session as Session)).toMatchObject({ lastSeen: clock.now });
        expect((await sessions.find(idle)) !== undefined).toBe(at < 30 * minute);
      }
      clock.now = start + 8 * hour - 1;
      const last = await sessions.find(used);
      expect(last).toBeDefined();
      clock.now = start + 8 * hour;
      expect(await sessions.find(used)).toBeUndefined();
      expect(await sessions.touch(last as Session)).toBeUndefined();
      expect(await sessions.list(admission.identity.unifiedId)).toEqual([]);
    });

    it('are written at most once a minute while they are used, and never after their end', async () => {
      const { sessions, clock } = await open();
      const { credential, admission } = person();
      const { session, setCookie } = await sessions.begin(credential, admission, noCookie);
      clock.now += minute - 1;
      expect(await sessions.touch(session)).toBe(session);
      expect((await sessions.find(cookieOf(setCookie)))?.lastSeen).toBe(session.lastSeen);
      clock.now += 1;
      expect(await sessions.touch(session)).toEqual({ ...session, lastSeen: clock.now });
      expect((await sessions.find(cookieOf(setCookie)))?.lastSeen).toBe(clock.now);
      await sessions.end(session.key);
      expect(await sessions.touch(session)).toBeUndefined();
      expect(await sessions.find(cookieOf(setCookie))).toBeUndefined();
      expect(await sessions.list(admission.identity.unifiedId)).toEqual([]);
    });

    it('are listed for their identity, last seen first, and ended by their owner alone', async () => {
      const { sessions, clock } = await open();
      const [me, other] = [person(), person()];
      const [first, second, foreign] = [
        await sessions.begin(me.credential, me.admission, noCookie),
        await sessions.begin(me.credential, me.admission, noCookie),
        await sessions.begin(other.credential, other.admission, noCookie),
      ];
      clock.now += minute;
      await sessions.touch(first.session);
      const { unifiedId } = me.admission.identity;
      expect((await sessions.list(unifiedId)).map(({ key }) => key)).toEqual([
        first.session.key,
        second.session.key,
      ]);
      expect(await sessions.end(foreign.session.key, unifiedId)).toBe(false);
      expect(await sessions.find(cookieOf(foreign.setCookie))).toBeDefined();
      expect(await sessions.end(first.session.key, unifiedId)).toBe(true);
      expect(await sessions.end(first.session.key, unifiedId)).toBe(false);
      expect((await sessions.list(unifiedId)).map(({ key }) => key)).toEqual([second.session.key]);
    });

    it('end all together by identity, by certificate and by authority, and nobody else', async () => {
      const { sessions } = await open();
      const told: EndedSessions[] = [];
      sessions.onEnded((ended) => told.push(ended));
      const unifiedId = randomBytes(16).toString('base64url');
      const people = [
        person(unifiedId, 'yuean'),
        person(unifiedId, 'lingnan'),
        person(undefined, 'yuean'),
        person(undefined, 'lingnan'),
      ] as const;
      const beginAll = () =>
        Promise.all(
          people.map(async ({ credential, admission }) =>
            cookieOf((await sessions.begin(credential, admission, noCookie)).setCookie),
          ),
        );
      const stillThere = async (cookies: readonly string[]): Promise<boolean[]> =>
        Promise.all(cookies.map(async (cookie) => (await sessions.find(cookie)) !== undefined));

      const ofIdentity = await beginAll();
      expect(await sessions.endAllOf({ unifiedId })).toBe(2);
      expect(await stillThere(ofIdentity)).toEqual([false, false, true, true]);
      const { thumbprint } = people[2].admission.verdict;
      expect(await sessions.endAllOf({ thumbprint })).toBe(1);
      expect(await stillThere(ofIdentity)).toEqual([false, false, false, true]);
      const ofAuthority = await beginAll();
      expect(await sessions.endAllOf({ authority: 'yuean' })).toBe(2);
      expect(await stillThere([...ofIdentity, ...ofAuthority])).toEqual([
        false,
        false,
        false,
        true,
        false,
        true,
        false,
        true,
      ]);
      expect(told).toEqual(expect.arrayContaining([{ unifiedId }, { thumbprint }, { authority: 'yuean' }]));
      expect(await sessions.endAllOf({ authority: 'nobody' })).toBe(0);
    });

    it('are gone through in pages, and counted, by identity, certificate and authority', async () => {
      const { sessions } = await open();
      const authority = `authority-${randomBytes(4).toString('hex')}`;
      const someone = person(undefined, authority);
      const begin = async ({ credential, admission } = person(undefined, authority)) =>
        (await sessions.begin(credential, admission, noCookie)).session;
      const begun = await Promise.all(Array.from({ length: 300 }, () => begin()));
      const own = [await begin(someone), await begin(someone)];
      await begin(person());
      const met = async (group: Parameters<typeof sessions.pages>[0]) => {
        const keys = new Set<string>();
        for await (const page of sessions.pages(group)) {
          expect(page.length).toBeLessThanOrEqual(150);
          for (const session of page) keys.add(session.key);
        }
        return [...keys].sort();
      };
      const all = [...begun, ...own].map(({ key }) => key).sort();
      expect(await met({ authority })).toEqual(all);
      expect(await sessions.count({ authority })).toBe(302);
      const [unifiedId, thumbprint] = [own[0]?.unifiedId ?? '', own[0]?.thumbprint ?? ''];
      for (const group of [{ unifiedId }, { thumbprint }]) {
        expect(await met(group)).toEqual(own.map(({ key }) => key).sort());
        expect(await sessions.count(group)).toBe(2);
      }
      expect(await sessions.endAllOf({ authority })).toBe(302);
      expect([await met({ authority }), await sessions.count({ authority })]).toEqual([[], 0]);
    });

    it('handed over go to exactly one of those who ask, under a new id', async () => {
      const { sessions } = await open();
      const { credential, admission } = person();
      const { session, setCookie } = await sessions.begin(credential, admission, noCookie);
      const reissued = (
        await Promise.all(Array.from({ length: 10 }, () => sessions.reissue(session.key)))
      ).filter((begun) => begun !== undefined);
      expect(reissued).toHaveLength(1);
      expect(await sessions.find(cookieOf(setCookie))).toBeUndefined();
      expect(await sessions.find(cookieOf(reissued[0]?.setCookie ?? ''))).toEqual({
        ...session,
        key: reissued[0]?.session.key,
      });
      expect(await sessions.list(admission.identity.unifiedId)).toHaveLength(1);
    });

    it('keep the leaf and as many certificates as there is room for', async () => {
      const { sessions } = await open();
      const { credential, admission } = person();
      const long = [randomBytes(10_000), randomBytes(20_000), randomBytes(2_768), randomBytes(1)];
      const { setCookie } = await sessions.begin({ ...credential, chain: long }, admission, noCookie);
      expect((await sessions.find(cookieOf(setCookie)))?.chain).toEqual(long.slice(0, 3));
      await expect(
        sessions.begin({ ...credential, chain: [randomBytes(40_000)] }, admission, noCookie),
      ).rejects.toBeInstanceOf(RangeError);
    });
  });
};

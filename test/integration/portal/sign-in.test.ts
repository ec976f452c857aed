import type { DemoCertificate } from '../../../src/demo/index.ts';
import { SIGN_IN_LIMITS } from '../../../src/portal/portal-parts.ts';
import { createEmbeddedRateLimiter } from '../../../src/storage/embedded-rate-limiter.ts';
import { openPortal, BROWSER, type OpenedPortal } from './opened-portal.ts';
import { formOf, signedBy, Visitor } from './visitor.ts';

const code = (body: string): unknown => (JSON.parse(body) as { code?: string }).code;

describe('signing in at the portal', () => {
  let portal: OpenedPortal;
  const visitor = (): Visitor => new Visitor(portal.socket);
  const person = (name: string, authority = 'yuean'): DemoCertificate =>
    portal.opened.city.certificate(name, authority);
  beforeAll(async () => {
    portal = await openPortal();
  });
  afterAll(() => portal.close());
  const lastEntry = (event: string): Record<string, unknown> | undefined =>
    portal.entries().findLast((entry) => entry['event'] === event);

  describe('by signed challenge', () => {
    it('ends in a session, with a fsynced entry in the audit log', async () => {
      const browser = visitor();
      const answer = await browser.signBy(person('li-wei'), '/residence-permit');
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toEqual({ return: '/residence-permit' });
      const me = await browser.ask('/me');
      expect(me.status).toBe(200);
      expect(me.body).toContain('李*');
      expect(me.body).toContain('440***********0001');
      expect(me.body).not.toContain('440305198503120001');
      expect(lastEntry('sign-in')).toMatchObject({ proof: 'signed-challenge', authority: 'yuean' });
      expect(JSON.stringify(portal.entries())).not.toContain('李伟');
    });

    it('names the service in the text that is signed', async () => {
      const { text } = await visitor().challenge('/joint-tax/applications?x=1');
      expect(text).toContain('联合办税登记');
      expect(text).toContain(BROWSER);
    });

    it.each([
      ['revoked', 'zhujiang', 'ONECERT_CERTIFICATE_REVOKED'],
      ['on-hold', 'yuean', 'ONECERT_CERTIFICATE_ON_HOLD'],
      ['expired', 'zhujiang', 'ONECERT_CERTIFICATE_EXPIRED'],
      ['untrusted', 'wuming', 'ONECERT_CERTIFICATE_UNTRUSTED'],
      ['encryption', 'yuean', 'ONECERT_CERTIFICATE_ENCRYPTION_ONLY'],
      ['wrong-check-digit', 'zhujiang', 'ONECERT_IDENTIFIER_INVALID'],
      ['no-identifier', 'zhujiang', 'ONECERT_IDENTIFIER_MISSING'],
    ])('is refused with its code: %s', async (name, authority, expected) => {
      const browser = visitor();
      const answer = await browser.signBy(person(name, authority));
      expect(answer.status).toBe(403);
      expect(answer.headers['content-type']).toContain('application/problem+json');
      expect(code(answer.body)).toBe(expected);
      expect(browser.cookies.has('__Host-onecert')).toBe(false);
      expect(lastEntry('refusal')).toMatchObject({ code: expected, path: '/signin/response' });
    });

    it('works once', async () => {
      const browser = visitor();
      const { challenge, text } = await browser.challenge();
      const response = { challenge, ...signedBy(person('li-wei'), text) };
      expect((await browser.post('/signin/response', response)).status).toBe(200);
      const again = await browser.post('/signin/response', response);
      expect([again.status, code(again.body)]).toEqual([403, 'ONECERT_CHALLENGE_REPLAYED']);
      const other = await browser.challenge();
      const used = { challenge: other.challenge, ...signedBy(person('li-wei'), other.text) };
      const both = await Promise.all([1, 2].map(() => browser.post('/signin/response', used)));
      expect(both.map(({ status }) => status).sort()).toEqual([200, 403]);
      expect(both.map(({ body }) => code(body))).toContain('ONECERT_CHALLENGE_REPLAYED');
    });

    it('is bound to the browser, the origin and the time', async () => {
      const browser = visitor();
      const { challenge, text } = await browser.challenge();
      const response = { challenge, ...signedBy(person('li-wei'), text) };
      const other = visitor();
      await other.challenge();
      expect(code((await other.post('/signin/response', response)).body)).toBe('ONECERT_CHALLENGE_SESSION');
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: undefined, 'sec-fetch-site': undefined },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ]) {
        const refused = await browser.post('/signin/response', response, headers);
        expect([refused.status, code(refused.body)]).toEqual([403, 'ONECERT_CHALLENGE_ORIGIN']);
        const none = await browser.post('/signin/challenge', {}, headers);
        expect([none.status, code(none.body)]).toEqual([403, 'ONECERT_CHALLENGE_ORIGIN']);
      }
      const late = await browser.challenge();
      portal.clock.now += 121_000;
      const lapsed = await browser.post('/signin/response', {
        challenge: late.challenge,
        ...signedBy(person('li-wei'), late.text),
      });
      expect(code(lapsed.body)).toBe('ONECERT_CHALLENGE_EXPIRED');
    });

    it.each([
      [{}, 'ONECERT_SIGNED_RESPONSE_MALFORMED'],
      [[], 'ONECERT_SIGNED_RESPONSE_MALFORMED'],
      [{ challenge: 'x', form: 'cms', signedData: 'A'.repeat(100_000) }, 'ONECERT_SIGNED_RESPONSE_TOO_LARGE'],
      [{ challenge: 'x', form: 'cms', signedData: 'A'.repeat(200_000) }, 'ONECERT_SIGNED_RESPONSE_TOO_LARGE'],
    ])('refuses what is no response (%#)', async (body, expected) => {
      const browser = visitor();
      await browser.challenge();
      expect(code((await browser.post('/signin/response', body)).body)).toBe(expected);
    });

    it('refuses bodies that are not JSON', async () => {
      const browser = visitor();
      const text = await browser.ask('/signin/challenge', {
        method: 'POST',
        body: 'no object',
        headers: { accept: 'application/json', 'content-type': 'text/plain' },
      });
      expect(code(text.body)).toBe('ONECERT_REQUEST_MALFORMED');
    });

    it('begins no session where it cannot be recorded', async () => {
      const browser = visitor();
      portal.audit.broken = true;
      try {
        const answer = await browser.signBy(person('li-wei'));
        expect([answer.status, code(answer.body)]).toEqual([503, 'ONECERT_AUDIT_UNAVAILABLE']);
        expect(browser.cookies.has('__Host-onecert')).toBe(false);
      } finally {
        portal.audit.broken = false;
      }
    });

    it('never keeps an id that the browser brought (session fixation)', async () => {
      const browser = visitor();
      await browser.signBy(person('li-wei'));
      const [session, anonymous] = [
        browser.cookies.get('__Host-onecert'),
        browser.cookies.get('__Host-onecert-browser'),
      ];
      const planted = visitor();
      planted.cookies.set('__Host-onecert', session as string);
      await planted.signBy(person('chen-fang'));
      expect(planted.cookies.get('__Host-onecert')).not.toBe(session);
      expect((await browser.ask('/me')).status).toBe(303);
      expect(anonymous).not.toBe(planted.cookies.get('__Host-onecert-browser'));
    });
  });

  describe('by the certificate in the browser', () => {
    it('comes back to where the person wanted to go, signed in', async () => {
      const browser = visitor();
      const answer = await browser.signInBy(person('pengwan-tech', 'zhujiang'), '/joint-tax?step=1');
      expect([answer.status, answer.headers.location]).toEqual([303, '/joint-tax?step=1']);
      expect((await browser.ask('/me')).body).toContain('深圳市鹏湾科技有限公司');
      expect(lastEntry('sign-in')).toMatchObject({ proof: 'mutual-tls', authority: 'zhujiang' });
    });

    it('sets no cookie on the listener that asks for certificates', async () => {
      const answer = await visitor().showCertificate(person('li-wei'));
      expect(answer.status).toBe(303);
      expect(answer.headers['set-cookie'] ?? []).toEqual([]);
    });

    it('says so when none was chosen, with a way back', async () => {
      const answer = await visitor().showCertificate(undefined, '/joint-tax');
      expect(answer.status).toBe(401);
      expect(answer.body).toContain('没有选择证书');
      expect(answer.body).toContain(`href="${BROWSER}/signin?return=%2Fjoint-tax"`);
      expect(lastEntry('refusal')).toMatchObject({ code: 'ONECERT_CERTIFICATE_REQUIRED' });
    });

    it('shows the report of a refused certificate, and how to choose another', async () => {
      const answer = await visitor().showCertificate(person('revoked', 'yuean'));
      expect(answer.status).toBe(403);
      for (const said of ['证书已被吊销', '查看证书检查过程', '想换一张证书', '返回登录页'])
        expect(answer.body).toContain(said);
      expect(lastEntry('refusal')).toMatchObject({
        code: 'ONECERT_CERTIFICATE_REVOKED',
        proof: 'mutual-tls',
      });
    });

    it('gives the session to the browser that asked, and once', async () => {
      const asking = visitor();
      const { headers } = await asking.showCertificate(person('li-wei'));
      const back = (headers.location ?? '').slice(BROWSER.length);
      const victim = visitor();
      await victim.ask('/signin');
      const stolen = await victim.ask(back);
      expect(stolen.status).toBe(400);
      expect(stolen.body).toContain('ONECERT_HANDOVER_INVALID');
      expect(victim.cookies.has('__Host-onecert')).toBe(false);
      expect((await asking.ask(back)).status).toBe(400);
      const own = await asking.showCertificate(person('li-wei'));
      const place = (own.headers.location ?? '').slice(BROWSER.length);
      expect((await asking.ask(place)).status).toBe(303);
      expect((await asking.ask(place)).status).toBe(400);
    });

    it.each(['', 'x', 'e30.AAAA', `${'A'.repeat(10_000)}.x`])(
      'refuses a request that is not ours (%#)',
      async (request) => {
        const answer = await visitor().ask(`/signin/certificate?request=${request}`, {
          listener: 'mutual-tls',
          certificate: person('li-wei'),
        });
        expect([answer.status, answer.headers.location]).toEqual([400, undefined]);
      },
    );

    it('is not to be had without the listener that asks for certificates', async () => {
      const answer = await visitor().ask('/signin/certificate?request=x');
      expect([answer.status, answer.headers.location]).toEqual([303, '/signin']);
    });
  });

  it('by a terminator, whose word the data plane has checked', async () => {
    const browser = visitor();
    const { body } = await browser.ask('/signin?return=%2Fme', { listener: 'terminator' });
    const request = /request=([\w.-]+)/.exec(body)?.[1];
    const shown = await browser.ask(`/signin/certificate?request=${request}`, {
      listener: 'terminator',
      certificate: person('chen-fang', 'pengcheng'),
    });
    expect(shown.status).toBe(303);
    const back = await browser.ask((shown.headers.location ?? '').slice(BROWSER.length), {
      listener: 'terminator',
    });
    expect(back.headers.location).toBe('/me');
    expect(lastEntry('sign-in')).toMatchObject({ proof: 'terminator', authority: 'pengcheng' });
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '/%2f/evil.example',
    '/a/..//evil.example',
    '\t//evil.example',
  ])('leads nowhere else afterwards: %j', async (target) => {
    const browser = visitor();
    expect(JSON.parse((await browser.signBy(person('li-wei'), target)).body)).toEqual({ return: '/' });
    const back = await browser.signInBy(person('li-wei'), target);
    expect([back.status, back.headers.location]).toEqual([303, '/']);
  });

  it('leads whoever needs to sign in there and back, and tells programs', async () => {
    const browser = visitor();
    const page = await browser.ask('/me/sign-ins?lang=en');
    expect([page.status, page.headers.location]).toEqual([303, '/signin?return=%2Fme%2Fsign-ins']);
    const program = await browser.ask('/me', { headers: { accept: 'application/json' } });
    expect([program.status, code(program.body)]).toEqual([401, 'ONECERT_CERTIFICATE_REQUIRED']);
  });

  it('as somebody else ends the session of before', async () => {
    const browser = visitor();
    await browser.signBy(person('li-wei'));
    const before = new Visitor(portal.socket);
    for (const [name, value] of browser.cookies) before.cookies.set(name, value);
    expect((await browser.ask('/signin')).body).toContain('您已登录为 李*');
    await browser.signBy(person('lianhua-trade'));
    expect((await browser.ask('/me')).body).toContain('深圳市莲花贸易有限公司');
    expect((await before.ask('/me')).status).toBe(303);
  });

  it('out: ends the session, takes the cookie, and says so', async () => {
    const browser = visitor();
    await browser.signBy(person('li-wei'));
    const before = new Visitor(portal.socket);
    for (const [name, value] of browser.cookies) before.cookies.set(name, value);
    const page = await browser.ask('/');
    const form = formOf(page.body, '/signout');
    const answer = await browser.ask('/signout', { method: 'POST', body: form });
    expect([answer.status, answer.headers.location]).toEqual([303, '/signout']);
    expect(browser.cookies.has('__Host-onecert')).toBe(false);
    expect((await browser.ask('/signout')).body).toContain('您已退出');
    const entry = portal.entries().findLast(({ event }) => event === 'session-end');
    const signIn = portal.entries().findLast(({ event }) => event === 'sign-in');
    expect(entry).toMatchObject({ by: 'person', thumbprint: signIn?.['thumbprint'], from: signIn?.['from'] });
    expect((await before.ask('/me')).status).toBe(303);
  });

  describe('too often', () => {
    let limited: OpenedPortal;
    beforeAll(async () => {
      limited = await openPortal({
        limiters: {
          address: createEmbeddedRateLimiter({ ...SIGN_IN_LIMITS.address, limit: 5 }),
          certificate: createEmbeddedRateLimiter({ ...SIGN_IN_LIMITS.certificate, limit: 2 }),
        },
      });
    });
    afterAll(() => limited.close());

    it('is refused by address, and asks nobody else to wait', async () => {
      const browser = new Visitor(limited.socket);
      const ask = (from: string) =>
        browser.ask('/signin/challenge', {
          method: 'POST',
          body: {},
          from,
          headers: { accept: 'application/json' },
        });
      const before = limited.entries().length;
      const statuses = [];
      for (let index = 0; index < 7; index++) statuses.push((await ask('198.51.100.1')).status);
      expect(statuses).toEqual([201, 201, 201, 201, 201, 429, 429]);
      const refused = await ask('198.51.100.1');
      expect(code(refused.body)).toBe('ONECERT_TOO_MANY_ATTEMPTS');
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect((await ask('198.51.100.2')).status).toBe(201);
      expect(limited.entries().length).toBe(before);
    });

    it('is refused by certificate, from whatever address, once its key has been proved', async () => {
      const li = limited.opened.city.certificate('li-wei', 'yuean');
      const attempt = async (from: string) => {
        const browser = new Visitor(limited.socket);
        const ask = (path: string, body: object) =>
          browser.ask(path, { method: 'POST', body, from, headers: { accept: 'application/json' } });
        const issued = await ask('/signin/challenge', {});
        const { challenge, text } = JSON.parse(issued.body) as { challenge: string; text: string };
        return ask('/signin/response', { challenge, ...signedBy(li, text) });
      };
      const statuses = [];
      for (const from of ['198.51.100.11', '198.51.100.12', '198.51.100.13'])
        statuses.push((await attempt(from)).status);
      expect(statuses).toEqual([200, 200, 429]);
    });
  });
});

import { once } from 'node:events';
import { statSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import { startPortalListener } from '../../../src/portal/portal-listener.ts';
import { STYLESHEET_SOURCE } from '../../../src/portal/stylesheet.ts';
import { PORTAL_CONTEXT_HEADER } from '../../../src/signin/portal-context.ts';
import { openPortal, BROWSER, type OpenedPortal } from './opened-portal.ts';
import { formOf, Visitor } from './visitor.ts';

describe('the pages of the portal', () => {
  let portal: OpenedPortal;
  let citizen: Visitor;
  let enterprise: Visitor;
  beforeAll(async () => {
    portal = await openPortal();
    citizen = new Visitor(portal.socket);
    await citizen.signBy(portal.opened.city.certificate('li-wei', 'yuean'));
    enterprise = new Visitor(portal.socket);
    await enterprise.signBy(portal.opened.city.certificate('pengwan-tech', 'zhujiang'));
  });
  afterAll(() => portal.close());
  const stranger = (): Visitor => new Visitor(portal.socket);

  describe('of the directory', () => {
    const names = async (visitor: Visitor, query: string): Promise<string[]> => {
      const { body } = await visitor.ask(`/services?${query}`);
      return [...body.matchAll(/<h4>(?:<a [^>]*>)?([^<]+)/g)].map(([, name = '']) => name);
    };

    it('lists every service, by department or by stage of life', async () => {
      expect(await names(stranger(), '')).toHaveLength(10);
      const { body } = await stranger().ask('/services?by=stage');
      const headings = [...body.matchAll(/<h3 id="stage-[^>]*>([^<]+)/g)].map(([, heading]) => heading);
      expect(headings).toEqual([
        '出生',
        '上学',
        '就业',
        '婚姻家庭',
        '住房',
        '退休养老',
        '企业开办',
        '企业经营',
        '企业注销',
      ]);
    });

    it.each([
      ['居住', ['居住证']],
      ['tax', ['联合办税登记']],
      ['ＴＡＸ　一次', ['联合办税登记']],
      ['住房和建设局', ['房屋租赁', '租房补贴']],
      ['<script>', []],
    ])('is searched: %s', async (q, expected) => {
      const { body } = await stranger().ask(`/services?q=${encodeURIComponent(q)}`);
      expect(await names(stranger(), `q=${encodeURIComponent(q)}`)).toEqual(expected);
      expect(body).toMatch(expected.length === 0 ? /role="status"[^>]*>没有符合/ : /role="status"[^>]*>共/);
      expect(body).not.toContain('<script>');
    });

    it('shows what opens with the certificate of who is signed in', async () => {
      expect(await names(citizen, 'mine=1')).toEqual([
        '入学资格核验',
        '计划生育证明',
        '房屋租赁',
        '社会保险',
        '经营登记查询',
        '不动产登记查询',
        '居住证',
      ]);
      // 商事登记 accepts two authorities, of which 珠江 is none.
      expect(await names(enterprise, 'mine=1')).toEqual(['房屋租赁', '社会保险', '联合办税登记']);
      expect(await names(stranger(), 'mine=1')).toHaveLength(10);
    });

    it('is narrowed by stage, and keeps to known ones', async () => {
      expect(await names(stranger(), 'stage=school')).toEqual([
        '入学资格核验',
        '计划生育证明',
        '经营登记查询',
        '不动产登记查询',
      ]);
      expect(await names(stranger(), 'stage=constructor&by=__proto__')).toHaveLength(10);
      expect(await names(stranger(), 'q=a&q=b&stage[x]=1')).toHaveLength(10);
    });
  });

  it('are in the language that is asked for, which is remembered', async () => {
    const visitor = stranger();
    expect((await visitor.ask('/services')).body).toContain('<html lang="zh-CN">');
    expect((await visitor.ask('/services?lang=en&q=tax')).body).toContain('/services?q=tax&amp;lang=zh');
    expect((await visitor.ask('/')).body).toContain('<html lang="en">');
    expect((await visitor.ask('/?lang=xx')).body).toContain('<html lang="en">');
    const english = await stranger().ask('/', { headers: { 'accept-language': 'en' } });
    expect(english.body).toContain('<html lang="en">');
  });

  it('show each certificate that acted, with its end and whom to ask', async () => {
    const { body } = await enterprise.ask('/me/certificates');
    for (const said of ['珠江电子认证', '本次登录使用', '还有', '代表本单位办理过业务', '0755-0000'])
      expect(body).toContain(said);
    await new Visitor(portal.socket).signBy(portal.opened.city.certificate('pengwan-tech', 'yuean'));
    const both = (await enterprise.ask('/me/certificates')).body;
    expect(both.match(/<li class="card">/g)).toHaveLength(2);
    expect(both.match(/还有 \d+ 天/g)).toHaveLength(2);
  });

  it('urge to renew before the end', async () => {
    const before = portal.clock.now;
    const visitor = new Visitor(portal.socket);
    await visitor.signBy(portal.opened.city.certificate('li-wei', 'pengcheng'));
    const { body } = await visitor.ask('/me/certificates');
    const days = Number(/还有 (\d+) 天/.exec(body)?.[1]);
    expect(days).toBeGreaterThan(60);
    expect(body).not.toContain('即将到期');
    portal.clock.now = before;
  });

  it('prove sign-ins by the audit log', async () => {
    const { body } = await citizen.ask('/me/sign-ins');
    const entry = portal
      .entries()
      .find((each) => each['event'] === 'sign-in' && each['authority'] === 'yuean');
    expect(body).toContain(`第 ${String(entry?.['seq'])} 条`);
    expect(body).toContain(String(entry?.['hash']));
    const others = portal.entries().filter((each) => each['unifiedId'] !== entry?.['unifiedId']);
    for (const { hash } of others) expect(body).not.toContain(String(hash));
  });

  describe('of sessions', () => {
    const person = () => portal.opened.city.certificate('chen-fang', 'yuean');
    const twice = async (): Promise<[Visitor, Visitor]> => {
      const [one, other] = [stranger(), stranger()];
      await one.signBy(person());
      await other.signBy(person());
      return [one, other];
    };
    const isIn = async (visitor: Visitor): Promise<boolean> => (await visitor.ask('/me')).status === 200;

    it('list and end one', async () => {
      const [one, other] = await twice();
      const page = (await one.ask('/me/sessions')).body;
      expect(page).toContain('Firefox');
      expect(page).toContain('203.0.113.9');
      const forms = [...page.matchAll(/name="session" value="([^"]+)"/g)].map(([, key = '']) => key);
      const badge = page.indexOf('当前浏览器');
      const own = /name="session" value="([^"]+)"/.exec(page.slice(badge))?.[1];
      const theirs = forms.find((key) => key !== own) as string;
      const form = formOf(page, '/me/sessions/end');
      form.set('session', theirs);
      const answer = await one.ask('/me/sessions/end', { method: 'POST', body: form });
      expect(answer.headers.location).toBe('/me/sessions?ended=1');
      expect([await isIn(one), await isIn(other)]).toEqual([true, false]);
      expect((await one.ask('/me/sessions?ended=1')).body).toMatch(/role="status"[^>]*>已结束/);
      form.set('session', own as string);
      const last = await one.ask('/me/sessions/end', { method: 'POST', body: form });
      expect(last.headers.location).toBe('/signout');
      expect(await isIn(one)).toBe(false);
      const ended = portal.entries().filter(({ event }) => event === 'session-end');
      const { thumbprint, unifiedId } = portal.entries().findLast(({ event }) => event === 'sign-in') ?? {};
      expect(ended).toHaveLength(2);
      for (const entry of ended) expect(entry).toMatchObject({ by: 'person', unifiedId, thumbprint });
      // What has ended is not ended again.
      await one.ask('/me/sessions/end', { method: 'POST', body: form });
      expect(portal.entries().filter(({ event }) => event === 'session-end')).toHaveLength(2);
    });

    it('end all others', async () => {
      const [one, other] = await twice();
      const form = formOf((await one.ask('/me/sessions')).body, '/me/sessions/end');
      form.delete('session');
      await one.ask('/me/sessions/end', { method: 'POST', body: form });
      expect([await isIn(one), await isIn(other)]).toEqual([true, false]);
    });

    it('never end those of somebody else', async () => {
      const [one] = await twice();
      const theirs = /name="session" value="([^"]+)"/.exec((await citizen.ask('/me/sessions')).body)?.[1];
      const form = formOf((await one.ask('/me/sessions')).body, '/me/sessions/end');
      form.set('session', theirs as string);
      await one.ask('/me/sessions/end', { method: 'POST', body: form });
      expect(await isIn(citizen)).toBe(true);
    });

    it('end nothing for other sites, other browsers or without a token (CSRF)', async () => {
      const [one, other] = await twice();
      const page = (await one.ask('/me/sessions')).body;
      const form = formOf(page, '/me/sessions/end');
      const signOut = formOf(page, '/signout');
      const foreign = formOf((await other.ask('/me/sessions')).body, '/me/sessions/end');
      const attempts = [
        { body: form, headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' } },
        { body: form, headers: { origin: 'null' } },
        { body: form, headers: { origin: undefined, 'sec-fetch-site': undefined } },
        { body: form, headers: { 'sec-fetch-site': 'same-site' } },
        { body: new URLSearchParams({}) },
        { body: signOut },
        { body: foreign },
        { body: new URLSearchParams([...form, ...form]) },
      ];
      for (const { body, headers = {} } of attempts) {
        for (const path of ['/me/sessions/end', '/signout']) {
          if (body === signOut && path === '/signout') continue;
          const answer = await one.ask(path, { method: 'POST', body, headers });
          expect([path, answer.status]).toEqual([path, 403]);
          expect(answer.body).toContain('ONECERT_FORM_EXPIRED');
        }
      }
      expect([await isIn(one), await isIn(other)]).toEqual([true, true]);
    });
  });

  it.each([
    '/',
    '/services',
    '/signin',
    '/signout',
    '/me',
    '/me/sessions',
    '/me/nothing',
    '/signin/complete?code=x',
  ])('%s cannot be framed, cached, or made to load anything', async (path) => {
    for (const visitor of [citizen, stranger()]) {
      const { headers, body } = await visitor.ask(path);
      const policy = headers['content-security-policy'] as string;
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("base-uri 'none'");
      expect(policy).not.toMatch(/unsafe|\*/);
      expect(headers).toMatchObject({
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'strict-origin',
        'cache-control': 'no-store',
      });
      expect(headers['x-powered-by']).toBeUndefined();
      if (body.includes('<style>')) expect(policy).toContain(STYLESHEET_SOURCE);
      expect(body).not.toMatch(/<script(?! type="module" src="\/assets\/)|\son[a-z]+=|javascript:/);
      expect(body).not.toMatch(/<(?:img|iframe|link|object)/);
    }
  });

  it('give the sign-in page its scripts and nothing else', async () => {
    const { headers, body } = await stranger().ask('/signin');
    const script = /src="(\/assets\/[\w-]+\/)([^"]+)"/.exec(body);
    const [, base = '', name = ''] = script ?? [];
    const policy = headers['content-security-policy'] as string;
    expect(policy).toContain(`script-src ${BROWSER}${base};`);
    expect(policy).toContain(`connect-src ${BROWSER}/signin/ http://127.0.0.1:18463;`);
    let bytes = Buffer.byteLength(body);
    const seen = new Set<string>();
    const load = async (file: string): Promise<void> => {
      if (seen.has(file)) return;
      seen.add(file);
      const asset = await stranger().ask(base + file);
      expect([file, asset.status, asset.headers['content-type']]).toEqual([
        file,
        200,
        'text/javascript; charset=utf-8',
      ]);
      expect(asset.headers['cache-control']).toContain('immutable');
      bytes += Buffer.byteLength(asset.body);
      for (const [, next = ''] of asset.body.matchAll(/from '\.\/([^']+)'/g)) await load(next);
    };
    await load(name);
    expect(seen.size).toBeGreaterThan(5);
    expect(bytes).toBeLessThan(100_000);
    for (const path of [`${base}nothing.ts`, '/assets/x/sign-in.ts', `${base}..%2fsign-in-page.ts`])
      expect((await stranger().ask(path)).status).toBe(404);
  });

  it('are on the browser listener: others lead there', async () => {
    const me = await stranger().ask('/me?x=1', { listener: 'mutual-tls' });
    expect([me.status, me.headers.location]).toEqual([303, `${BROWSER}/me?x=1`]);
    const home = await stranger().ask('/', { listener: 'mutual-tls' });
    expect(home.body).toContain(`href="${BROWSER}/signin?return=%2F"`);
    const post = await stranger().ask('/signout', { listener: 'mutual-tls', method: 'POST', body: {} });
    expect(post.status).toBe(404);
  });

  describe('over the Unix socket', () => {
    it('are for the data plane alone', async () => {
      expect(statSync(portal.socket).mode & 0o777).toBe(0o600);
      for (const value of [undefined, 'x', Buffer.from('{"listener":"browser"}').toString('base64url')]) {
        const answer = await stranger().ask('/', { headers: { [PORTAL_CONTEXT_HEADER]: value } });
        expect([answer.status, answer.body]).toEqual([404, '']);
      }
    });

    it('take the place of a socket that nobody listens on, and of nothing else', async () => {
      const path = join(portal.opened.folder, 'other.sock');
      const left = createServer().listen(path);
      await once(left, 'listening');
      const app = express().get('/', (_request, response) => response.send('here'));
      await expect(startPortalListener(app, path)).rejects.toThrow('listens there already');
      // Killed processes leave their socket behind; closing one would remove it.
      const { linkSync, renameSync } = await import('node:fs');
      linkSync(path, `${path}.kept`);
      left.close();
      await once(left, 'close');
      renameSync(`${path}.kept`, path);
      const listener = await startPortalListener(app, path);
      const [response] = (await once(request({ socketPath: path, path: '/' }).end(), 'response')) as [
        { statusCode: number; resume(): void },
      ];
      response.resume();
      expect(response.statusCode).toBe(200);
      await listener.close();
      expect(() => statSync(path)).toThrow('ENOENT');
      await expect(startPortalListener(app, portal.opened.folder)).rejects.toThrow('not a socket');
    });
  });
});

import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { verifierKeysPath } from '../../src/audit/checkpoint/checkpoints-file.ts';
import { SECTIONS } from '../../src/admin/sections.ts';
import { lookAt, signInByKeyboard } from './console-visit.ts';
import { choose, focusFindings, follow, leaving, press, tabTo, type } from './keyboard.ts';
import { openBrowser, withChromium, type OpenedBrowser } from './opened-browser.ts';
import { haveTools } from '../tools.ts';

const SERVICE = '/residence-permit';

/** What an auditor may send: searches, looks and exports with their reason, and the end of the own session. */
const LOOKING = [
  /^\/console\/identities$/,
  /^\/console\/identities\/of\/[\w-]{22}$/,
  /^\/console\/identities\/conflicts\/\d+$/,
  /^\/console\/audit$/,
  /^\/console\/audit\/export$/,
  /^\/console\/audit\/entries\/\d+$/,
  /^\/sign-?out$/,
];
const isLooking = (path: string): boolean => LOOKING.some((each) => each.test(path));

(haveTools('curl') ? withChromium : describe.skip)("an auditor's day, by keyboard", () => {
  let opened: OpenedBrowser;
  /** Sun Yan, the auditor of the demo city. */
  let sun: Page;
  let seq: number;

  const look = async (name: string): Promise<void> =>
    expect(await lookAt(sun, `auditor-${name}`)).toEqual([]);
  const downloadOf = async (
    pressed: Promise<void>,
  ): Promise<{ readonly file: string; readonly name: string }> => {
    const [download] = await Promise.all([sun.waitForEvent('download'), pressed]);
    return { file: await download.path(), name: download.suggestedFilename() };
  };
  const entries = (what: string) => opened.city.audit().filter((entry) => entry['what'] === what);

  beforeAll(async () => {
    opened = await openBrowser();
    expect((await opened.city.curl(SERVICE, { as: 'chen-fang-yuean' })).status).toBe(200);
    expect((await opened.city.curl(SERVICE, { as: 'revoked-yuean' })).status).toBe(403);
    seq = Number(opened.city.audit().find(({ event }) => event === 'call')?.['seq']);
    sun = await signInByKeyboard(opened, 'sun-yan-zhujiang');
  }, 240_000);
  afterAll(async () => (opened as OpenedBrowser | undefined)?.close());

  it('begins with a search for what was refused, of which nobody is named', async () => {
    await look('overview');
    await follow(sun, '/console/audit');
    await look('audit');
    await type(sun, '#code', 'ONECERT_CERTIFICATE_REVOKED');
    await leaving(sun, press(sun, '[aria-labelledby=search] button'));
    expect(await sun.locator('main table').textContent()).toContain('residence-permit');
    expect(await sun.locator('main table').textContent()).toContain('（已加密）');
    await look('found');
    expect(entries('audit-search')).toEqual([]);
  }, 120_000);

  it('opens one entry for a reason, which is in the log first', async () => {
    await follow(sun, '/console/audit');
    await choose(sun, '#event', 'call');
    await leaving(sun, press(sun, '[aria-labelledby=search] button'));
    await follow(sun, `/console/audit/entries/${seq}`);
    await look('entry');
    const fields = sun.locator('[aria-labelledby=fields]');
    expect(await fields.textContent()).not.toContain('127.0.0.1');
    await press(sun, '[aria-labelledby=fields] summary');
    await type(sun, '#reason', '年度审计抽查第 12 号');
    await leaving(sun, press(sun, '[aria-labelledby=fields] form button'));
    expect(await fields.textContent()).toContain('127.0.0.1');
    expect(entries('audit-search')).toMatchObject([{ reason: '年度审计抽查第 12 号' }]);
    await look('entry-open');
  }, 120_000);

  it('takes its inclusion proof along, which the command finds good', async () => {
    await follow(sun, '/console/audit');
    await type(
      sun,
      '#reference',
      String(opened.city.audit().find((each) => each['seq'] === seq)?.['reference']),
    );
    await leaving(sun, press(sun, '[aria-labelledby=search] button'));
    await follow(sun, `/console/audit/entries/${seq}`);
    await tabTo(sun, `a[href="/console/audit/entries/${seq}/proof"]`);
    const { file, name } = await downloadOf(sun.keyboard.press('Enter'));
    expect(name).toBe(`entry-${seq}.proof.json`);
    const key = readFileSync(verifierKeysPath(`${opened.city.data}/audit`), 'utf8').trim();
    const { code, stdout } = await opened.city.onecert('audit', 'check-proof', file, '--key', key);
    expect([code, stdout]).toEqual([0, expect.stringContaining(`entry ${seq} is in the log`)]);
  }, 120_000);

  it('exports what was found, for a reason', async () => {
    await follow(sun, '/console/audit');
    await choose(sun, '#department', 'public-security');
    await leaving(sun, press(sun, '[aria-labelledby=search] button'));
    await type(sun, '#export-reason', '年度审计底稿');
    const csv = await downloadOf(press(sun, '[aria-labelledby=export] button'));
    expect(csv.name).toBe('audit.csv');
    const lines = readFileSync(csv.file, 'utf8').trim().split('\n');
    expect(lines[0]).toMatch(/^seq,at,event/);
    expect(lines.slice(1).map((line) => line.split(',')[5])).toEqual(
      lines.slice(1).map(() => 'public-security'),
    );
    expect(lines.some((line) => line.startsWith(`${seq},`))).toBe(true);
    expect(entries('audit-export')).toMatchObject([{ reason: '年度审计底稿' }]);
  }, 120_000);

  it('comes through every page, and to nothing that would change anything', async () => {
    const shapeOf = (path: string): string => path.replace(/\/[\w-]{22}(?=\/|$)|\/\d+(?=\/|$)/g, '/*');
    const seen = new Map<string, string>();
    const found: string[] = [];
    const forms = new Set<string>();
    const waiting = ['/console'];
    for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
      const shape = shapeOf(path);
      if (seen.has(shape)) continue;
      seen.set(shape, path);
      const answer = await sun.request.get(opened.portal + path);
      found.push(...(answer.status() === 200 ? [] : [`${path}: ${answer.status()}`]));
      if (!answer.headers()['content-type']?.startsWith('text/html')) continue;
      const body = await answer.text();
      for (const [, action = ''] of body.matchAll(/<form[^>]*method="post"[^>]*action="([^"]*)"/g))
        forms.add(new URL(action, opened.portal).pathname);
      for (const [, href = ''] of body.matchAll(/<a[^>]*href="(\/console[^"#?]*)/g)) waiting.push(href);
    }
    expect(found).toEqual([]);
    expect([...seen.keys()]).toEqual(expect.arrayContaining(SECTIONS.map(({ path }) => `/console${path}`)));
    expect([...forms].filter((each) => !isLooking(each))).toEqual([]);
    expect([...forms].filter((each) => each.startsWith('/console'))).not.toEqual([]);
  }, 120_000);

  it('is refused every page and operation that would change something', async () => {
    await sun.goto(`${opened.portal}/console/audit`);
    const token = await sun.locator('main input[name=token]').first().inputValue();
    const api = `${opened.portal}/api/admin/v1`;
    const csrf = (await sun.request.get(`${api}/me`)).headers()['x-csrf-token'] ?? '';
    const id = 'A'.repeat(22);
    const filled = (path: string): string => path.replaceAll(/:\w+|\{\w+\}/g, id);
    const letIn: string[] = [];
    for (const { path, pages, operations = [] } of SECTIONS) {
      for (const { method, path: rest, access } of pages) {
        if (method !== 'post' || access.roles.includes('auditor')) continue;
        const address = `/console${path}${filled(rest)}`;
        const answer = await sun.request.post(opened.portal + address, {
          form: { token },
          headers: { origin: opened.portal },
        });
        if (!(await answer.text()).includes('ONECERT_ROLE_REQUIRED')) letIn.push(address);
      }
      for (const { method, path: rest, access } of operations) {
        if (method === 'get' || access.roles.includes('auditor')) continue;
        const answer = await sun.request.fetch(api + filled(rest), {
          method,
          data: {},
          headers: { origin: opened.portal, 'x-csrf-token': csrf, 'if-match': '"1"' },
        });
        if (!(await answer.text()).includes('ONECERT_ROLE_REQUIRED')) letIn.push(rest);
      }
    }
    expect(letIn).toEqual([]);
  }, 120_000);

  it('reads targets and guide, where every field is closed', async () => {
    for (const path of ['/supervision/targets', '/guide']) {
      await sun.goto(`${opened.portal}/console${path}`);
      expect(await sun.locator('main :is(input, textarea, select, button):enabled').count()).toBe(0);
      expect(await sun.locator('main :is(input, textarea):disabled').count()).toBeGreaterThan(10);
      await look(path.slice(1).replace('/', '-'));
    }
    await sun.goto(`${opened.portal}/console/identities`);
    await look('identities');
    expect(await focusFindings(sun)).toEqual([]);
  }, 120_000);
});

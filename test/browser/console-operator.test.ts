import { readFileSync, writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { NUMBERS } from '../../src/demo/people.ts';
import { eventually } from '../integration/city.ts';
import { lookAt, signInByKeyboard } from './console-visit.ts';
import { choose, focusFindings, follow, leaving, press, tabTo, type } from './keyboard.ts';
import { openBrowser, withChromium, type OpenedBrowser } from './opened-browser.ts';
import { readPdf } from './printed-text.ts';
import { haveTools } from '../tools.ts';

const SERVICE = '/residence-permit';
const CALLS = 3;
const NUMBER = NUMBERS['chen-fang'].citizenId;

(haveTools('curl') ? withChromium : describe.skip)("two operators' day, by keyboard", () => {
  let opened: OpenedBrowser;
  /** Zhou Min and Wu Qiang, the operators of the demo city. */
  let zhou: Page;
  let wu: Page;

  const looked = new Set<string>();
  /** Looks at each page once, however often the day leads there. */
  const look = async (page: Page, name: string): Promise<void> => {
    if (looked.has(name)) return;
    looked.add(name);
    expect(await lookAt(page, `operator-${name}`)).toEqual([]);
  };
  const call = async (): Promise<{ readonly status: number; readonly body: string }> =>
    opened.city.curl(SERVICE, { as: 'chen-fang-yuean' });

  beforeAll(async () => {
    opened = await openBrowser();
    // Once a minute the gateway records how calls were answered: the first that is known of these.
    for (let index = 0; index < CALLS; index += 1) expect((await call()).status).toBe(200);
    expect((await opened.city.curl(SERVICE, { as: 'revoked-yuean' })).status).toBe(403);
    zhou = await signInByKeyboard(opened, 'zhou-min-zhujiang');
    wu = await signInByKeyboard(opened, 'wu-qiang-zhujiang');
  }, 240_000);
  afterAll(async () => (opened as OpenedBrowser | undefined)?.close());
  beforeEach(async () => {
    for (const page of [zhou, wu]) await page.goto(`${opened.portal}/console`);
  });

  describe('with a person', () => {
    const find = async (page: Page, reason: string): Promise<void> => {
      await follow(page, '/console/identities');
      await type(page, '#number', NUMBER);
      await type(page, '#reason', reason);
      await press(page, '[aria-labelledby=by-number] button');
      await page.locator('#standing').waitFor();
    };
    /** Of the person on the page; the path of the draft. */
    const propose = async (page: Page, reason: string): Promise<string> => {
      await press(page, '[aria-labelledby=standing] summary');
      await type(page, '[aria-labelledby=standing] input[name=reason]', reason);
      await press(page, '[aria-labelledby=standing] form button');
      await page.waitForURL(/\/console\/changes\/[\w-]{22}$/);
      const draft = new URL(page.url()).pathname;
      expect(await page.locator('.diff .added').first().textContent()).toContain('locked:');
      await look(page, 'draft');
      await press(page, `form[action="${draft}/submit"] button`);
      await page.waitForURL(/done=submit/);
      return draft;
    };
    const approve = async (page: Page, draft: string, note: string): Promise<void> => {
      await follow(page, '/console/changes');
      await look(page, 'changes');
      await follow(page, draft);
      await type(page, '#approve-note', note);
      await look(page, 'approving');
      await press(page, `form[action="${draft}/approve"] button`);
      await page.waitForURL(/done=approve/);
    };

    it('is found by a number for a reason, and shown masked until it is asked for in full', async () => {
      await look(zhou, 'overview');
      await follow(zhou, '/console/identities');
      await look(zhou, 'identities');
      await find(zhou, '工单 1124：本人报失证书');
      await look(zhou, 'identity');
      const masked = await zhou.locator('[aria-labelledby=who]').textContent();
      expect(masked).toContain('440***********0000');
      expect(masked).not.toContain(NUMBER);
      expect(zhou.url()).not.toContain(NUMBER);
      await press(zhou, '[aria-labelledby=who] summary');
      await type(zhou, '[aria-labelledby=who] input[name=reason]', '工单 1124：核对证件');
      await press(zhou, '[aria-labelledby=who] form button');
      await zhou.locator('.notice.grave').waitFor();
      expect(await zhou.locator('[aria-labelledby=who]').textContent()).toContain(NUMBER);
      await look(zhou, 'identity-full');
    }, 120_000);

    it('is locked by two and by no one alone, and called for no more; then unlocked by two', async () => {
      expect((await call()).status).toBe(200);
      await find(zhou, '工单 1124：本人报失证书');
      const lock = await propose(zhou, '证书介质遗失，先行锁定');
      expect(await zhou.getByText('双人复核').count()).toBe(1);
      expect(await zhou.locator(`form[action="${lock}/approve"]`).count()).toBe(0);
      const token = await zhou.locator('main input[name=token]').first().inputValue();
      const alone = await zhou.request.post(`${opened.portal}${lock}/approve`, {
        form: { token },
        headers: { origin: opened.portal },
      });
      expect([alone.ok(), await alone.text()]).toEqual([
        false,
        expect.stringContaining('ONECERT_CHANGE_OWN'),
      ]);
      expect((await call()).status).toBe(200);

      await follow(wu, '/console');
      expect(await wu.locator('.sections .count').first().textContent()).toContain('1');
      await approve(wu, lock, '已电话核实');
      const refused = await call();
      expect([refused.status, refused.body]).toEqual([
        403,
        expect.stringContaining('ONECERT_IDENTITY_LOCKED'),
      ]);

      await find(wu, '工单 1125：补办证书后解锁');
      expect(await wu.locator('[aria-labelledby=standing] .state.bad').count()).toBe(1);
      await look(wu, 'identity-locked');
      const unlock = await propose(wu, '已补办证书');
      await approve(zhou, unlock, '证件已核验');
      expect((await call()).status).toBe(200);
    }, 240_000);
  });

  it('with the guide: written by one, read by the other in its history, and printed', async () => {
    await follow(zhou, '/console/guide');
    await type(zhou, '#title-zh', '鹏城网上办事指南');
    await press(zhou, 'details:has(#stage-housing-zh) > summary');
    await type(zhou, '#stage-housing-zh', '租赁登记与购房资格，均可网办。');
    await type(zhou, '#stage-housing-en', 'Tenancies and the right to buy a home, all online.');
    await type(zhou, '#stage-housing-order', 'rental-housing');
    await type(zhou, '#channel-0-zh', '新市民');
    await type(zhou, '#channel-0-en', 'Newcomers');
    await type(zhou, '#channel-0-services', 'residence-permit');
    await type(zhou, '#note', '年度修订');
    await press(zhou, 'main .form > p button');
    await zhou.waitForURL(/\/console\/guide\?saved$/);
    expect(await zhou.getByRole('status').textContent()).toContain('指南已保存');
    await look(zhou, 'guide');

    await follow(wu, '/console/guide');
    expect(await wu.locator('#title-zh').inputValue()).toBe('鹏城网上办事指南');
    await follow(wu, '/console/changes/of/guide/city');
    expect(await wu.locator('main table').first().textContent()).toContain('年度修订');
    await look(wu, 'guide-history');

    await follow(zhou, '/console/guide/booklet?lang=zh-CN');
    await look(zhou, 'booklet');
    const pdf = await zhou.pdf({ preferCSSPageSize: true, printBackground: true });
    const folder = process.env['ONECERT_SCREENSHOTS'];
    if (folder !== undefined) writeFileSync(`${folder}/booklet.pdf`, pdf);
    const { pages, missing } = readPdf(pdf);
    // A cover, contents with how to sign in, and chapters.
    expect(pages).toBeGreaterThan(4);
    expect(missing('鹏城网上办事指南 租赁登记与购房资格，均可网办。 居住证')).toEqual([]);
    expect(missing('彝鬯')).toEqual(['彝', '鬯']);
    await follow(zhou, '/console/guide');
  }, 120_000);

  describe('with e-supervision', () => {
    it('shows the calls of the week and, when a minute is over, how they were answered; as CSV, too', async () => {
      await follow(zhou, '/console/supervision');
      await choose(zhou, '#range', 'week');
      await press(zhou, 'main form button');
      await zhou.waitForURL(/range=week/);
      const [from = '', to = ''] = await Promise.all(
        ['#from', '#to'].map((field) => zhou.locator(field).inputValue()),
      );
      expect(Date.parse(to) - Date.parse(from)).toBe(6 * 86_400_000);
      // By service; below it is a table of what was refused.
      const row = zhou
        .locator('main tr', { hasText: '公安局', has: zhou.locator('td', { hasText: '居住证' }) })
        .first();
      await eventually(
        'it is known how they were answered',
        async () => {
          await leaving(zhou, press(zhou, 'main p.muted a'));
          return (await row.textContent())?.includes('100.00 %') === true;
        },
        90_000,
      );
      expect(await zhou.locator('.figures').textContent()).toContain('100.00 %');
      expect(await zhou.locator('main').textContent()).toContain('ONECERT_CERTIFICATE_REVOKED');
      await look(zhou, 'figures');
      const [download] = await Promise.all([
        zhou.waitForEvent('download'),
        press(zhou, 'a[href^="/console/supervision/figures.csv"]'),
      ]);
      const lines = readFileSync(await download.path(), 'utf8').split('\r\n');
      const line = lines.find((each) => each.includes(',residence-permit,'))?.split(',') ?? [];
      expect(Number(line[6])).toBeGreaterThanOrEqual(CALLS);
      expect(line[13]).toBe('100');
    }, 180_000);

    it('takes a target, and gives points for it', async () => {
      await follow(zhou, '/console/supervision');
      await follow(zhou, '/console/supervision/targets');
      await type(zhou, '#default-availability', '99');
      await press(zhou, 'details:has(#of-public-security-availability) > summary');
      await type(zhou, '#of-public-security-availability', '99.5');
      await type(zhou, '#note', '年初下达');
      await look(zhou, 'targets');
      await press(zhou, 'main .form > p button');
      await zhou.waitForURL(/targets\?year=\d+&saved$/);
      await follow(zhou, '/console/supervision/scores');
      await look(zhou, 'scores');
      const line = zhou.locator('[aria-labelledby=card-public-security] tr', { hasText: '可用率' });
      expect(await line.locator('td').allTextContents()).toEqual([
        expect.stringContaining('可用率'),
        '99.50 %',
        '100.00 %',
        '100.0',
        '100.0',
      ]);
      await follow(zhou, '/console/supervision/patterns');
      await look(zhou, 'patterns');
    }, 120_000);
  });

  it('is led by Tab to nothing that hides, and always shown where it is', async () => {
    const found: string[] = [];
    for (const path of ['/identities', '/supervision', '/supervision/targets', '/guide']) {
      await wu.goto(`${opened.portal}/console${path}`);
      found.push(...(await focusFindings(wu)));
    }
    expect(found).toEqual([]);
    await tabTo(wu, '.skip');
  }, 120_000);
});

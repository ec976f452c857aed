import type { BrowserContext, Page } from 'playwright-core';
import {
  openBrowser,
  PHONE,
  seriousFindings,
  signInByFile,
  withChromium,
  type OpenedBrowser,
} from './opened-browser.ts';

const PUBLIC = [
  '/',
  '/services',
  '/services?q=nothing-like-it',
  '/services?by=stage',
  '/signin?return=%2Fjoint-tax',
  '/signout',
];
const PERSONAL = [
  '/',
  '/me',
  '/me/certificates',
  '/me/sessions',
  '/me/sign-ins',
  '/services?mine=1',
  '/signin',
  '/me/none',
];

withChromium('the pages in a browser', () => {
  let opened: OpenedBrowser;
  let context: BrowserContext;
  let page: Page;
  beforeAll(async () => {
    opened = await openBrowser();
    ({ context, page } = await opened.open());
    await page.goto(`${opened.portal}/signin?return=%2Fme`);
    await signInByFile(page, opened.p12('pengwan-tech-yuean'));
    await page.waitForURL(`${opened.portal}/me`);
  }, 120_000);
  afterAll(() => opened.close());

  it.each([
    ['in Chinese', {}],
    ['in English, dark', { locale: 'en-US', colorScheme: 'dark' as const }],
    ['on a phone', PHONE],
  ])('have nothing serious that axe finds, %s', async (_how, options) => {
    const storageState = await context.storageState();
    const [stranger, person] = [await opened.open(options), await opened.open({ ...options, storageState })];
    const found: string[] = [];
    for (const path of PUBLIC) {
      await stranger.page.goto(opened.portal + path);
      found.push(...(await seriousFindings(stranger.page)));
    }
    for (const path of PERSONAL) {
      await person.page.goto(opened.portal + path);
      found.push(...(await seriousFindings(person.page)));
    }
    await stranger.page.goto(`${opened.portal}/signin?return=%2Fme`);
    await stranger.page.locator('#by-browser ~ .act a').click();
    await stranger.page.waitForLoadState();
    found.push(...(await seriousFindings(stranger.page)));
    expect(found).toEqual([]);
    await Promise.all([stranger, person].map((each) => each.context.close()));
  });

  it('fit a phone: nothing has to be moved sideways', async () => {
    const storageState = await context.storageState();
    const phone = await opened.open({ ...PHONE, storageState });
    for (const path of [...PUBLIC, ...PERSONAL]) {
      await phone.page.goto(opened.portal + path);
      const width = await phone.page.evaluate('document.documentElement.scrollWidth');
      expect([path, width]).toEqual([path, 390]);
    }
    await phone.context.close();
  });

  it('load little, and nothing from anybody else', async () => {
    const fresh = await opened.open();
    let bytes = 0;
    const origins = new Set<string>();
    fresh.page.on('response', (response) => {
      origins.add(new URL(response.url()).origin);
      void response.body().then((body) => (bytes += body.length));
    });
    await fresh.page.goto(`${opened.portal}/signin`, { waitUntil: 'networkidle' });
    expect([...origins]).toEqual([opened.portal]);
    expect(bytes).toBeGreaterThan(20_000);
    expect(bytes).toBeLessThan(100_000);
    await fresh.context.close();
  });

  it('report nothing to the console: no policy is broken', async () => {
    const said: string[] = [];
    const storageState = await context.storageState();
    const fresh = await opened.open({ storageState });
    fresh.page.on('console', (message) => said.push(message.text()));
    fresh.page.on('pageerror', (error) => said.push(error.message));
    for (const path of [...PUBLIC, ...PERSONAL.slice(0, -1)]) await fresh.page.goto(opened.portal + path);
    expect(said).toEqual([]);
    await fresh.context.close();
  });

  it('are used by keyboard: first the way to the content', async () => {
    await page.goto(`${opened.portal}/services`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('跳到正文');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('q');
    await page.keyboard.type('居住证');
    await page.keyboard.press('Enter');
    await page.waitForURL(/q=/);
    expect(await page.getByRole('status').textContent()).toContain('共 1 项服务');
  });

  it('find services, and those that a certificate opens', async () => {
    await page.goto(`${opened.portal}/services`);
    await page.getByLabel('只看我的证书可以办理的').check();
    await page.getByRole('button', { name: '查找' }).click();
    await page.waitForURL(/mine=1/);
    const names = await page.locator('.service h4').allTextContents();
    expect(names.map((name) => name.trim())).toEqual(['房屋租赁', '社会保险', '商事登记', '联合办税登记']);
    await page.getByRole('link', { name: '联合办税登记' }).click();
    await page.waitForURL(`${opened.portal}/joint-tax`);
    expect(await page.textContent('body')).toContain('深圳市鹏湾科技有限公司');
  });

  it('end the sessions of other browsers', async () => {
    const other = await opened.open();
    await other.page.goto(`${opened.portal}/signin?return=%2Fme`);
    await signInByFile(other.page, opened.p12('pengwan-tech-zhujiang'));
    await other.page.waitForURL(`${opened.portal}/me`);
    await page.goto(`${opened.portal}/me/sessions`);
    await page.getByRole('button', { name: '结束所有其他登录' }).click();
    await page.getByRole('status').filter({ hasText: '已结束' }).waitFor();
    await other.page.goto(`${opened.portal}/me`);
    expect(new URL(other.page.url()).pathname).toBe('/signin');
    await page.goto(`${opened.portal}/me/certificates`);
    expect(await page.locator('.records > li').count()).toBe(2);
    await other.context.close();
  });
});

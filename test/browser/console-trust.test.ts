import type { BrowserContextOptions, Page } from 'playwright-core';
import { eventually } from '../integration/city.ts';
import { grantRoles } from '../integration/console/grant-roles.ts';
import {
  openBrowser,
  PHONE,
  seriousFindings,
  signInByFile,
  withChromium,
  type OpenedBrowser,
} from './opened-browser.ts';

const PAGES = [
  '/console',
  '/console/changes',
  '/console/changes?view=decided',
  '/console/changes/of/trust-list/city',
  '/console/trust',
  '/console/trust/new',
  '/console/trust/crl',
  '/console/trust/zhujiang',
  '/console/trust/zhujiang/renew',
  '/console/trust/zhujiang/status',
  '/console/trust/zhujiang/settings',
  '/console/roles',
  '/console/api',
];

withChromium('the console in a browser', () => {
  let opened: OpenedBrowser;
  let operator: Page;
  let second: Page;

  const signIn = async (person: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const { page } = await opened.open(options);
    await page.goto(`${opened.portal}/signin?return=%2Fconsole`);
    await signInByFile(page, opened.p12(person));
    await page.waitForURL(`${opened.portal}/console`);
    return page;
  };

  beforeAll(async () => {
    opened = await openBrowser();
    grantRoles(opened.city, {
      'li-wei-yuean': { role: 'operator' },
      'chen-fang-yuean': { role: 'operator' },
      'pengwan-tech-yuean': { role: 'officer', department: 'tax' },
    });
    operator = await signIn('li-wei-yuean');
    await eventually('the roles are in force', async () => {
      const answer = await operator.goto(`${opened.portal}/console`);
      return answer?.status() === 200;
    });
    second = await signIn('chen-fang-yuean');
  }, 180_000);
  afterAll(() => opened.close());

  /** Moves on by keyboard alone until this has the focus. */
  const tabTo = async (page: Page, selector: string): Promise<void> => {
    for (let step = 0; step < 200; step += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(`document.activeElement?.matches(${JSON.stringify(selector)}) === true`))
        return;
    }
    throw new Error(`${selector} is not to be reached by keyboard on ${page.url()}`);
  };

  it.each([
    ['in Chinese', {}],
    ['in English, dark', { locale: 'en-US', colorScheme: 'dark' as const }],
    ['on a phone', PHONE],
  ])('has nothing serious that axe finds, and fits, %s', async (_how, options) => {
    const storageState = await operator.context().storageState();
    const { page, context } = await opened.open({ ...options, storageState });
    const found: string[] = [];
    for (const path of PAGES) {
      const answer = await page.goto(opened.portal + path);
      expect([path, answer?.status()]).toEqual([path, 200]);
      found.push(...(await seriousFindings(page)));
      const wide = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      );
      expect([path, wide]).toEqual([path, 0]);
    }
    expect(found).toEqual([]);
    await context.close();
  });

  it('lets an operator propose by keyboard that an authority winds down, and a second one approve it', async () => {
    await operator.goto(`${opened.portal}/console/trust`);
    await tabTo(operator, 'a[href="/console/trust/zhujiang"]');
    await operator.keyboard.press('Enter');
    await operator.waitForURL(/\/trust\/zhujiang$/);
    await tabTo(operator, 'a[href="/console/trust/zhujiang/status"]');
    await operator.keyboard.press('Enter');
    await operator.waitForURL(/\/status$/);
    await tabTo(operator, 'input[name=status]');
    await operator.keyboard.press('ArrowDown');
    expect(await operator.locator('input[name=status]:checked').inputValue()).toBe('winding-down');
    await tabTo(operator, '#before');
    await operator.locator('#before').fill('2026-01-01');
    await tabTo(operator, '#note');
    await operator.keyboard.type('合同到期，不再续签');
    await tabTo(operator, 'main form button');
    await operator.keyboard.press('Enter');
    await operator.waitForURL(/\/console\/changes\/[\w-]{22}$/);
    const proposal = new URL(operator.url()).pathname;
    expect(await operator.locator('.diff .added').first().textContent()).toContain('winding-down');
    expect(await operator.locator('#dry-run ~ ul li').count()).toBeGreaterThan(0);
    expect(await seriousFindings(operator)).toEqual([]);
    await tabTo(operator, `form[action="${proposal}/submit"] button`);
    await operator.keyboard.press('Enter');
    await operator.waitForURL(/done=submit/);
    expect(await operator.getByText('双人复核').count()).toBe(1);
    expect(await operator.locator(`form[action="${proposal}/approve"]`).count()).toBe(0);

    await second.goto(`${opened.portal}/console`);
    expect(await second.locator('.sections .count').first().textContent()).toContain('1');
    await tabTo(second, '.sections a[href="/console/changes"]');
    await second.keyboard.press('Enter');
    await second.waitForURL(/\/changes$/);
    await tabTo(second, `a[href="${proposal}"]`);
    await second.keyboard.press('Enter');
    await second.waitForURL(opened.portal + proposal);
    await tabTo(second, '#approve-note');
    await second.keyboard.type('已与机构核对');
    expect(await seriousFindings(second)).toEqual([]);
    await tabTo(second, `form[action="${proposal}/approve"] button`);
    await second.keyboard.press('Enter');
    await second.waitForURL(/done=approve/);
    await second.goto(`${opened.portal}/console/trust`);
    expect(
      await second.locator('tr', { has: second.locator('a[href="/console/trust/zhujiang"]') }).textContent(),
    ).toContain('逐步退出');
  });

  it('shows an officer nothing of the trust list, and somebody without a role their id', async () => {
    const officer = await signIn('pengwan-tech-yuean');
    expect(await officer.locator('.sections a[href="/console/trust"]').count()).toBe(0);
    const answer = await officer.goto(`${opened.portal}/console/trust`);
    expect(answer?.status()).toBe(403);
    expect(await officer.getByText('ONECERT_ROLE_REQUIRED').count()).toBe(1);
    expect(await officer.locator('.reference').first().textContent()).toMatch(/^[\w-]{22}$/);
  });
});

import type { Page } from 'playwright-core';
import { eventually } from '../integration/city.ts';
import { grantRoles } from '../integration/console/grant-roles.ts';
import { lookAt, lookAtPages, signInToConsole } from './console-visit.ts';
import { follow, press, tabTo, type } from './keyboard.ts';
import { openBrowser, PHONE, seriousFindings, withChromium, type OpenedBrowser } from './opened-browser.ts';

const PAGES = [
  '/console',
  '/console/changes',
  '/console/changes?view=decided',
  '/console/changes/of/trust-list/city',
  '/console/trust',
  '/console/trust/new',
  '/console/trust/crl',
  '/console/trust?range=year',
  '/console/trust/zhujiang',
  '/console/trust/zhujiang?range=day',
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

  beforeAll(async () => {
    opened = await openBrowser();
    grantRoles(opened.city, {
      'li-wei-yuean': { role: 'operator' },
      'chen-fang-yuean': { role: 'operator' },
      'pengwan-tech-yuean': { role: 'officer', department: 'tax' },
    });
    operator = await signInToConsole(opened, 'li-wei-yuean');
    await eventually('the roles are in force', async () => {
      const answer = await operator.goto(`${opened.portal}/console`);
      return answer?.status() === 200;
    });
    second = await signInToConsole(opened, 'chen-fang-yuean');
  }, 180_000);
  afterAll(() => opened.close());

  it.each([
    ['in Chinese', {}, 'trust'],
    ['in English, dark', { locale: 'en-US', colorScheme: 'dark' as const }, 'trust-dark'],
    ['on a phone', PHONE, 'trust-phone'],
  ])(
    'has nothing serious that axe finds, and fits, %s',
    async (_how, options, name) => {
      expect(await lookAtPages(opened, operator, PAGES, options, name)).toEqual([]);
    },
    120_000,
  );

  it('shows by keyboard what an authority is used for: by the hour, as a table, as CSV', async () => {
    // Whose certificate the operators have signed in with.
    const path = '/console/trust/yuean';
    await operator.goto(`${opened.portal}/console/trust`);
    await follow(operator, `${path}#use`);
    await follow(operator, `${path}?range=day#use`);
    const table = operator.locator('figure.chart', { hasText: '登录' }).first().locator('details');
    expect(await table.getByRole('table').isVisible()).toBe(false);
    await eventually('the sign-ins are counted', async () => {
      await operator.reload();
      return /[1-9]/.test((await operator.locator('.figure dd').first().textContent()) ?? '');
    });
    await tabTo(operator, 'figure.chart summary');
    await operator.keyboard.press('Enter');
    expect(await table.getByRole('table').isVisible()).toBe(true);
    expect(await table.locator('tbody tr').count()).toBe(24);
    expect((await table.locator('td[data-label="登录"]').allTextContents()).join(' ')).toMatch(/[1-9]/);
    expect(await lookAt(operator, 'trust-use')).toEqual([]);
    const csv = operator.waitForEvent('download');
    await tabTo(operator, `a[href="${path}/use.csv?range=day"]`);
    await operator.keyboard.press('Enter');
    expect((await csv).suggestedFilename()).toMatch(/^onecert-use-.*\.csv$/);
  });

  it('lets an operator propose by keyboard that an authority winds down, and a second one approve it', async () => {
    await operator.goto(`${opened.portal}/console/trust`);
    await follow(operator, '/console/trust/zhujiang');
    await follow(operator, '/console/trust/zhujiang/status');
    await tabTo(operator, 'input[name=status]');
    await operator.keyboard.press('ArrowDown');
    expect(await operator.locator('input[name=status]:checked').inputValue()).toBe('winding-down');
    await tabTo(operator, '#before');
    await operator.locator('#before').fill('2026-01-01');
    await type(operator, '#note', '合同到期，不再续签');
    await press(operator, 'main form button');
    await operator.waitForURL(/\/console\/changes\/[\w-]{22}$/);
    const proposal = new URL(operator.url()).pathname;
    expect(await operator.locator('.diff .added').first().textContent()).toContain('winding-down');
    expect(await operator.locator('#dry-run ~ ul li').count()).toBeGreaterThan(0);
    expect(await seriousFindings(operator)).toEqual([]);
    await press(operator, `form[action="${proposal}/submit"] button`);
    await operator.waitForURL(/done=submit/);
    expect(await operator.getByText('双人复核').count()).toBe(1);
    expect(await operator.locator(`form[action="${proposal}/approve"]`).count()).toBe(0);

    await second.goto(`${opened.portal}/console`);
    expect(await second.locator('.sections .count').first().textContent()).toContain('1');
    await follow(second, '/console/changes');
    await follow(second, proposal);
    await type(second, '#approve-note', '已与机构核对');
    expect(await seriousFindings(second)).toEqual([]);
    await press(second, `form[action="${proposal}/approve"] button`);
    await second.waitForURL(/done=approve/);
    await second.goto(`${opened.portal}/console/trust`);
    expect(
      await second.locator('tr', { has: second.locator('a[href="/console/trust/zhujiang"]') }).textContent(),
    ).toContain('逐步退出');
  });

  it('shows an officer nothing of the trust list, and somebody without a role their id', async () => {
    const officer = await signInToConsole(opened, 'pengwan-tech-yuean');
    expect(await officer.locator('.sections a[href="/console/trust"]').count()).toBe(0);
    const answer = await officer.goto(`${opened.portal}/console/trust`);
    expect(answer?.status()).toBe(403);
    expect(await officer.getByText('ONECERT_ROLE_REQUIRED').count()).toBe(1);
    expect(await officer.locator('.reference').first().textContent()).toMatch(/^[\w-]{22}$/);
  });
});

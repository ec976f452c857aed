import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
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

const TAX = '/console/services/of/tax';
const JOINT = `${TAX}/service/joint-tax-registration`;
const PAGES = [
  '/console/services',
  '/console/services/import',
  '/console/services/import-csv',
  TAX,
  `${TAX}/enrol`,
  `${TAX}/yaml`,
  `${TAX}/try`,
  JOINT,
  `${JOINT}/change`,
];

withChromium('services in a browser', () => {
  let opened: OpenedBrowser;
  let officer: Page;
  let operator: Page;
  let server: Server;

  const signIn = async (person: string, options: BrowserContextOptions = {}): Promise<Page> => {
    const { page } = await opened.open(options);
    await page.goto(`${opened.portal}/signin?return=%2Fconsole`);
    await signInByFile(page, opened.p12(person));
    await page.waitForURL(`${opened.portal}/console`);
    return page;
  };

  beforeAll(async () => {
    server = createServer((request, response) => {
      response.end(`served ${request.url ?? ''}`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
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
    officer = await signIn('pengwan-tech-yuean');
  }, 240_000);
  afterAll(async () => {
    server.close();
    await (opened as OpenedBrowser | undefined)?.close();
  });

  /** Moves on by keyboard alone until this has the focus. */
  const tabTo = async (page: Page, selector: string): Promise<void> => {
    for (let step = 0; step < 400; step += 1) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(`document.activeElement?.matches(${JSON.stringify(selector)}) === true`))
        return;
    }
    throw new Error(`${selector} is not to be reached by keyboard on ${page.url()}`);
  };
  const type = async (page: Page, selector: string, text: string): Promise<void> => {
    await tabTo(page, selector);
    await page.keyboard.press('Control+A');
    await page.keyboard.type(text);
  };
  const press = async (page: Page, selector: string, key = 'Enter'): Promise<void> => {
    await tabTo(page, selector);
    await page.keyboard.press(key);
  };

  it.each([
    ['in Chinese', {}, 'desktop'],
    ['on a phone', PHONE, 'phone'],
  ])(
    'have nothing serious that axe finds, and fit, %s',
    async (_how, options, name) => {
      const storageState = await officer.context().storageState();
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
        const folder = process.env['ONECERT_SCREENSHOTS'];
        if (folder !== undefined)
          await page.screenshot({
            path: `${folder}/${name}${path.replaceAll('/', '_')}.png`,
            fullPage: true,
          });
      }
      expect(found).toEqual([]);
      await context.close();
    },
    120_000,
  );

  it('are enrolled, tried and submitted by an officer, approved by an operator, and can be called', async () => {
    const { port } = server.address() as AddressInfo;
    await officer.goto(`${opened.portal}/console/services`);
    await press(officer, `a[href="${TAX}/enrol"]`);
    await officer.waitForURL(`${opened.portal}${TAX}/enrol`);
    await type(officer, '#service', 'tax-certificate');
    await type(officer, '#name-zh', '完税证明');
    await type(officer, '#name-en', 'Tax Certificate');
    await type(officer, '#path', '/tax-certificate');
    await press(officer, 'input[name=subjects][value=enterprise]', 'Space');
    await press(officer, 'details:has(#claim-name) > summary');
    await press(officer, '#claim-name', 'Space');
    await type(officer, '#claim-name-purpose-zh', '印在证明上');
    await type(officer, '#claim-name-purpose-en', 'Printed on it');
    await type(officer, '#backend-0-url', `http://127.0.0.1:${port}`);
    await press(officer, '.form > p button');
    await officer.waitForURL(/\/console\/changes\/[\w-]{22}$/);
    const proposal = new URL(officer.url()).pathname;
    expect(await officer.locator('.diff .added').allTextContents()).toContainEqual(
      expect.stringContaining('tax-certificate'),
    );

    const id = proposal.split('/').at(-1) ?? '';
    await press(officer, `a[href="${TAX}/try?draft=${id}"]`);
    await officer.waitForURL(/\/try\?draft=/);
    await tabTo(officer, '#service');
    await officer.keyboard.press('End');
    await type(officer, '#target', '/tax-certificate/mine');
    await press(officer, 'main form button');
    await officer.getByText('served /tax-certificate/mine').waitFor();
    expect(await officer.locator('main').textContent()).toContain('测试企业（非真实单位）');
    expect(await seriousFindings(officer)).toEqual([]);

    await officer.goto(opened.portal + proposal);
    await press(officer, `form[action="${proposal}/submit"] button`);
    await officer.waitForURL(/done=submit/);
    await operator.goto(opened.portal + proposal);
    await press(operator, `form[action="${proposal}/approve"] button`);
    await operator.waitForURL(/done=approve/);

    await officer.goto(`${opened.portal}/tax-certificate/mine`);
    expect(await officer.textContent('body')).toContain('served /tax-certificate/mine');
  }, 120_000);
});

import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { eventually } from '../integration/city.ts';
import { grantRoles } from '../integration/console/grant-roles.ts';
import { lookAtPages, signInToConsole } from './console-visit.ts';
import { press, tabTo, type } from './keyboard.ts';
import { openBrowser, PHONE, seriousFindings, withChromium, type OpenedBrowser } from './opened-browser.ts';

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
    operator = await signInToConsole(opened, 'li-wei-yuean');
    await eventually('the roles are in force', async () => {
      const answer = await operator.goto(`${opened.portal}/console`);
      return answer?.status() === 200;
    });
    officer = await signInToConsole(opened, 'pengwan-tech-yuean');
  }, 240_000);
  afterAll(async () => {
    server.close();
    await (opened as OpenedBrowser | undefined)?.close();
  });

  it.each([
    ['in Chinese', {}, 'desktop'],
    ['on a phone', PHONE, 'phone'],
  ])(
    'have nothing serious that axe finds, and fit, %s',
    async (_how, options, name) => {
      expect(await lookAtPages(opened, officer, PAGES, options, name)).toEqual([]);
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

import { existsSync } from 'node:fs';
import axe from 'axe-core';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import { openCity, type City } from '../integration/city.ts';

/** Debian's. */
export const CHROMIUM = '/usr/bin/chromium';
/** The same without windows, tabs and their pages: a third less work. The whole one where it is not there. */
const SHELL = '/usr/bin/chromium-headless-shell';
const isRequired = process.env['ONECERT_REQUIRE_SERVICES'] === '1';

/** Skips where there is no browser; fails there where services are required. */
export const withChromium = existsSync(CHROMIUM) || isRequired ? describe : describe.skip;

export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } as const;

/** Every PKCS#12 file of the demo city has this one. */
export const PASSWORD = 'onecert';

export interface OpenedBrowser {
  readonly city: City;
  /** Origin of the browser listener. */
  readonly portal: string;
  readonly browser: Browser;
  /** A fresh profile with one page, in Chinese where nothing else is said. */
  open(options?: BrowserContextOptions): Promise<{ readonly context: BrowserContext; readonly page: Page }>;
  /** A fresh profile with this person's certificate, which is shown to the listener that asks for one. */
  openWith(person: string): Promise<{ readonly context: BrowserContext; readonly page: Page }>;
  p12(person: string): string;
  close(): Promise<void>;
}

/** The demo city, running, with Chromium in front of it. @param prepare changes its configuration before it starts */
export const openBrowser = async (
  prepare: (city: City) => void = () => undefined,
): Promise<OpenedBrowser> => {
  const city = await openCity();
  prepare(city);
  try {
    await city.start();
  } catch (error) {
    await city.remove();
    throw error;
  }
  const portal = `https://localhost:${city.ports.ONECERT_BROWSER_PORT}`;
  const browser = await chromium.launch({
    executablePath: existsSync(SHELL) ? SHELL : CHROMIUM,
    // In containers there is no user namespace to sandbox in.
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  const open: OpenedBrowser['open'] = async (options = {}) => {
    // The demo city's TLS authority is known to nobody.
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'zh-CN', ...options });
    context.setDefaultTimeout(15_000);
    return { context, page: await context.newPage() };
  };
  return {
    city,
    portal,
    browser,
    open,
    openWith: (person) => {
      const { certificate, key } = city.person(person);
      return open({ clientCertificates: [{ origin: city.url, certPath: certificate, keyPath: key }] });
    },
    p12: (person) => city.person(person).certificate.replace(/crt$/, 'p12'),
    close: async () => {
      await browser.close();
      await city.stop();
      await city.remove();
    },
  };
};

/** Signs in with a certificate file in the page; ends where the person is taken. */
export const signInByFile = async (page: Page, file: string, password = PASSWORD): Promise<void> => {
  await page.locator('#p12').setInputFiles(file);
  await page.getByLabel('证书文件的密码').fill(password);
  await page.getByRole('button', { name: '打开证书文件' }).click();
  await page.locator('#file').getByRole('button', { name: '签名并登录' }).click();
};

/** What axe finds wrong with a page that stops somebody from using it, one line each. */
export const seriousFindings = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { axe: loaded } = globalThis as unknown as { axe: typeof axe };
    const results = await loaded.run({ resultTypes: ['violations'] });
    return results.violations.map(({ id, impact, nodes }) => ({
      id,
      impact,
      nodes: nodes.map(({ html }) => html.slice(0, 200)),
    }));
  });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${new URL(page.url()).pathname}: ${id}: ${nodes.join(' | ')}`);
};

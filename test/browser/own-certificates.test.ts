import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import {
  CHROMIUM,
  openBrowser,
  PASSWORD,
  signInByFile,
  withChromium,
  type OpenedBrowser,
} from './opened-browser.ts';

/** Where Debian's Chromium looks for policies, and nowhere else. */
const POLICIES = '/etc/chromium/policies/managed';
const isRequired = process.env['ONECERT_REQUIRE_SERVICES'] === '1';

const hasNss = ['certutil', 'pk12util'].every((tool) => existsSync(`/usr/bin/${tool}`));
const mayWritePolicies = (): boolean => {
  try {
    accessSync('/etc', constants.W_OK);
    return true;
  } catch {
    return false;
  }
};
const withNss = (hasNss && mayWritePolicies()) || isRequired ? withChromium : describe.skip;

/** A person's Chromium with certificates of their own: an NSS database in a home of its own. */
interface OwnBrowser {
  readonly page: Page;
  readonly close: () => Promise<void>;
}

withNss('Chromium with certificates of its own, by its own TLS', () => {
  let opened: OpenedBrowser;
  let home: string;
  let policy: string;
  beforeAll(async () => {
    opened = await openBrowser();
    home = mkdtempSync(join(tmpdir(), 'onecert-home-'));
    policy = join(POLICIES, `onecert-${process.pid}.json`);
    const database = `sql:${join(home, '.pki', 'nssdb')}`;
    mkdirSync(join(home, '.pki', 'nssdb'), { recursive: true });
    mkdirSync(POLICIES, { recursive: true });
    execFileSync('certutil', ['-N', '-d', database, '--empty-password']);
    for (const person of ['li-wei-yuean', 'chen-fang-zhujiang', 'revoked-yuean']) {
      const [file, secret] = [opened.p12(person), PASSWORD];
      execFileSync('pk12util', ['-i', file, '-d', database, '-W', secret, '-K', ''], { stdio: 'pipe' });
    }
  }, 120_000);
  afterAll(async () => {
    rmSync(policy, { force: true });
    rmSync(home, { recursive: true, force: true });
    await opened.close();
  });

  /** Stands for the person's click in the browser's own list: the policy holds for this city's ports only. */
  const choose = (name: string): void => {
    const chosen = { pattern: opened.city.url, filter: { SUBJECT: { CN: name } } };
    writeFileSync(policy, JSON.stringify({ AutoSelectCertificateForUrls: [JSON.stringify(chosen)] }));
  };
  const start = async (profile: string): Promise<OwnBrowser> => {
    const context: BrowserContext = await chromium.launchPersistentContext(join(home, profile), {
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
      ignoreHTTPSErrors: true,
      locale: 'zh-CN',
      env: { ...(process.env as Record<string, string>), HOME: home },
    });
    context.setDefaultTimeout(15_000);
    return { page: await context.newPage(), close: () => context.close() };
  };
  const signIn = async (page: Page): Promise<void> => {
    await page.goto(`${opened.portal}/signin?return=%2Fme`);
    await page.getByRole('link', { name: '选择证书登录' }).click();
    await page.waitForURL(`${opened.portal}/me`);
  };

  const signOut = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: '退出' }).click();
    await page.getByRole('heading', { level: 1, name: '您已退出' }).waitFor();
    await page.goto(`${opened.portal}/me`);
    expect(new URL(page.url()).pathname).toBe('/signin');
  };

  it('signs in, signs out, and signs in again as somebody else', async () => {
    choose('李伟');
    const first = await start('one');
    await signIn(first.page);
    expect(await first.page.textContent('main')).toContain('粤安电子认证');
    await signOut(first.page);
    // The session has ended; but Chromium shows the certificate that was chosen until it is restarted, which the page
    // of signing out says. Somebody else signs in here by another way …
    await signInByFile(first.page, opened.p12('lianhua-trade-yuean'));
    await first.page.waitForURL(`${opened.portal}/me`);
    expect(await first.page.textContent('main')).toContain('深圳市莲花贸易有限公司');
    await signOut(first.page);
    await first.close();
    // … or after a restart, with the same profile.
    choose('陈芳');
    const second = await start('one');
    await signIn(second.page);
    expect(await second.page.textContent('main')).toContain('珠江电子认证');
    await second.close();
  }, 120_000);

  it('shows why a certificate is refused', async () => {
    choose('王磊');
    const { page, close } = await start('two');
    await page.goto(`${opened.portal}/signin?return=%2Fme`);
    await page.getByRole('link', { name: '选择证书登录' }).click();
    await page.getByRole('heading', { level: 1, name: '证书已被吊销' }).waitFor();
    await close();
  }, 60_000);
});

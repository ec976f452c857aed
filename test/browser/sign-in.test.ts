import type { Server } from 'node:http';
import { once } from 'node:events';
import { openPkcs12File } from '../../examples/key-agent/open-key-file.ts';
import { serveKeyAgent } from '../../examples/key-agent/serve.ts';
import { openBrowser, PASSWORD, signInByFile, withChromium, type OpenedBrowser } from './opened-browser.ts';

withChromium('signing in with a browser', () => {
  let opened: OpenedBrowser;
  beforeAll(async () => {
    opened = await openBrowser();
  }, 120_000);
  afterAll(() => opened.close());

  describe('with a certificate file in the page', () => {
    it('leads to the service that the person wanted', async () => {
      const { context, page } = await opened.open();
      await page.goto(`${opened.portal}/residence-permit`);
      expect(new URL(page.url()).pathname).toBe('/signin');
      expect(await page.getByText('登录后前往').textContent()).toContain('居住证');
      await signInByFile(page, opened.p12('li-wei-yuean'));
      await page.waitForURL(`${opened.portal}/residence-permit`);
      expect(await page.textContent('body')).toContain('李伟');
      await context.close();
    });

    it('shows what is signed before it is, and sends neither file nor password', async () => {
      const { context, page } = await opened.open();
      const sent: string[] = [];
      const hosts = new Set<string>();
      page.on('request', (request) => {
        hosts.add(new URL(request.url()).origin);
        sent.push(request.postData() ?? '');
      });
      await page.goto(`${opened.portal}/signin?return=%2Fme`);
      await page.locator('#p12').setInputFiles(opened.p12('li-wei-zhujiang'));
      const secret = page.getByLabel('证书文件的密码');
      await secret.fill(PASSWORD);
      await secret.press('Enter');
      const text = page.locator('#file pre');
      await text.waitFor({ state: 'visible' });
      expect(await text.textContent()).toContain(`登录网站：${opened.portal}\n`);
      await page.locator('#file').getByRole('button', { name: '签名并登录' }).click();
      await page.waitForURL(`${opened.portal}/me`);
      expect([...hosts]).toEqual([opened.portal]);
      expect(sent.some((body) => body.includes('"form":"raw"'))).toBe(true);
      for (const body of sent) expect(body).not.toContain(PASSWORD);
      expect(Math.max(...sent.map(({ length }) => length))).toBeLessThan(8_000);
      await context.close();
    });

    it('tells of a wrong password', async () => {
      const { context, page } = await opened.open();
      await page.goto(`${opened.portal}/signin`);
      await page.locator('#p12').setInputFiles(opened.p12('li-wei-yuean'));
      await page.getByLabel('证书文件的密码').fill('wrong');
      await page.getByRole('button', { name: '打开证书文件' }).click();
      await page.locator('#file').getByRole('alert').filter({ hasText: '密码不正确' }).waitFor();
      await context.close();
    });

    it.each([
      ['revoked-yuean', '证书已被吊销'],
      ['expired-zhujiang', '过期'],
      ['encryption-yuean', '加密'],
      ['untrusted-wuming', '机构'],
    ])('says why it refuses %s', async (person, said) => {
      const { context, page } = await opened.open();
      await page.goto(`${opened.portal}/signin`);
      await signInByFile(page, opened.p12(person));
      await page.locator('#file').getByRole('alert').filter({ hasText: said }).waitFor();
      expect(new URL(page.url()).pathname).toBe('/signin');
      await context.close();
    });
  });

  describe('with a key device and its agent', () => {
    let agent: Server | undefined;
    const startAgent = async (person: string, consent: () => boolean = () => true): Promise<string[]> => {
      const shown: string[] = [];
      agent = await serveKeyAgent({
        devices: [openPkcs12File(opened.p12(person), PASSWORD)],
        origins: [opened.portal],
        port: 18463,
        consent: async (text) => {
          shown.push(text);
          return consent();
        },
      });
      return shown;
    };
    afterEach(async () => {
      if (agent === undefined) return;
      agent.closeAllConnections();
      agent.close();
      await once(agent, 'close');
      agent = undefined;
    });

    it('lets the person choose, read and sign', async () => {
      const shown = await startAgent('pengwan-tech-yuean');
      const { context, page } = await opened.open();
      await page.goto(`${opened.portal}/signin?return=%2Fjoint-tax`);
      await page.getByRole('button', { name: '连接证书助手' }).click();
      await page.getByLabel('深圳市鹏湾科技有限公司').check();
      await page.locator('#agent').getByRole('button', { name: '签名并登录' }).click();
      await page.waitForURL(`${opened.portal}/joint-tax`);
      expect(shown).toHaveLength(1);
      expect(shown[0]).toContain('办理服务：联合办税登记');
      await context.close();
    });

    it('says so when the person says no, and when there is no agent', async () => {
      const { context, page } = await opened.open();
      await page.goto(`${opened.portal}/signin`);
      await page.getByRole('button', { name: '连接证书助手' }).click();
      await page.locator('#agent').getByRole('alert').filter({ hasText: '没有找到证书助手' }).waitFor();
      await startAgent('li-wei-yuean', () => false);
      await page.getByRole('button', { name: '连接证书助手' }).click();
      await page.locator('#agent').getByRole('button', { name: '签名并登录' }).click();
      await page.locator('#agent').getByRole('alert').filter({ hasText: '您取消了签名' }).waitFor();
      await context.close();
    });
  });

  describe('with the certificate in the browser', () => {
    it('comes back signed in', async () => {
      const { context, page } = await opened.openWith('chen-fang-zhujiang');
      await page.goto(`${opened.portal}/signin?return=%2Fme`);
      await page.getByRole('link', { name: '选择证书登录' }).click();
      await page.waitForURL(`${opened.portal}/me`);
      expect(await page.textContent('main')).toContain('珠江电子认证');
      expect(await page.textContent('main')).toContain('浏览器中的证书');
      await context.close();
    });

    it('shows why a certificate is refused, and the way to another', async () => {
      const { context, page } = await opened.openWith('revoked-yuean');
      await page.goto(`${opened.portal}/signin?return=%2Fme`);
      await page.getByRole('link', { name: '选择证书登录' }).click();
      await page.getByRole('heading', { level: 1, name: '证书已被吊销' }).waitFor();
      await page.getByText('查看证书检查过程').click();
      expect(await page.locator('.steps .failed').count()).toBeGreaterThan(0);
      await page.getByRole('link', { name: '返回登录页' }).click();
      expect(page.url()).toBe(`${opened.portal}/signin?return=%2Fme`);
      await context.close();
    });

    it('works without scripts, and says what does not', async () => {
      const { context, page } = await opened.open({ javaScriptEnabled: false });
      await page.goto(`${opened.portal}/signin`);
      expect(await page.locator('noscript p:visible').count()).toBe(2);
      expect(await page.locator('form:visible').count()).toBe(0);
      await page.getByRole('link', { name: '选择证书登录' }).click();
      await page.getByRole('heading', { level: 1, name: '没有选择证书' }).waitFor();
      await context.close();
    });
  });

  it('out, and in again as somebody else', async () => {
    const { context, page } = await opened.open();
    await page.goto(`${opened.portal}/signin?return=%2Fme`);
    await signInByFile(page, opened.p12('li-wei-yuean'));
    await page.waitForURL(`${opened.portal}/me`);
    await page.getByRole('button', { name: '退出' }).click();
    await page.getByRole('heading', { level: 1, name: '您已退出' }).waitFor();
    await page.goBack();
    await page.goto(`${opened.portal}/me`);
    expect(new URL(page.url()).pathname).toBe('/signin');
    await signInByFile(page, opened.p12('lianhua-trade-yuean'));
    await page.waitForURL(`${opened.portal}/me`);
    expect(await page.textContent('main')).toContain('深圳市莲花贸易有限公司');
    const cookies = await context.cookies();
    for (const { name, secure, httpOnly, sameSite } of cookies)
      expect([name, secure, httpOnly, sameSite]).toEqual([name, true, true, 'Lax']);
    await context.close();
  });
});

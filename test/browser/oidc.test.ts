import { hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as oidc from 'openid-client';
import { Agent, fetch } from 'undici';
import {
  openBrowser,
  seriousFindings,
  signInByFile,
  withChromium,
  type OpenedBrowser,
} from './opened-browser.ts';

const SECRET = randomBytes(32).toString('base64url');

withChromium('a service that is a client of the OpenID Provider', () => {
  let opened: OpenedBrowser;
  let service: Server;
  let origin: string;
  let client: oidc.Configuration;
  let network: Agent;

  beforeAll(async () => {
    service = createServer((request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(`<h1>the service</h1><p>${new URL(request.url ?? '/', 'http://here').pathname}</p>`);
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    origin = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    opened = await openBrowser((city) =>
      city.edit(
        'config/departments/human-resources.yaml',
        '    claims:\n',
        `    oidc:
      redirectUris: ['${origin}/callback']
      postLogoutRedirectUris: ['${origin}/bye']
      clientAuthentication:
        method: client_secret_basic
        secretHash: ${hash('sha256', SECRET, 'base64url')}
    claims:
`,
      ),
    );
    network = new Agent({ connect: { ca: readFileSync(`${opened.city.data}/city/tls/ca.crt`) } });
    client = await oidc.discovery(
      new URL(`${opened.portal}/oidc`),
      'social-insurance',
      undefined,
      oidc.ClientSecretBasic(SECRET),
      {
        [oidc.customFetch]: (url, options) => fetch(url, { ...options, dispatcher: network } as never),
      },
    );
  }, 120_000);
  afterAll(async () => {
    await opened?.close();
    await network?.close();
    service.close();
    service.closeAllConnections();
  });

  it('signs a person in by a certificate file, and out again', async () => {
    const { context, page } = await opened.open();
    const problems: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    const verifier = oidc.randomPKCECodeVerifier();
    const state = oidc.randomState();
    const nonce = oidc.randomNonce();
    const url = oidc.buildAuthorizationUrl(client, {
      redirect_uri: `${origin}/callback`,
      scope: 'openid',
      state,
      nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    await page.goto(url.href);
    expect(new URL(page.url()).pathname).toBe('/signin');
    await signInByFile(page, opened.p12('li-wei-yuean'));
    await page.waitForURL(`${origin}/callback?**`);
    const tokens = await oidc.authorizationCodeGrant(client, new URL(page.url()), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
    });
    expect(tokens.claims()).toMatchObject({ name: '李伟', kind: 'citizen', amr: ['pop', 'sign'] });

    const end = oidc.buildEndSessionUrl(client, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: `${origin}/bye`,
    });
    await page.goto(end.href);
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('main').getByRole('button', { name: '退出登录' }).click();
    await page.waitForURL(`${origin}/bye`);
    await page.goto(`${opened.portal}/me`);
    expect(new URL(page.url()).pathname).toBe('/signin');
    expect(problems).toEqual([]);
    await context.close();
  });

  it('tells the person what is wrong where it cannot tell the service', async () => {
    const { context, page } = await opened.open();
    const answer = await page.goto(
      `${opened.portal}/oidc/authorize?client_id=social-insurance&response_type=code&scope=openid&redirect_uri=https://evil.example/`,
    );
    expect(answer?.status()).toBe(400);
    expect(await page.textContent('h1')).toBe('登录请求有误');
    expect(await seriousFindings(page)).toEqual([]);
    await context.close();
  });
});

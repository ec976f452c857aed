import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import * as oidc from 'openid-client';
import { Agent, fetch } from 'undici';
import { entriesOf } from '../unit/audit/written-log.ts';
import { describeWithOwnPostgres } from '../unit/storage/postgres-servers.ts';
import { readForm } from './browser.ts';
import { eventually, hasTools, type City } from './city.ts';
import { call, keepAliveAgent } from './proxy/client.ts';
import { startThreeGateways, type ThreeGateways } from './three-gateways.ts';

const whenAll = hasTools() ? describeWithOwnPostgres : describe.skip;

const SECRET = randomBytes(32).toString('base64url');
const REDIRECT = 'https://rental.example.gov.cn/callback';

/** HAProxy gives each connection to the next gateway; a browser here opens one for each request. */
whenAll('three gateways on one PostgreSQL and one Redis', () => {
  let all: ThreeGateways;
  let told: Server;
  const logoutTokens: string[] = [];

  const prepare = (city: City): void => {
    // The first gateway looks for CRLs and asks responders often; the others hardly ever, unless they are told.
    city.edit('ca-trust/yuean/authority.yaml', 'refresh: 3s', "refresh: '${ONECERT_TEST_REFRESH:-3s}'");
    city.edit('ca-trust/zhujiang/authority.yaml', 'refresh: 3s', 'refresh: 10m');
    city.edit(
      'ca-trust/zhujiang/authority.yaml',
      'maximumAge: 3s',
      "maximumAge: '${ONECERT_TEST_REFRESH:-3s}'",
    );
    city.edit(
      'config/departments/housing.yaml',
      '    claims: [kind] #',
      `    oidc:
      redirectUris: ['${REDIRECT}']
      backchannelLogoutUri: 'http://127.0.0.1:${(told.address() as AddressInfo).port}/logout'
      clientAuthentication:
        method: client_secret_basic
        secretHash: ${createHash('sha256').update(SECRET).digest('base64url')}
    claims: [kind] #`,
    );
  };
  beforeAll(async () => {
    told = createServer((request, response) => {
      void textOf(request).then((body) => {
        logoutTokens.push(new URLSearchParams(body).get('logout_token') ?? '');
        response.writeHead(204).end();
      });
    }).listen(0, '127.0.0.1');
    await once(told, 'listening');
    all = await startThreeGateways({ prepare, environmentOfOthers: { ONECERT_TEST_REFRESH: '10m' } });
  }, 240_000);
  afterAll(async () => {
    told?.close();
    await all?.remove();
  }, 60_000);

  const sizes = (): number[] => all.gateways.map(({ data }) => entriesOf(join(data, 'audit')).length);
  /** Each gateway has recorded something since. */
  const allServed = async (before: readonly number[]): Promise<void> =>
    eventually('each gateway served some of it', () =>
      sizes().every((size, index) => size > (before[index] ?? 0)),
    );

  it('share sessions: signed in through all, known at all, and signed out at all', async () => {
    const before = sizes();
    const browser = all.browser();
    const signedIn = await browser.signIn(await browser.follow('/census'), 'li-wei-yuean');
    expect(signedIn.status).toBe(200);
    for (let time = 0; time < 6; time++) expect((await browser.open('/census')).status).toBe(200);
    await allServed(before);
    // Keeps the cookies that signing out takes away.
    const thief = browser.copy();
    expect((await thief.open('/census')).status).toBe(200);
    const page = await browser.follow('/me');
    const form = /<form[^>]*action="([^"]*\/signout)"[^>]*>([\s\S]*?)<\/form>/.exec(page.body);
    const fields = readForm({ ...page, body: form?.[0] ?? '' }).fields;
    const [, action = ''] = form ?? [];
    expect((await browser.open(action, { form: fields })).status).toBe(303);
    for (let time = 0; time < 3; time++) {
      const { status, location } = await thief.open('/census');
      expect({ status, location }).toMatchObject({
        status: 303,
        location: expect.stringContaining('/signin') as string,
      });
    }
  });

  it('share the OpenID Provider: begun at one, signed in at others, redeemed at another, and told of the end', async () => {
    const issuer = new URL(`https://localhost:${all.ports.browser}/oidc`);
    // No connection is used twice: each request is the next gateway's.
    const ca = readFileSync(join(all.city.data, 'city/tls/ca.crt'));
    const network = new Agent({ pipelining: 0, connect: { ca } });
    const customFetch: oidc.CustomFetch = (url, options) =>
      fetch(url, { ...options, dispatcher: network } as never);
    const client = await oidc.discovery(issuer, 'rental-housing', undefined, oidc.ClientSecretBasic(SECRET), {
      [oidc.customFetch]: customFetch,
    });
    const browser = all.browser();
    for (let time = 0; time < 3; time++) {
      const verifier = oidc.randomPKCECodeVerifier();
      const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
      const url = oidc.buildAuthorizationUrl(client, {
        redirect_uri: REDIRECT,
        scope: 'openid',
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
      });
      const page = await browser.follow(url);
      const back = page.location === undefined ? await browser.signIn(page, 'li-wei-zhujiang') : page;
      const tokens = await oidc.authorizationCodeGrant(client, new URL(back.location ?? ''), {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      const sub = tokens.claims()?.sub ?? '';
      expect(await oidc.fetchUserInfo(client, tokens.access_token, sub)).toMatchObject({ sub });
      if (time < 2) continue;
      logoutTokens.length = 0;
      const end = oidc.buildEndSessionUrl(client, { id_token_hint: tokens.id_token ?? '' });
      const { action, fields } = readForm(await browser.open(end));
      await browser.open(action, { form: fields });
      await eventually('the service is told', () => logoutTokens.length > 0);
      for (let asked = 0; asked < 3; asked++)
        await expect(oidc.fetchUserInfo(client, tokens.access_token, sub)).rejects.toThrow();
    }
    await network.close();
  }, 60_000);

  /** Asks all three over open connections, again and again, until all answer with `code`; when each first did. */
  const watch = (as: string, path: string, code: string) => {
    const agents = all.gateways.map(() => keepAliveAgent(all.city.pair(as)));
    const times: (number | undefined)[] = all.gateways.map(() => undefined);
    const first = all.gateways.map(() => '');
    const watching = all.gateways.map(async ({ ports }, index) => {
      const deadline = Date.now() + 30_000;
      while (times[index] === undefined) {
        const { status, body } = await call(ports.ONECERT_PORT, path, { agent: agents[index] as never });
        const found = status === 200 ? 'served' : (/ONECERT_\w+/.exec(body)?.[0] ?? String(status));
        first[index] ||= found;
        if (found === code) times[index] = Date.now();
        else if (Date.now() > deadline) throw new Error(`${code} is not in force everywhere: ${found}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    });
    const running = Promise.all(watching).finally(() => agents.forEach((agent) => agent.destroy()));
    running.catch(() => undefined);
    return {
      /** Every one of them has been asked, and answered otherwise. */
      begun: () => eventually('all were asked', () => first.every((found) => found !== '')),
      first,
      /** ms between the first and the last; and since `at`. */
      ended: async (what: string, at?: number): Promise<void> => {
        await running;
        const known = times.map((time) => time ?? 0);
        const from = at ?? Math.min(...known);
        process.stdout.write(
          `in force at all three: ${what}: ${Math.max(...known) - from} ms after ` +
            `${at === undefined ? 'the first of them knew' : 'it was approved'}\n`,
        );
      },
    };
  };
  const served = ['served', 'served', 'served'];

  it.each([
    ['a CRL that the first fetched', 'yuean', 'ONECERT_CERTIFICATE_ON_HOLD'],
    ['what the first heard from a responder', 'zhujiang', 'ONECERT_CERTIFICATE_ON_HOLD'],
  ])(
    'take up %s at once',
    async (what, authority, code) => {
      const watched = watch(`li-wei-${authority}`, '/census', code);
      await watched.begun();
      expect(watched.first).toEqual(served);
      await all.city.authority(authority, 'revoke', { person: 'li-wei' });
      // Another look is what moves the first: a certificate it has not seen, or a new CRL.
      await watched.ended(what);
      await all.city.authority(authority, 'release', { person: 'li-wei' });
    },
    60_000,
  );

  it('take up a disabled service, a locked identity and a withdrawn authority at once', async () => {
    const [one, two, three] = all.gateways;
    const person = 'chen-fang-yuean';
    const disabled = watch(person, '/citizens-only', 'ONECERT_SERVICE_DISABLED');
    await disabled.begun();
    expect(disabled.first).toEqual(served);
    const closing = (text: string): string =>
      text.replace('path: /citizens-only\n', 'path: /citizens-only\n    enabled: false\n');
    await disabled.ended(
      'a disabled service',
      await all.change('department/census', (_path, text) => closing(text), [one, two]),
    );

    const { claims } = (await one.curl('/census', { as: person })).json() as {
      claims: { unified_id: string };
    };
    const locked = watch(person, '/census', 'ONECERT_IDENTITY_LOCKED');
    await locked.begun();
    expect(locked.first).toEqual(served);
    const lock = 'locked: true\nreason: reported stolen\n';
    await locked.ended(
      'a locked identity',
      await all.change(`identity/${claims.unified_id}`, () => lock, [two, three]),
    );

    const withdrawn = watch('pengwan-tech-yuean', '/census', 'ONECERT_AUTHORITY_WITHDRAWN');
    await withdrawn.begun();
    expect(withdrawn.first).toEqual(served);
    const withdraw = (path: string, text: string): string =>
      path === 'yuean/authority.yaml'
        ? text.replace('authority: yuean', 'status: withdrawn\nauthority: yuean')
        : text;
    await withdrawn.ended(
      'a withdrawn authority',
      await all.change('trust-list/city', withdraw, [three, one]),
    );
  }, 120_000);
});

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { Agent, buildConnector, fetch } from 'undici';
import { verifyAssertion } from '../../src/assertion/index.ts';
import { entriesOf } from '../unit/audit/written-log.ts';
import { citizenIdNumber } from '../unit/identity/invented-numbers.ts';
import { describeWithOwnPostgres } from '../unit/storage/postgres-servers.ts';
import { readForm, type Browser } from './browser.ts';
import { readCurl, run, type CurlAnswer } from './city-command.ts';
import { eventually, hasTools, type City } from './city.ts';
import { issueCertificate, readPassports } from './console/issue-certificate.ts';
import { signedBy } from './portal/visitor.ts';
import { startThreeGateways, type Gateway, type ThreeGateways } from './three-gateways.ts';

const whenAll = hasTools() ? describeWithOwnPostgres : describe.skip;

const SECRET = randomBytes(32).toString('base64url');
const SECRET_HASH = createHash('sha256').update(SECRET).digest('base64url');
const REDIRECT = 'https://rental.example.gov.cn/callback';

/** Each step is asked of a gateway that is named, on connections of its own: what one began another goes on with. */
whenAll('what begins at one of three gateways', () => {
  let all: ThreeGateways;
  let told: Server;
  /** A department's server that gives away what it was sent. */
  let loose: Server;
  const logoutTokens: string[] = [];
  const networks = new Map<Gateway, Agent>();

  const listen = async (server: Server): Promise<string> => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  beforeAll(async () => {
    told = createServer((request, response) => {
      void textOf(request).then((body) => {
        logoutTokens.push(new URLSearchParams(body).get('logout_token') ?? '');
        response.writeHead(204).end();
      });
    });
    loose = createServer((request, response) => {
      response.end(JSON.stringify({ assertion: request.headers['onecert-assertion'] }));
    });
    const [logoutAt, looseAt] = [await listen(told), await listen(loose)];
    const prepare = (city: City): void => {
      readPassports(city);
      city.edit(
        'config/departments/housing.yaml',
        '    claims: [kind] #',
        `    oidc:
      redirectUris: ['${REDIRECT}']
      backchannelLogoutUri: '${logoutAt}/logout'
      clientAuthentication: { method: client_secret_basic, secretHash: ${SECRET_HASH} }
    claims: [kind] #`,
      );
      // A service of the census, whose assertions can be looked at.
      city.edit(
        'config/departments/census.yaml',
        'services:\n',
        `services:
  - service: night-school
    name: { zh: 夜校报名, en: Night School }
    path: /night-school
    subjects: [citizen]
    claims: [name]
    oidc:
      clientAuthentication: { method: client_secret_post, secretHash: ${SECRET_HASH} }
    backends: ['${looseAt}']
`,
      );
      city.edit(
        'config/departments/public-security.yaml',
        'from: [school-enrolment]',
        'from: [night-school]',
      );
    };
    all = await startThreeGateways({ prepare });
    const ca = readFileSync(join(all.city.data, 'city/tls/ca.crt'));
    for (const gateway of all.gateways) {
      const connect = buildConnector({ ca });
      const port = all.portOf(gateway);
      networks.set(
        gateway,
        new Agent({
          connect: (options, callback) =>
            connect({ ...options, port: String(port(Number(options.port))) }, callback),
        }),
      );
    }
  }, 240_000);
  afterAll(async () => {
    for (const each of networks.values()) await each.close();
    loose?.close();
    loose?.closeAllConnections();
    told?.close();
    await all?.remove();
  }, 60_000);

  const at = (gateway: Gateway, browser: Browser): Browser => {
    browser.connectTo = all.portOf(gateway);
    return browser;
  };
  const entries = (wanted: Readonly<Record<string, unknown>>): Record<string, unknown>[] =>
    all.gateways
      .flatMap(({ data }) => entriesOf(join(data, 'audit')))
      .filter((entry) => Object.entries(wanted).every(([name, value]) => entry[name] === value));
  const codeIn = (body: string): string => /ONECERT_[A-Z_]+/.exec(body)?.[0] ?? body.slice(0, 300);
  const signIn = async (gateway: Gateway, as: string): Promise<Browser> => {
    const browser = at(gateway, all.browser());
    expect((await browser.signIn(await browser.follow('/me'), as)).status).toBe(200);
    return browser;
  };
  /** What all three answer a call of this browser. */
  const callAtAll = async (browser: Browser): Promise<string[]> => {
    const found = [];
    for (const gateway of all.gateways) {
      const { status, location, body } = await at(gateway, browser).open('/census');
      if (location !== undefined) found.push(`led to ${new URL(location, browser.origin).pathname}`);
      else found.push(status === 200 ? 'served' : codeIn(body));
    }
    return found;
  };
  const everywhere = (answer: string): string[] => [answer, answer, answer];

  it('a challenge is answered at another, and is used up at all', async () => {
    const [one, two] = all.gateways;
    const browser = at(one, all.browser());
    const got = await browser.open('/signin/challenge', { json: { return: '/census' } });
    expect(got.status).toBe(201);
    const { challenge, text } = JSON.parse(got.body) as { challenge: string; text: string };
    const json = { challenge, return: '/census', ...signedBy(all.city.person('li-wei-zhujiang'), text) };
    // With the cookie that the challenge is bound to, which sign-in renews.
    const same = browser.copy();
    const answered = await at(two, browser).open('/signin/response', { json });
    expect([answered.status, answered.body]).toEqual([200, '{"return":"/census"}']);
    for (const gateway of all.gateways) {
      const again = await at(gateway, same.copy()).open('/signin/response', { json });
      expect([again.status, codeIn(again.body)]).toEqual([403, 'ONECERT_CHALLENGE_REPLAYED']);
    }
    expect(await callAtAll(browser)).toEqual(everywhere('served'));
  });

  it('a sign-in by certificate goes on at the others, and its code is used up at all', async () => {
    const [one, two, three] = all.gateways;
    const browser = at(one, all.browser());
    const page = await browser.follow('/me');
    const link = /href="(https:\/\/localhost:\d+\/signin\/certificate\?request=[^"]+)"/.exec(page.body)?.[1];
    const shown = await at(two, browser).open((link ?? '').replaceAll('&amp;', '&'), { as: 'li-wei-yuean' });
    expect(shown.location).toContain('/signin/complete?code=');
    const same = browser.copy();
    expect((await at(three, browser).follow(shown.location ?? '')).status).toBe(200);
    for (const gateway of all.gateways) {
      const again = await at(gateway, same.copy()).open(shown.location ?? '');
      expect(codeIn(again.body)).toBe('ONECERT_HANDOVER_INVALID');
    }
    expect(await callAtAll(browser)).toEqual(everywhere('served'));
  });

  it('a session counts for proxies that ask the others, until it is signed out at one', async () => {
    const [one, two, three] = all.gateways;
    const own = join(all.city.data, 'city/terminator');
    const browser = await signIn(one, 'chen-fang-zhujiang');
    const cookie = browser.cookieFor('/census');
    const ask = async (gateway: Gateway): Promise<CurlAnswer> =>
      readCurl(
        await run('curl', [
          ...['-sS', '-i', '--max-time', '30', '--cacert', join(all.city.data, 'city/tls/ca.crt')],
          ...['--cert', join(own, 'terminator.crt'), '--key', join(own, 'terminator.key')],
          ...['-H', 'X-Original-Method: GET', '-H', 'X-Original-URI: /census', '-H', `Cookie: ${cookie}`],
          `https://localhost:${gateway.ports.ONECERT_TERMINATOR_PORT}/auth/verify`,
        ]),
      );
    for (const gateway of [two, three]) {
      const { status, headers } = await ask(gateway);
      expect([status, headers['onecert-assertion']]).toEqual([200, expect.stringMatching(/^ey/)]);
    }
    const page = await at(three, browser).follow('/me');
    const [whole = '', action = ''] =
      /<form[^>]*action="([^"]*\/signout)"[^>]*>[\s\S]*?<\/form>/.exec(page.body) ?? [];
    const form = readForm({ ...page, body: whole }).fields;
    // The token of a form that one gateway has made is good at another.
    expect((await at(two, browser).open(action, { form })).status).toBe(303);
    for (const gateway of all.gateways)
      await eventually('it is signed out there', async () => (await ask(gateway)).status === 401);
  });

  it('an authorization is redeemed at another, its ID token verified by a third; the code is used up at all', async () => {
    const [one, two, three] = all.gateways;
    const issuer = new URL(`https://localhost:${all.ports.browser}/oidc`);
    const through = (gateway: Gateway) => (url: string | URL, options?: object) =>
      fetch(url, { ...options, dispatcher: networks.get(gateway) } as never) as never;
    const clientAt = (gateway: Gateway): Promise<oidc.Configuration> =>
      oidc.discovery(issuer, 'rental-housing', undefined, oidc.ClientSecretBasic(SECRET), {
        [oidc.customFetch]: through(gateway),
      });
    const verifier = oidc.randomPKCECodeVerifier();
    const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
    const url = oidc.buildAuthorizationUrl(await clientAt(one), {
      redirect_uri: REDIRECT,
      scope: 'openid',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    const browser = at(one, all.browser());
    const back = await browser.signIn(await browser.follow(url), 'li-wei-zhujiang');
    const redeem = async (gateway: Gateway) =>
      oidc.authorizationCodeGrant(await clientAt(gateway), new URL(back.location ?? ''), {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
    const tokens = await redeem(two);
    const jwks = createRemoteJWKSet(new URL(`${issuer.href}/jwks`), { [customFetch]: through(three) });
    const { payload } = await jwtVerify(tokens.id_token ?? '', jwks, { algorithms: ['ES256'] });
    expect(payload).toMatchObject({ iss: issuer.href, aud: 'rental-housing', nonce });
    const sub = payload.sub ?? '';
    const userInfo = async (gateway: Gateway) =>
      oidc.fetchUserInfo(await clientAt(gateway), tokens.access_token, sub);
    for (const gateway of all.gateways) expect(await userInfo(gateway)).toMatchObject({ sub });
    for (const gateway of [three, one, two])
      await expect(redeem(gateway)).rejects.toMatchObject({ error: 'invalid_grant' });
    // RFC 6749 section 4.1.2: what was given for a code that comes twice is good no longer.
    for (const gateway of all.gateways) await expect(userInfo(gateway)).rejects.toThrow();
  });

  it('an assertion that one has made is exchanged at another, and a third has the key', async () => {
    const [one, two, three] = all.gateways;
    const { assertion } = (await one.curl('/night-school', { as: 'li-wei-zhujiang' })).json() as {
      assertion: string;
    };
    const answer = await fetch(`https://localhost:${all.ports.browser}/oidc/token`, {
      method: 'POST',
      dispatcher: networks.get(two) as Agent,
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: assertion,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        audience: 'residence-permit',
        client_id: 'night-school',
        client_secret: SECRET,
      }),
    });
    const body = (await answer.json()) as Record<string, string>;
    expect([answer.status, body]).toEqual([200, expect.objectContaining({ token_type: 'N_A' })]);
    const published = await fetch(`http://127.0.0.1:${three.ports.ONECERT_ADMIN_PORT}/.well-known/jwks.json`);
    const claims = await verifyAssertion(body['access_token'] ?? '', {
      issuer: `https://localhost:${all.ports.mutualTls}`,
      audience: 'residence-permit',
      jwks: (await published.json()) as never,
    });
    expect(claims).toMatchObject({ act: { sub: 'night-school' } });
  });

  it('a settlement is carried out once, and ends the sessions of who was merged at all', async () => {
    const [one, two, three] = all.gateways;
    const [id, passport] = [citizenIdNumber('44030519900307104'), 'E12347104'];
    await issueCertificate(all.city, 'merged-id', '王五', { id });
    await issueCertificate(all.city, 'merged-pass', '王五', { passport });
    await issueCertificate(all.city, 'merged-both', '王五', { id, passport });
    const identityOf = async (as: string, gateway: Gateway): Promise<string> => {
      const { body } = await gateway.curl('/census', { as });
      return /"unified_id":"([^"]+)"/.exec(body)?.[1] ?? codeIn(body);
    };
    const kept = await identityOf('merged-id', one);
    const alias = await identityOf('merged-pass', two);
    expect(await identityOf('merged-both', three)).toBe('ONECERT_IDENTITY_CONFLICT');
    const browsers = [await signIn(one, 'merged-pass'), await signIn(two, 'merged-pass')];
    for (const browser of browsers) expect(await callAtAll(browser)).toEqual(everywhere('served'));

    const { conflicts } = (await all.api(one, 'zhou-min-zhujiang', '/conflicts?state=open')).json() as {
      conflicts: { id: number }[];
    };
    const document = `conflict/${conflicts[0]?.id}`;
    const settlement = `decision: join\nidentity: ${kept}\nname: recorded\nreason: the registry was asked\n`;
    await all.change(document, () => settlement, [one, two]);

    for (const gateway of all.gateways)
      for (const as of ['merged-pass', 'merged-both'])
        await eventually(`${as} is ${kept} there`, async () => (await identityOf(as, gateway)) === kept);
    expect(alias).not.toBe(kept);
    for (const browser of browsers)
      await eventually('the session is over at all', async () =>
        (await callAtAll(browser)).every((answer) => answer === 'led to /signin'),
      );
    expect(entries({ event: 'change', step: 'settled' })).toHaveLength(1);
    expect(entries({ event: 'session-end', cause: 'identity-merged' })).toHaveLength(2);
  });

  it('sessions of a revoked certificate end without a request, each with one entry in one log; services are told', async () => {
    const [one, two, three] = all.gateways;
    const browsers = [await signIn(one, 'chen-fang-yuean'), await signIn(three, 'chen-fang-yuean')];
    for (const browser of browsers) expect(await callAtAll(browser)).toEqual(everywhere('served'));
    const asked = new URLSearchParams({
      ...{ client_id: 'rental-housing', response_type: 'code', scope: 'openid', redirect_uri: REDIRECT },
      ...{ code_challenge: SECRET_HASH, code_challenge_method: 'S256', state: 'state', nonce: 'nonce' },
    });
    const { location } = await at(two, browsers[0] as Browser).follow(`/oidc/authorize?${asked.toString()}`);
    expect(location).toContain('code=');
    logoutTokens.length = 0;

    await all.city.authority('yuean', 'revoke', { person: 'chen-fang', reason: 'keyCompromise' });
    const ends = () =>
      entries({ event: 'session-end', cause: 'certificate-refused', code: 'ONECERT_CERTIFICATE_REVOKED' });
    await eventually('both have ended', () => ends().length >= 2, 60_000);
    await eventually('the service is told', () => logoutTokens.length > 0);
    for (const browser of browsers) expect(await callAtAll(browser)).toEqual(everywhere('led to /signin'));
    // All three know by now, and have nothing left to look at.
    await eventually('nobody is at it', async () => {
      const keys = (await all.redis.command(['KEYS', 'onecert:sweeps:*'])) as string[];
      const states = await Promise.all(keys.map((key) => all.redis.command(['GET', key])));
      return !states.includes('under way');
    });
    expect([ends().length, logoutTokens.length]).toEqual([2, 1]);
  });
});

import { createServer, type Server } from 'node:http';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createRemoteJWKSet, customFetch as joseFetch, decodeJwt, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { Agent, fetch } from 'undici';
import { Browser, readForm, type BrowserAnswer } from './browser.ts';
import { eventually, hasTools, openCity, type City } from './city.ts';

const SECRET = randomBytes(32).toString('base64url');
const REDIRECT = 'https://rental.example.gov.cn/callback';
const SIGNED_OUT = 'https://rental.example.gov.cn/bye';

const whenTools = hasTools() ? describe : describe.skip;

whenTools('the OpenID Provider, asked by a stock client', () => {
  let city: City;
  let issuer: URL;
  let network: Agent;
  let basic: oidc.Configuration;
  let keyed: oidc.Configuration;
  let told: { server: Server; tokens: string[] };

  const customFetch: oidc.CustomFetch = (url, options) =>
    fetch(url, { ...options, dispatcher: network } as never);

  const clientOf = async (id: string, authentication: oidc.ClientAuth): Promise<oidc.Configuration> =>
    oidc.discovery(issuer, id, undefined, authentication, { [oidc.customFetch]: customFetch });

  /** What a client keeps between its two steps. */
  interface Request {
    readonly url: URL;
    readonly verifier: string;
    readonly state: string;
    readonly nonce: string;
  }
  const begin = async (
    client: oidc.Configuration,
    more: Record<string, string> = {},
    pushed = false,
  ): Promise<Request> => {
    const verifier = oidc.randomPKCECodeVerifier();
    const state = oidc.randomState();
    const nonce = oidc.randomNonce();
    const parameters = {
      redirect_uri: REDIRECT,
      scope: 'openid',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
      ...more,
    };
    const url = pushed
      ? await oidc.buildAuthorizationUrlWithPAR(client, parameters)
      : oidc.buildAuthorizationUrl(client, parameters);
    return { url, verifier, state, nonce };
  };
  const finish = (
    client: oidc.Configuration,
    { verifier, state, nonce }: Request,
    answer: BrowserAnswer,
    more: Partial<oidc.AuthorizationCodeGrantChecks> = {},
  ) =>
    oidc.authorizationCodeGrant(client, new URL(answer.location ?? ''), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
      ...more,
    });
  const arrive = async (request: Request, browser: Browser, as: string): Promise<BrowserAnswer> =>
    browser.signIn(await browser.follow(request.url), as);
  const errorIn = ({ location }: BrowserAnswer): string | null =>
    new URL(location ?? 'https://nowhere.invalid').searchParams.get('error');

  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  beforeAll(async () => {
    const tokens: string[] = [];
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        tokens.push(new URLSearchParams(body).get('logout_token') ?? '');
        response.writeHead(204).end();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    told = { server, tokens };
    city = await openCity();
    const secretHash = createHash('sha256').update(SECRET).digest('base64url');
    const logout = `http://127.0.0.1:${(server.address() as AddressInfo).port}/logout`;
    city.edit(
      'config/departments/housing.yaml',
      '    claims: [kind] #',
      `    oidc:
      redirectUris: ['${REDIRECT}']
      postLogoutRedirectUris: ['${SIGNED_OUT}']
      backchannelLogoutUri: '${logout}'
      clientAuthentication: { method: client_secret_basic, secretHash: ${secretHash} }
    claims: [kind] #`,
    );
    const jwk = JSON.stringify({ ...keys.publicKey.export({ format: 'jwk' }), alg: 'ES256' });
    city.edit(
      'config/departments/market-supervision.yaml',
      '    actingRoles:',
      `    oidc:
      redirectUris: ['${REDIRECT}']
      clientAuthentication: { method: private_key_jwt, jwks: { keys: [${jwk}] } }
      requirePushedAuthorizationRequests: true
    actingRoles:`,
    );
    await city.start();
    issuer = new URL(`https://localhost:${city.ports.ONECERT_BROWSER_PORT}/oidc`);
    network = new Agent({ connect: { ca: readFileSync(`${city.data}/city/tls/ca.crt`) } });
    basic = await clientOf('rental-housing', oidc.ClientSecretBasic(SECRET));
    const key = await crypto.subtle.importKey(
      'pkcs8',
      keys.privateKey.export({ type: 'pkcs8', format: 'der' }),
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );
    keyed = await clientOf('business-registration', oidc.PrivateKeyJwt(key));
  }, 90_000);
  afterAll(async () => {
    await network?.close();
    told?.server.close();
    await city?.remove();
  });

  it('signs a person in by certificate, and says of them what the enrolment asks for', async () => {
    const browser = new Browser(city);
    const request = await begin(basic);
    const page = await browser.follow(request.url);
    expect(page.url.pathname).toBe('/signin');
    const back = await browser.signIn(page, 'li-wei-zhujiang');
    expect(back.location).toContain(`${REDIRECT}?`);
    const tokens = await finish(basic, request, back);
    const claims = tokens.claims();
    expect(claims).toMatchObject({
      iss: issuer.href,
      aud: 'rental-housing',
      acr: 'urn:onecert:acr:certificate',
      amr: ['pop', 'mtls'],
      kind: 'citizen',
    });
    expect(claims?.['name']).toBeUndefined();
    expect(claims?.['unified_id']).toBeUndefined();
    expect(claims?.['identifiers']).toBeUndefined();
    const told = await oidc.fetchUserInfo(basic, tokens.access_token, claims?.sub ?? '');
    expect(told).toMatchObject({ sub: claims?.sub, kind: 'citizen', verdict: claims?.['verdict'] });
    // Nothing that another department is told as well: the certificate is not this one's to know.
    for (const all of [told, claims]) expect(all).not.toHaveProperty('cnf');
    // The department knows the same person by the same name when a call is forwarded.
    const { caller } = (await city.curl('/rental-housing', { as: 'li-wei-zhujiang' })).json() as {
      caller: { sub: string };
    };
    expect(caller.sub).toBe(claims?.sub);
    expect(caller).not.toHaveProperty('cnf');
    // It is signed by a key of the set that is published.
    const jwks = createRemoteJWKSet(new URL(`${issuer.href}/jwks`), {
      [joseFetch]: customFetch as never,
    });
    await jwtVerify(tokens.id_token ?? '', jwks, { algorithms: ['ES256'] });
    const entry = city.audit().find(({ event }) => event === 'authorization');
    expect(entry).toMatchObject({ service: 'rental-housing', department: 'housing' });
    expect(entry?.['unifiedId']).toMatch(/^[\w-]{22}$/);
  });

  it('lets somebody who is signed in pass without asking, also where prompt=none; and asks where the sign-in is too old', async () => {
    const browser = new Browser(city);
    const first = await begin(basic);
    await finish(basic, first, await arrive(first, browser, 'li-wei-zhujiang'));
    const again = await begin(basic);
    await finish(basic, again, await browser.follow(again.url));
    const silent = await begin(basic, { prompt: 'none' });
    await finish(basic, silent, await browser.follow(silent.url));
    const recent = await begin(basic, { max_age: '600' });
    await finish(basic, recent, await browser.follow(recent.url), { maxAge: 600 });

    for (const asked of [{ max_age: '0' }, { prompt: 'login' }]) {
      const anew = await begin(basic, asked);
      const page = await browser.follow(anew.url);
      expect(page.url.pathname).toBe('/signin');
      await finish(basic, anew, await browser.signIn(page, 'li-wei-zhujiang'));
    }
  });

  it('signs another person in who signs in with the same browser', async () => {
    const browser = new Browser(city);
    const one = await begin(basic);
    const oneSub = (await finish(basic, one, await arrive(one, browser, 'li-wei-zhujiang'))).claims()?.sub;
    const other = await begin(basic, { prompt: 'login' });
    const otherSub = (await finish(basic, other, await arrive(other, browser, 'pengwan-tech-yuean'))).claims()
      ?.sub;
    expect(otherSub).not.toBe(oneSub);
  });

  it('answers prompt=none with login_required where nobody is signed in', async () => {
    const request = await begin(basic, { prompt: 'none' });
    expect(errorIn(await new Browser(city).follow(request.url))).toBe('login_required');
  });

  it('takes pushed requests, from a client that proves itself by a key, and demands them where the client does', async () => {
    const browser = new Browser(city);
    const pushed = await begin(keyed, {}, true);
    expect([...pushed.url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri']);
    const tokens = await finish(keyed, pushed, await arrive(pushed, browser, 'pengwan-tech-yuean'));
    const claims = tokens.claims();
    expect(claims).toMatchObject({ authority: 'yuean' });
    expect(typeof claims?.['name']).toBe('string');
    const { caller } = (await city.curl('/business-registration', { as: 'pengwan-tech-yuean' })).json() as {
      caller: Record<string, unknown>;
    };
    expect(claims).toHaveProperty(['cnf', 'x5t#S256'], expect.any(String));
    for (const name of ['sub', 'name', 'unified_id', 'identifiers', 'authority', 'cnf'])
      expect(claims?.[name]).toEqual(caller[name]);
    expect(claims?.['kind']).toBeUndefined();

    const plain = await begin(keyed);
    expect(errorIn(await browser.follow(plain.url))).toBe('invalid_request');
  });

  it('refuses a wrong verifier, a code used before, another state or nonce, an unknown redirect, and no PKCE', async () => {
    const browser = new Browser(city);
    const request = await begin(basic);
    const back = await arrive(request, browser, 'li-wei-zhujiang');
    await expect(
      finish(basic, { ...request, verifier: oidc.randomPKCECodeVerifier() }, back),
    ).rejects.toMatchObject({ error: 'invalid_grant' });
    // RFC 9700 section 4.5: a code that was tried with a wrong verifier is still the client's own.
    await finish(basic, request, back);
    await expect(finish(basic, request, back)).rejects.toMatchObject({ error: 'invalid_grant' });

    const mixed = await begin(basic);
    const other = await begin(basic);
    const answer = await browser.follow(mixed.url);
    // The client refuses an answer to another request of its own, before it spends the code.
    await expect(finish(basic, other, answer)).rejects.toMatchObject({ code: 'OAUTH_INVALID_RESPONSE' });
    await expect(finish(basic, { ...mixed, nonce: 'another' }, answer)).rejects.toThrow();
    // RFC 9207: the answer names its issuer, so that it cannot be taken for another provider's.
    expect(new URL(answer.location ?? '').searchParams.get('iss')).toBe(issuer.href);

    const elsewhere = await begin(basic, {
      redirect_uri: 'https://rental.example.gov.cn.evil.example/callback',
    });
    const refused = await browser.follow(elsewhere.url);
    expect(refused.status).toBe(400);
    expect(refused.location).toBeUndefined();
    expect(refused.body).toContain('redirect_uri');
    const bare = await begin(basic);
    bare.url.searchParams.delete('code_challenge');
    bare.url.searchParams.delete('code_challenge_method');
    expect(errorIn(await browser.follow(bare.url))).toBe('invalid_request');
    const wrong = await clientOf('rental-housing', oidc.ClientSecretBasic('not the secret'));
    const third = await begin(basic);
    await expect(finish(wrong, third, await browser.follow(third.url))).rejects.toMatchObject({
      status: 401,
    });
  });

  it('refuses who may not use the service, by the checks of every call, and records it', async () => {
    const browser = new Browser(city);
    const citizen = await begin(keyed, {}, true);
    const refused = await arrive(citizen, browser, 'li-wei-zhujiang');
    expect(errorIn(refused)).toBe('access_denied');
    expect(new URL(refused.location ?? '').searchParams.get('error_description')).toContain(
      'ONECERT_SUBJECT_KIND_NOT_ACCEPTED',
    );
    expect(city.audit().findLast(({ event }) => event === 'refusal')).toMatchObject({
      code: 'ONECERT_SUBJECT_KIND_NOT_ACCEPTED',
      service: 'business-registration',
      reason: 'openid-authorization',
    });
  });

  it('does not let an interaction of another browser be taken up', async () => {
    const request = await begin(basic);
    const mine = new Browser(city);
    const { url } = await mine.follow(request.url);
    const interaction = (url.searchParams.get('return') ?? '').replace('/continue', '');
    expect(interaction).toMatch(/^\/oidc\/interaction\//);
    const other = new Browser(city);
    expect((await other.follow(interaction)).status).toBe(400);
  });

  it('tells nothing more once the certificate is revoked: no token for the code, nothing at userinfo', async () => {
    const browser = new Browser(city);
    const early = await begin(basic);
    const tokens = await finish(basic, early, await arrive(early, browser, 'chen-fang-yuean'));
    const late = await begin(basic);
    const answer = await browser.follow(late.url);
    await city.authority('yuean', 'revoke', { person: 'chen-fang' });
    await eventually('userinfo refuses', async () =>
      oidc.fetchUserInfo(basic, tokens.access_token, tokens.claims()?.sub ?? '').then(
        () => false,
        () => true,
      ),
    );
    await expect(finish(basic, late, answer)).rejects.toMatchObject({ error: 'invalid_grant' });
    await city.authority('yuean', 'release', { person: 'chen-fang' });
  });

  it('tells services by the back channel when a session ends, and ends it when a service asks to', async () => {
    const browser = new Browser(city);
    const request = await begin(basic);
    const tokens = await finish(basic, request, await arrive(request, browser, 'li-wei-zhujiang'));
    const claims = tokens.claims();
    told.tokens.length = 0;
    const end = oidc.buildEndSessionUrl(basic, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: SIGNED_OUT,
      state: 's',
    });
    const page = await browser.open(end);
    expect(page.status).toBe(200);
    const { action, fields } = readForm(page);
    const gone = await browser.open(action, { form: fields });
    expect(gone.location).toBe(`${SIGNED_OUT}?state=s`);
    await eventually('the service is told', () => told.tokens.length > 0);
    expect(told.tokens).toHaveLength(1);
    const [token = ''] = told.tokens;
    const jwks = createRemoteJWKSet(new URL(`${issuer.href}/jwks`), { [joseFetch]: customFetch as never });
    const { payload } = await jwtVerify(token, jwks, {
      issuer: issuer.href,
      audience: 'rental-housing',
      typ: 'logout+jwt',
      algorithms: ['ES256'],
    });
    expect(payload).toMatchObject({
      sub: claims?.sub,
      sid: claims?.['sid'],
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    });
    expect(payload['nonce']).toBeUndefined();
    expect((await browser.follow('/me')).url.pathname).toBe('/signin');
    await expect(oidc.fetchUserInfo(basic, tokens.access_token, claims?.sub ?? '')).rejects.toThrow();
    expect(decodeJwt(token).exp).toBeDefined();
  });

  it('bounds how often one address may ask for a sign-in', async () => {
    const { url } = await begin(basic);
    const browser = new Browser(city);
    let status = 0;
    for (let asked = 0; asked < 300 && status !== 429; asked += 1) ({ status } = await browser.open(url));
    expect(status).toBe(429);
  });
});

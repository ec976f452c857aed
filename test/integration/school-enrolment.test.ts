import { generateKeyPairSync, hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt } from 'jose';
import { Agent, fetch } from 'undici';
import { createAssertionIssuer, verifyAssertion } from '../../src/assertion/index.ts';
import { Browser } from './browser.ts';
import { eventually, hasTools, openCity, type City } from './city.ts';

const SECRET = randomBytes(32).toString('base64url');

const ASKED = [
  'business-records',
  'family-planning',
  'property-registration',
  'rental-housing',
  'residence-permit',
  'social-insurance',
];

const whenTools = hasTools() ? describe : describe.skip;

whenTools('one department calling others', () => {
  let city: City;
  let network: Agent;
  /** A department's server that gives away what it was sent: to try what could be done with it. */
  let loose: Server;

  beforeAll(async () => {
    loose = createServer((request, response) => {
      response.end(JSON.stringify({ assertion: request.headers['onecert-assertion'] }));
    }).listen(0, '127.0.0.1');
    await once(loose, 'listening');
    const port = (loose.address() as AddressInfo).port;
    city = await openCity({
      files: {
        'config/departments/night-school.yaml': `
department: night-school
name: { zh: 夜校, en: Night School }
services:
  - service: night-school
    name: { zh: 夜校报名, en: Night School }
    path: /night-school
    subjects: [citizen]
    claims: [name, identifiers]
    oidc:
      clientAuthentication:
        method: client_secret_post
        secretHash: ${hash('sha256', SECRET, 'base64url')}
    backends: ['http://127.0.0.1:${port}']
`,
      },
    });
    for (const department of ['public-security', 'human-resources'])
      city.edit(
        `config/departments/${department}.yaml`,
        'from: [school-enrolment]',
        'from: [school-enrolment, night-school]',
      );
    await city.start();
    network = new Agent({ connect: { ca: readFileSync(`${city.data}/city/tls/ca.crt`) } });
  }, 90_000);
  afterAll(async () => {
    await network?.close();
    loose?.close();
    loose?.closeAllConnections();
    await city?.remove();
  });

  const exchange = async (
    subjectToken: string,
    audience: string,
    { password = SECRET, more = {} }: { password?: string; more?: Record<string, string> } = {},
  ): Promise<{ status: number; body: Record<string, string> }> => {
    const answer = await fetch(`https://localhost:${city.ports.ONECERT_BROWSER_PORT}/oidc/token`, {
      method: 'POST',
      dispatcher: network,
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: subjectToken,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        audience,
        client_id: 'night-school',
        client_secret: password,
        ...more,
      }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  };
  /** The assertion that the gateway sends to the night school with a call of this person. */
  const assertionFor = async (as: string): Promise<string> => {
    const { body } = await city.curl('/night-school', { as });
    return (JSON.parse(body) as { assertion: string }).assertion;
  };

  it('asks six departments for the person who signed in once, and shows one page of answers', async () => {
    const browser = new Browser(city);
    const page = await browser.follow('/school-enrolment/check');
    expect(page.url.pathname).toBe('/signin');
    const answer = await browser.signIn(page, 'li-wei-zhujiang');
    expect(answer.status).toBe(200);
    for (const text of [
      '居住证有效',
      '名下无在册企业',
      '生育登记齐全',
      '名下无不动产',
      '连续参保',
      '租赁合同已备案',
    ])
      expect(answer.body).toContain(text);
    expect(answer.body).not.toContain('未答复');

    const entries = city.audit();
    const call = entries.findLast(
      ({ event, path }) => event === 'call' && path === '/school-enrolment/check',
    );
    expect(call?.['trace']).toMatch(/^[0-9a-f]{32}$/);
    const tree = entries.filter(({ trace }) => trace === call?.['trace']);
    expect(tree.map(({ event }) => event).sort()).toEqual(['call', ...ASKED.map(() => 'exchange')]);
    const exchanges = tree.filter(({ event }) => event === 'exchange');
    expect(exchanges.map(({ service }) => service).sort()).toEqual(ASKED);
    expect(new Set(exchanges.map(({ parent }) => parent)).size).toBe(1);
    expect(new Set(exchanges.map(({ assertion }) => assertion)).size).toBe(6);
    for (const each of exchanges)
      expect(each).toMatchObject({ actor: 'school-enrolment', unifiedId: call?.['unifiedId'] });
  });

  it('keeps to the trace that a program names', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const { body } = await city.curl('/school-enrolment/check', {
      as: 'li-wei-yuean',
      args: ['-H', `traceparent: 00-${trace}-00f067aa0ba902b7-01`],
    });
    const { answers } = JSON.parse(body) as { answers: { finding?: object }[] };
    expect(answers.filter(({ finding }) => finding !== undefined)).toHaveLength(6);
    expect(city.audit().filter((entry) => entry['trace'] === trace)).toHaveLength(7);
  });

  it('is the only one that the others answer', async () => {
    expect((await city.curl('/residence-permit/check', { as: 'li-wei-zhujiang' })).status).toBe(403);
  });

  it('gets an assertion that says what the other enrolment asks for, who acts, and ends no later than its own', async () => {
    const own = await assertionFor('li-wei-zhujiang');
    const { status, body } = await exchange(own, 'residence-permit');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      token_type: 'N_A',
      issued_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    });
    const jwks = (await (
      await fetch(`http://127.0.0.1:${city.ports.ONECERT_ADMIN_PORT}/.well-known/jwks.json`)
    ).json()) as never;
    const claims = await verifyAssertion(body['access_token'] ?? '', {
      issuer: city.url,
      audience: 'residence-permit',
      jwks,
    });
    const direct = (await city.curl('/residence-permit', { as: 'li-wei-zhujiang' })).json() as {
      caller: Record<string, unknown>;
    };
    // The same person by the same names as when they call themselves; and not the school's.
    for (const name of ['sub', 'unified_id', 'name'])
      expect(claims[name as 'sub']).toEqual(direct.caller[name]);
    for (const name of ['identifiers', 'cnf']) expect(claims).not.toHaveProperty(name);
    expect(claims.sub).not.toBe(decodeJwt(own).sub);
    expect(claims.act).toEqual({ sub: 'night-school' });
    expect(claims.exp).toBeLessThanOrEqual(decodeJwt(own).exp ?? 0);
    expect(claims.trace).toMatch(/^[0-9a-f]{32}$/);
  });

  it('is refused what no enrolment allows, and that is recorded', async () => {
    const own = await assertionFor('li-wei-zhujiang');
    for (const target of ['joint-tax-registration', 'rental-housing', 'night-school', 'no-such-service']) {
      expect(await exchange(own, target)).toMatchObject({ status: 400, body: { error: 'invalid_target' } });
    }
    expect(city.audit().filter(({ code }) => code === 'ONECERT_EXCHANGE_NOT_ENROLLED')).toHaveLength(4);
    expect(city.audit().findLast(({ reason }) => reason === 'token-exchange')).toMatchObject({
      event: 'refusal',
      actor: 'night-school',
    });
  });

  it('is refused a citizen for a service of enterprises, though the enrolment allows the exchange', async () => {
    city.edit(
      'config/departments/market-supervision.yaml',
      '    actingRoles:',
      '    exchange: { from: [night-school] }\n    actingRoles:',
    );
    const own = await assertionFor('li-wei-zhujiang');
    await eventually('the enrolment is in force', async () => {
      const { body } = await exchange(own, 'business-registration');
      return body['error'] === 'access_denied';
    });
    expect(city.audit().findLast(({ reason }) => reason === 'token-exchange')).toMatchObject({
      code: 'ONECERT_SUBJECT_KIND_NOT_ACCEPTED',
      service: 'business-registration',
    });
  });

  it('is refused with a wrong secret, a forged or altered assertion, and one made for somebody else', async () => {
    const own = await assertionFor('li-wei-zhujiang');
    expect(await exchange(own, 'residence-permit', { password: 'wrong' })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const forger = createAssertionIssuer({ issuer: city.url, privateKey, keyId: 'k' });
    const claims = decodeJwt(own);
    const forged = forger.issue({
      sub: claims.sub ?? '',
      aud: 'night-school',
      verdict: 'v',
      thumbprint: 't',
      ticket: String(claims['ticket']),
    });
    const [head = '', payload = '', signature = ''] = own.split('.');
    const altered = `${head}.${Buffer.from(JSON.stringify({ ...claims, exp: (claims.exp ?? 0) + 9_999 })).toString('base64url')}.${signature}`;
    // What another service got, and what this one may hand on: neither is for this client.
    const handedOn = (await exchange(own, 'residence-permit')).body['access_token'] ?? '';
    for (const token of [forged, altered, handedOn, `${head}.${payload}.`, 'x', '']) {
      const { status, body } = await exchange(token, 'social-insurance');
      expect([status, body['error']]).toEqual([400, 'invalid_request']);
    }
    for (const more of [
      { actor_token: own },
      { scope: 'openid' },
      { resource: 'https://a.example' },
      { requested_token_type: 'urn:ietf:params:oauth:token-type:access_token' },
    ] as Record<string, string>[]) {
      expect((await exchange(own, 'residence-permit', { more })).body['error']).toBe('invalid_request');
    }
  });

  it('is refused once the certificate is revoked, before the assertion has ended', async () => {
    const own = await assertionFor('chen-fang-yuean');
    expect((await exchange(own, 'social-insurance')).status).toBe(200);
    await city.authority('yuean', 'revoke', { person: 'chen-fang' });
    let last = { status: 0, body: {} as Record<string, string> };
    await eventually('the exchange is refused', async () => {
      last = await exchange(own, 'social-insurance');
      return last.status !== 200;
    });
    expect(last.body['error']).toBe('access_denied');
    expect(last.body['error_description']).toMatch(/^ONECERT_CERTIFICATE_(?:REVOKED|ON_HOLD)/);
  });
});

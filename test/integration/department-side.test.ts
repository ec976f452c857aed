import { createHmac, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAssertionIssuer, type AssertionIssuer } from '../../src/assertion/index.ts';
import { assertionIssuer, makeAssertionKey } from '../../src/server/assertion-key.ts';
import { startCensus, type Census } from './census.ts';
import { openCity, type City } from './city.ts';
import { describeWith } from '../tools.ts';

/** Whoever gets past the gateway, to a department's own address. */
describeWith('curl')('an assertion sent straight to a back end', () => {
  let census: Census;
  let city: City;
  let gateway: AssertionIssuer;
  beforeAll(async () => {
    census = await startCensus();
    city = await openCity({ files: census.files });
    await city.start();
    // The running gateway's own key: what these assertions lack is not its signature.
    gateway = assertionIssuer(readFileSync(join(city.data, 'keys/assertion.key'), 'utf8'), city.url);
  });
  afterAll(async () => {
    await city.remove();
    await census.down();
  });

  const ask = async (assertion?: string, path = '/joint-tax'): Promise<unknown[]> => {
    const headers = assertion === undefined ? {} : { 'OneCert-Assertion': assertion };
    const answer = await fetch(`http://127.0.0.1:${city.ports.ONECERT_TAX_PORT}${path}`, { headers });
    const body = (await answer.json()) as { code?: string };
    return answer.status === 200 ? [200] : [answer.status, body.code];
  };
  const subject = { sub: 'somebody', verdict: 'v', thumbprint: 't', aud: 'joint-tax-registration' };
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const read = (token: string, index: number): Record<string, unknown> =>
    JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString()) as Record<string, unknown>;

  it('is believed where the gateway made it for this service now', async () => {
    expect(await ask(gateway.issue(subject))).toEqual([200]);
    expect((await city.curl('/joint-tax', { as: 'pengwan-tech-yuean' })).status).toBe(200);
  });

  it('is missed', async () => {
    expect(await ask()).toEqual([401, 'ASSERTION_MISSING']);
    expect(await ask('hello')).toEqual([401, 'ASSERTION_MALFORMED']);
  });

  it('is refused when forged: another key, the same key id, changed claims, no algorithm, the public key as a secret', async () => {
    const good = gateway.issue(subject);
    const [head = '', claims = '', signature = ''] = good.split('.');
    const { kid } = read(good, 0) as { kid: string };
    expect(await ask(assertionIssuer(makeAssertionKey(), city.url).issue(subject))).toEqual([
      401,
      'ASSERTION_SIGNATURE',
    ]);
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const imitation = createAssertionIssuer({ issuer: city.url, privateKey, keyId: kid });
    expect(await ask(imitation.issue(subject))).toEqual([401, 'ASSERTION_SIGNATURE']);
    const changed = part({ ...read(good, 1), sub: 'somebody else' });
    expect(await ask(`${head}.${changed}.${signature}`)).toEqual([401, 'ASSERTION_SIGNATURE']);
    expect(await ask(`${part({ ...read(good, 0), alg: 'none' })}.${claims}.`)).toEqual([
      401,
      'ASSERTION_SIGNATURE',
    ]);
    const symmetric = `${part({ ...read(good, 0), alg: 'HS256' })}.${claims}`;
    const mac = createHmac('sha256', JSON.stringify(gateway.jwks().keys[0]))
      .update(symmetric)
      .digest('base64url');
    expect(await ask(`${symmetric}.${mac}`)).toEqual([401, 'ASSERTION_SIGNATURE']);
  });

  it('is refused when its time is over', async () => {
    const at = (ms: number): AssertionIssuer => {
      const pem = readFileSync(join(city.data, 'keys/assertion.key'), 'utf8');
      const { kid } = read(gateway.issue(subject), 0) as { kid: string };
      return createAssertionIssuer({
        issuer: city.url,
        privateKey: createPrivateKey(pem),
        keyId: kid,
        clock: () => Date.now() + ms,
      });
    };
    expect(await ask(at(-120_000).issue(subject))).toEqual([401, 'ASSERTION_EXPIRED']);
    expect((await ask(at(0).issue(subject)))[0]).toBe(200);
  });

  it('is refused when it was made for another service, by this gateway, a moment ago', async () => {
    await city.curl('/census', { as: 'pengwan-tech-yuean' });
    const real = census.received.at(-1)?.headers['onecert-assertion'] as string;
    expect(read(real, 1).aud).toBe('census');
    expect(await ask(real)).toEqual([401, 'ASSERTION_AUDIENCE']);
    // The other service on the very same server.
    expect(await ask(gateway.issue(subject), '/business-registration')).toEqual([401, 'ASSERTION_AUDIENCE']);
  });

  it('is refused when another gateway made it with this key', async () => {
    const pem = readFileSync(join(city.data, 'keys/assertion.key'), 'utf8');
    expect(await ask(assertionIssuer(pem, 'https://elsewhere.example').issue(subject))).toEqual([
      401,
      'ASSERTION_ISSUER',
    ]);
  });
});

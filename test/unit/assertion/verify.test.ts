import fc from 'fast-check';
import { createHmac, generateKeyPairSync } from 'node:crypto';
import {
  AssertionError,
  createAssertionIssuer,
  verifyAssertion,
  type VerifyAssertionOptions,
} from '../../../src/assertion/index.ts';
import { AUDIENCE, ISSUER, SUBJECT, THUMBPRINT, issuerOf, newKey, partsOf, signedBy } from './tokens.ts';

const key = newKey();
const issuer = issuerOf(key, 'k1');
const good = issuer.issue(SUBJECT);
const options: VerifyAssertionOptions = { issuer: ISSUER, audience: AUDIENCE, jwks: issuer.jwks() };
const { header, claims } = partsOf(good);

const codeOf = async (token: string, changed: object = {}): Promise<string> => {
  try {
    await verifyAssertion(token, { ...options, ...changed });
    return 'accepted';
  } catch (error) {
    if (!(error instanceof AssertionError)) throw error;
    return error.code;
  }
};
const without = (name: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(claims).filter(([claim]) => claim !== name));

describe('an assertion', () => {
  it('tells the department who calls', async () => {
    expect(await verifyAssertion(good, options)).toEqual({
      iss: ISSUER,
      sub: 'pairwise-1',
      aud: AUDIENCE,
      iat: expect.any(Number) as number,
      exp: (claims['iat'] as number) + 60,
      jti: expect.stringMatching(/^[\w-]{22}$/) as string,
      cnf: { 'x5t#S256': THUMBPRINT },
      verdict: 'verdict-1',
      kind: 'citizen',
    });
    expect(header).toEqual({ alg: 'ES256', kid: 'k1', typ: 'onecert-assertion+jwt' });
  });

  it('tells who acts for the caller, where somebody does, and ends when it is told to', async () => {
    const act = { sub: 'school-enrolment', act: { sub: 'night-school' } };
    const until = Date.now() + 10_000;
    const handed = issuer.issue({ ...SUBJECT, act, trace: 'a'.repeat(32) }, { until, jti: 'number-1' });
    const told = await verifyAssertion(handed, options);
    expect(told).toMatchObject({ act, trace: 'a'.repeat(32), jti: 'number-1' });
    expect(told.exp).toBe(Math.floor(until / 1000));
  });

  it.each([
    ['no object', 'school-enrolment'],
    ['null', null],
    ['without a sub', { act: { sub: 'x' } }],
    ['with a number before it', { sub: 'x', act: 1 }],
    ['without end', Array.from({ length: 40 }).reduce<object>((act) => ({ sub: 'x', act }), { sub: 'x' })],
  ])('is refused with an actor that is %s', async (_what, act) => {
    expect(await codeOf(signedBy(key, header, { ...claims, act }))).toBe('ASSERTION_CLAIMS');
  });

  it('has another jti each time, and no private part in the published key', () => {
    expect(partsOf(issuer.issue(SUBJECT)).claims['jti']).not.toBe(claims['jti']);
    expect(issuer.jwks().keys).toEqual([
      {
        kty: 'EC',
        crv: 'P-256',
        x: expect.any(String) as string,
        y: expect.any(String) as string,
        kid: 'k1',
        use: 'sig',
        alg: 'ES256',
      },
    ]);
  });

  it.each([
    ['an RSA key', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
    ['another curve', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
    ['a public key', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey],
  ])('cannot be issued with %s', (_what, privateKey) => {
    expect(() => createAssertionIssuer({ issuer: ISSUER, privateKey, keyId: 'k' })).toThrow(TypeError);
  });
});

describe('verifyAssertion refuses', () => {
  it('nothing at all', async () => {
    expect(await codeOf('')).toBe('ASSERTION_MISSING');
  });

  it('one signed by another key under the same key id', async () => {
    expect(await codeOf(issuerOf(newKey(), 'k1').issue(SUBJECT))).toBe('ASSERTION_SIGNATURE');
  });

  it('one signed by a key the gateway does not publish', async () => {
    expect(await codeOf(issuerOf(newKey(), 'k2').issue(SUBJECT))).toBe('ASSERTION_SIGNATURE');
  });

  it('changed claims under an old signature', async () => {
    const [head = '', , signature = ''] = good.split('.');
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'pairwise-2' })).toString('base64url');
    expect(await codeOf(`${head}.${changed}.${signature}`)).toBe('ASSERTION_SIGNATURE');
  });

  it('alg none, with and without a signature', async () => {
    const [, body = '', signature = ''] = signedBy(key, { ...header, alg: 'none' }, claims).split('.');
    const head = Buffer.from(JSON.stringify({ ...header, alg: 'none' })).toString('base64url');
    expect(await codeOf(`${head}.${body}.`)).toBe('ASSERTION_SIGNATURE');
    expect(await codeOf(`${head}.${body}.${signature}`)).toBe('ASSERTION_SIGNATURE');
  });

  it('an HMAC made with the public key (RFC 8725 section 2.1)', async () => {
    const [head, body] = [{ ...header, alg: 'HS256' }, claims].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const mac = createHmac('sha256', JSON.stringify(issuer.jwks().keys[0]))
      .update(`${head}.${body}`)
      .digest('base64url');
    expect(await codeOf(`${head}.${body}.${mac}`)).toBe('ASSERTION_SIGNATURE');
  });

  it('a key that the token brings along', async () => {
    const own = newKey();
    const jwk = issuerOf(own, 'k1').jwks().keys[0];
    expect(await codeOf(signedBy(own, { ...header, jwk, jku: 'http://127.0.0.1/' }, claims))).toBe(
      'ASSERTION_SIGNATURE',
    );
  });

  it('one that has expired, but not within the tolerance', async () => {
    const at = (ms: number) => issuerOf(key, 'k1', { clock: () => Date.now() - ms }).issue(SUBJECT);
    expect(await codeOf(at(70_000))).toBe('ASSERTION_EXPIRED');
    expect(await codeOf(at(62_000))).toBe('accepted');
    expect(await codeOf(at(62_000), { clockTolerance: 0 })).toBe('ASSERTION_EXPIRED');
  });

  it('one that is not yet valid', async () => {
    const nbf = Math.floor(Date.now() / 1000) + 600;
    expect(await codeOf(signedBy(key, header, { ...claims, nbf }))).toBe('ASSERTION_NOT_YET_VALID');
  });

  it('one for another service', async () => {
    expect(await codeOf(issuer.issue({ ...SUBJECT, aud: 'joint-tax' }))).toBe('ASSERTION_AUDIENCE');
    // One assertion is for one service: a list with ours in it is nothing the gateway makes.
    expect(await codeOf(signedBy(key, header, { ...claims, aud: [AUDIENCE, 'joint-tax'] }))).toBe(
      'ASSERTION_CLAIMS',
    );
  });

  it('one of another gateway', async () => {
    const other = issuerOf(key, 'k1', { issuer: 'https://elsewhere.example' });
    expect(await codeOf(other.issue(SUBJECT))).toBe('ASSERTION_ISSUER');
  });

  it.each(['JWT', 'at+jwt', undefined])('a token of another type (%s)', async (typ) => {
    expect(await codeOf(signedBy(key, { ...header, typ }, claims))).toBe('ASSERTION_MALFORMED');
  });

  it.each(['sub', 'iat', 'exp', 'jti', 'verdict'])('one without %s', async (name) => {
    expect(await codeOf(signedBy(key, header, without(name)))).toBe('ASSERTION_CLAIMS');
  });

  it.each([
    ['aud', 'ASSERTION_AUDIENCE'],
    ['iss', 'ASSERTION_ISSUER'],
  ])('one without %s', async (name, code) => {
    expect(await codeOf(signedBy(key, header, without(name)))).toBe(code);
  });

  it.each([
    ['cnf', null],
    ['cnf', 'x'],
    ['cnf', {}],
    ['cnf', { 'x5t#S256': 1 }],
    ['sub', ''],
    ['sub', 7],
    ['verdict', {}],
    ['jti', null],
    ['exp', 'tomorrow'],
  ])('one whose %s is %j', async (name, value) => {
    expect(await codeOf(signedBy(key, header, { ...claims, [name]: value }))).toBe('ASSERTION_CLAIMS');
  });

  it('one bound to another certificate', async () => {
    expect(await codeOf(good, { thumbprint: THUMBPRINT })).toBe('accepted');
    expect(await codeOf(good, { thumbprint: 'A'.repeat(43) })).toBe('ASSERTION_THUMBPRINT');
    const unbound = signedBy(key, header, without('cnf'));
    expect(await codeOf(unbound, { thumbprint: THUMBPRINT })).toBe('ASSERTION_THUMBPRINT');
    expect(await codeOf(unbound)).toBe('accepted');
  });

  it('one with a critical header it does not know (RFC 7515 section 4.1.11)', async () => {
    expect(await codeOf(signedBy(key, { ...header, crit: ['b64'], b64: false }, claims))).not.toBe(
      'accepted',
    );
    expect(await codeOf(signedBy(key, { ...header, crit: ['x'], x: 1 }, claims))).toBe('ASSERTION_MALFORMED');
  });

  it('anything else, always with a code', async () => {
    expect(await codeOf('x'.repeat(100_000))).toBe('ASSERTION_MALFORMED');
    expect(await codeOf('..')).toBe('ASSERTION_MALFORMED');
    expect(await codeOf(signedBy(key, header, [1]))).toBe('ASSERTION_MALFORMED');
    const bytesOf = (token: string) =>
      token.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(good.length - 1),
        fc.string({ minLength: 1, maxLength: 3 }),
        async (at, put) => {
          const spoilt = good.slice(0, at) + put + good.slice(at + 1);
          // The last character of a part has bits that stand for nothing.
          const isSame = bytesOf(spoilt).join() === bytesOf(good).join();
          return isSame || (await codeOf(spoilt)) !== 'accepted';
        },
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => {
        return (await codeOf(text)) !== 'accepted';
      }),
    );
  });

  it('options that leave a check out', async () => {
    const jwks = issuer.jwks();
    for (const wrong of [
      { jwks, issuer: ISSUER },
      { jwks, audience: AUDIENCE },
      { issuer: ISSUER, audience: AUDIENCE },
    ]) {
      await expect(verifyAssertion(good, wrong as never)).rejects.toBeInstanceOf(TypeError);
    }
  });
});

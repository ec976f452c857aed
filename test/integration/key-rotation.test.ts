import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as oidc from 'openid-client';
import { Agent, fetch } from 'undici';
import { KEYS } from '../../src/storage/key-catalogue.ts';
import { Browser, readForm } from './browser.ts';
import { eventually, hasTools, openCity, type City } from './city.ts';
import { call, keepAliveAgent } from './proxy/client.ts';

const SECRET = randomBytes(32).toString('base64url');
const REDIRECT = 'https://rental.example.gov.cn/callback';
const ROTATED = Object.entries(KEYS).flatMap(([name, { rotation }]) => (rotation === 'never' ? [] : [name]));
const PEOPLE = ['li-wei-yuean', 'li-wei-zhujiang'] as const;

const withTools = hasTools() ? describe : describe.skip;

/** Asks again and again until it is ended; what went wrong, and how often it went well. */
const load = (ask: () => Promise<string | undefined>, everyMs: number) => {
  const failures: string[] = [];
  let good = 0;
  let ended = false;
  const running = (async () => {
    while (!ended) {
      const failure = await ask().catch((error: unknown) => String(error));
      if (failure === undefined) good += 1;
      else failures.push(failure);
      await new Promise((resolve) => setTimeout(resolve, everyMs));
    }
  })();
  return {
    good: () => good,
    end: async (): Promise<readonly string[]> => {
      ended = true;
      await running;
      return failures;
    },
  };
};

withTools('every key rotated under load', () => {
  let city: City;
  let network: Agent;
  beforeAll(async () => {
    city = await openCity({ environment: { ONECERT_LOG_LEVEL: 'info' } });
    const secretHash = createHash('sha256').update(SECRET).digest('base64url');
    city.edit(
      'config/departments/housing.yaml',
      '    claims: [kind] #',
      `    oidc:
      redirectUris: ['${REDIRECT}']
      clientAuthentication: { method: client_secret_basic, secretHash: ${secretHash} }
    claims: [kind] #`,
    );
    await city.start();
    network = new Agent({ connect: { ca: readFileSync(`${city.data}/city/tls/ca.crt`) } });
  }, 90_000);
  afterAll(async () => {
    await network?.close();
    await city?.remove();
  });

  const keys = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await city.onecert('keys', ...args, '--config', city.configuration);
    if (code !== 0) throw new Error(`keys ${args.join(' ')}: ${code} ${stderr}`);
    return stdout;
  };
  const subOf = async (as: string): Promise<unknown> => {
    const { caller } = (await city.curl('/rental-housing', { as })).json() as { caller: { sub: string } };
    return caller.sub;
  };

  it('fails nobody, signs nobody out, and people keep their ids when the old versions are gone', async () => {
    const before = await Promise.all(PEOPLE.map(subOf));
    expect(new Set(before).size).toBe(1);
    const session = new Browser(city);
    await session.signIn(await session.follow('/me'), 'li-wei-yuean');
    const held = await session.follow('/me');
    expect(held.status).toBe(200);

    const agent = keepAliveAgent(city.pair('li-wei-yuean'));
    const programs = load(async () => {
      const { status, body } = await call(city.ports.ONECERT_PORT, '/rental-housing', { agent });
      return status === 200 ? undefined : `${status} ${body}`;
    }, 20);
    const anew = load(async () => {
      const { status, body } = await call(city.ports.ONECERT_PORT, '/rental-housing', {
        as: city.pair('li-wei-zhujiang'),
      });
      return status === 200 ? undefined : `${status} ${body}`;
    }, 100);
    const sessions = load(async () => {
      const [page, forwarded] = [await session.open('/me'), await session.open('/rental-housing')];
      return page.status === 200 && forwarded.status === 200
        ? undefined
        : `${page.status} ${forwarded.status} ${forwarded.location} ${forwarded.body}`;
    }, 50);
    const issuer = new URL(`https://localhost:${city.ports.ONECERT_BROWSER_PORT}/oidc`);
    const client = await oidc.discovery(issuer, 'rental-housing', undefined, oidc.ClientSecretBasic(SECRET), {
      [oidc.customFetch]: (url, options) => fetch(url, { ...options, dispatcher: network } as never),
    });
    const signIns = load(async () => {
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
      const { location } = await session.follow(url);
      const tokens = await oidc.authorizationCodeGrant(client, new URL(location ?? ''), {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      return tokens.claims()?.sub === before[0] ? undefined : 'somebody else';
    }, 2_000);

    const log = join(city.data, 'audit');
    const publicKey = (await city.onecert('audit', 'key', log)).stdout.trim();
    await eventually('the load runs', () => signIns.good() > 0 && sessions.good() > 0);
    for (const name of ROTATED) await keys('rotate', name, '--use-after', '6s');
    const made = (): unknown[] =>
      city.audit().filter(({ what, change }) => what === 'key' && change === 'made');
    await eventually('the gateway has all of them', () => made().length === ROTATED.length);
    await eventually(
      'the register is sealed anew',
      () => city.log().some(({ msg }) => String(msg).startsWith('the register is sealed anew: ')),
      60_000,
    );
    await keys('reseal');
    const since = [programs, sessions, signIns, anew].map(({ good }) => good());
    await eventually('the load goes on with the new keys', () =>
      [programs, sessions, signIns, anew].every(({ good }, index) => good() > (since[index] ?? 0) + 1),
    );
    for (const name of ['field.key', 'hash.key']) await keys('retire', name, '0');
    const early = await city.onecert('keys', 'retire', 'session.key', '0', '--config', city.configuration);
    expect(early).toMatchObject({ code: 2 });
    expect(early.stderr).toMatch(/needed until/);
    const later = programs.good();
    await eventually('calls go on without the old keys of the register', () => programs.good() > later + 50);

    expect(await Promise.all([programs, sessions, signIns, anew].map(({ end }) => end()))).toEqual([
      [],
      [],
      [],
      [],
    ]);
    agent.destroy();
    // A form that stood open all the while.
    const form = readForm(held);
    expect(form.fields.size).toBeGreaterThan(0);
    const { status, location } = await session.open(new URL(form.action, held.url), { form: form.fields });
    expect({ status, location }).toMatchObject({ status: 303 });

    const folder = readdirSync(join(city.data, 'keys'));
    expect(folder).toEqual(expect.arrayContaining(ROTATED.map((name) => `${name}.1`)));
    expect(folder).not.toContain('field.key');
    expect(await Promise.all(PEOPLE.map(subOf))).toEqual(before);
    await city.stop();
    await city.start();
    expect(await Promise.all(PEOPLE.map(subOf))).toEqual(before);
    const verified = await city.onecert('audit', 'verify', log, '--key', publicKey);
    expect(verified).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('announces another key') as string,
    });
  }, 400_000);

  it('refuses to rotate what people are known by', async () => {
    const { code, stderr } = await city.onecert(
      'keys',
      'rotate',
      'pairwise.key',
      '--config',
      city.configuration,
    );
    expect({ code, stderr }).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('never rotated') as string,
    });
  });
});

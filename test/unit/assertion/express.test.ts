import { execFileSync } from 'node:child_process';
import express from 'express';
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ASSERTION_HEADER,
  requireAssertion,
  verifyAssertion,
  type AssertionIssuer,
  type VerifyAssertionOptions,
} from '../../../src/assertion/index.ts';
import { AUDIENCE, ISSUER, SUBJECT, issuerOf, newKey } from './tokens.ts';
import { haveTools } from '../../tools.ts';

const servers: Server[] = [];
const listen = async (server: Server): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
afterAll(() =>
  servers.forEach((server) => {
    server.closeAllConnections();
    server.close();
  }),
);

/** The gateway's keys, as its admin listener serves them. */
const serveKeys = async () => {
  const served = { issuers: [] as AssertionIssuer[], status: 200, asked: 0 };
  const port = await listen(
    createServer((_request, response) => {
      served.asked += 1;
      response
        .writeHead(served.status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ keys: served.issuers.flatMap((issuer) => issuer.jwks().keys) }));
    }),
  );
  return Object.assign(served, { jwksUrl: `http://127.0.0.1:${port}/.well-known/jwks.json` });
};

/** A department's back end. */
const serveDepartment = async (
  options: VerifyAssertionOptions,
): Promise<(token?: string) => Promise<Response>> => {
  const app = express();
  app.use(requireAssertion(options));
  app.get('/whoami', (request, response) => {
    response.json({ caller: request.onecert?.sub });
  });
  const port = await listen(createServer(app as Parameters<typeof createServer>[1]));
  return (token) =>
    fetch(
      `http://127.0.0.1:${port}/whoami`,
      token === undefined ? {} : { headers: { [ASSERTION_HEADER]: token } },
    );
};

describe('requireAssertion', () => {
  it('lets through what the gateway asserts, and answers the rest itself', async () => {
    const keys = await serveKeys();
    const issuer = issuerOf(newKey(), 'k1');
    keys.issuers = [issuer];
    const call = await serveDepartment({ issuer: ISSUER, audience: AUDIENCE, jwksUrl: keys.jwksUrl });

    const allowed = await call(issuer.issue(SUBJECT));
    expect([allowed.status, await allowed.json()]).toEqual([200, { caller: 'pairwise-1' }]);

    const refused = await call();
    expect(refused.status).toBe(401);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(refused.headers.get('www-authenticate')).toBe(ASSERTION_HEADER);
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(await refused.json()).toMatchObject({ status: 401, code: 'ASSERTION_MISSING' });

    const forged = await call(issuerOf(newKey(), 'k1').issue(SUBJECT));
    expect(await forged.json()).toMatchObject({ status: 401, code: 'ASSERTION_SIGNATURE' });
    const other = await call(issuer.issue({ ...SUBJECT, aud: 'joint-tax' }));
    expect(await other.json()).toMatchObject({ status: 401, code: 'ASSERTION_AUDIENCE' });
    // Two headers are none: Node joins them.
    const twice = await call(`${issuer.issue(SUBJECT)}, ${issuer.issue(SUBJECT)}`);
    expect(twice.status).toBe(401);
    // The keys were fetched once.
    expect(keys.asked).toBe(1);
  });

  it('finds a new key of the gateway by itself, and keeps taking the old one while it is published', async () => {
    const keys = await serveKeys();
    const [before, after] = [issuerOf(newKey(), 'before'), issuerOf(newKey(), 'after')];
    keys.issuers = [before];
    const call = await serveDepartment({ issuer: ISSUER, audience: AUDIENCE, jwksUrl: keys.jwksUrl });
    expect((await call(before.issue(SUBJECT))).status).toBe(200);

    keys.issuers = [before, after];
    // Not at once: a flood of unknown key ids must not become a flood of fetches.
    for (let flood = 0; flood < 10; flood++) expect((await call(after.issue(SUBJECT))).status).toBe(401);
    expect(keys.asked).toBe(1);
    await later(6_000, async () => {
      expect((await call(after.issue(SUBJECT))).status).toBe(200);
      expect((await call(before.issue(SUBJECT))).status).toBe(200);
      expect(keys.asked).toBe(2);
    });

    keys.issuers = [after];
    await later(700_000, async () => {
      expect((await call(after.issue(SUBJECT))).status).toBe(200);
      expect((await call(before.issue(SUBJECT))).status).toBe(401);
    });
  });

  it('answers 503, not 401, while the keys cannot be had, and recovers', async () => {
    const keys = await serveKeys();
    const issuer = issuerOf(newKey(), 'k1');
    keys.issuers = [issuer];
    keys.status = 500;
    const call = await serveDepartment({ issuer: ISSUER, audience: AUDIENCE, jwksUrl: keys.jwksUrl });
    const unavailable = await call(issuer.issue(SUBJECT));
    expect(unavailable.status).toBe(503);
    expect(unavailable.headers.get('retry-after')).toBe('5');
    expect(await unavailable.json()).toMatchObject({ code: 'ASSERTION_KEYS_UNAVAILABLE' });
    keys.status = 200;
    expect((await call(issuer.issue(SUBJECT))).status).toBe(200);
  });

  it('answers 503 where nobody listens at the URL of the keys', async () => {
    const port = await listen(createServer());
    const closing = servers.pop();
    await new Promise((resolve) => closing?.close(resolve));
    const jwksUrl = `http://127.0.0.1:${port}/`;
    const call = await serveDepartment({ issuer: ISSUER, audience: AUDIENCE, jwksUrl });
    expect((await call(issuerOf(newKey(), 'k1').issue(SUBJECT))).status).toBe(503);
  });

  it('cannot be made without knowing its issuer and audience', () => {
    expect(() => requireAssertion({ jwksUrl: 'http://127.0.0.1/', issuer: ISSUER } as never)).toThrow(
      TypeError,
    );
  });
});

const hasOpenssl = haveTools('openssl');

describe('keys over HTTPS', () => {
  (hasOpenssl ? it : it.skip)(
    'are taken from a gateway whose authority is named, and from no other',
    async () => {
      const [key, cert] = ['key.pem', 'cert.pem'].map((name) =>
        join(mkdtempSync(join(tmpdir(), 'onecert-jwks-')), name),
      );
      const request = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=gateway';
      execFileSync(
        'openssl',
        [
          'req',
          ...request.split(' '),
          '-addext',
          'subjectAltName=IP:127.0.0.1',
          '-keyout',
          key ?? '',
          '-out',
          cert ?? '',
        ],
        { stdio: 'pipe' },
      );
      const ca = readFileSync(cert ?? '', 'utf8');
      const issuer = issuerOf(newKey(), 'k1');
      const port = await listen(
        createTlsServer({ key: readFileSync(key ?? ''), cert: ca }, (_request, response) => {
          response.end(JSON.stringify(issuer.jwks()));
        }),
      );
      const options = { issuer: ISSUER, audience: AUDIENCE, jwksUrl: `https://127.0.0.1:${port}/` };
      expect(await verifyAssertion(issuer.issue(SUBJECT), { ...options, ca })).toMatchObject({
        sub: 'pairwise-1',
      });
      await expect(verifyAssertion(issuer.issue(SUBJECT), options)).rejects.toMatchObject({
        code: 'ASSERTION_KEYS_UNAVAILABLE',
      });
    },
  );
});

/** Runs `work` as if that many milliseconds had passed for what reads Date.now(): the age of fetched keys. */
const later = async (ms: number, work: () => Promise<void>): Promise<void> => {
  const { now } = Date;
  Date.now = () => now() + ms;
  try {
    await work();
  } finally {
    Date.now = now;
  }
};

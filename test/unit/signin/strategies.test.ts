import express, { type Request } from 'express';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import passport, { type Strategy } from 'passport';
import type { RefusalCode } from '../../../src/refusal/catalogue.ts';
import { createChallengeStore } from '../../../src/signin/challenge-store.ts';
import { createChallenge } from '../../../src/signin/challenge.ts';
import type { Credential } from '../../../src/signin/credential.ts';
import { mutualTlsStrategy } from '../../../src/signin/strategies/mutual-tls.ts';
import { signedChallengeStrategy } from '../../../src/signin/strategies/signed-challenge.ts';
import type { SigninFailure } from '../../../src/signin/strategies/strategy.ts';
import { terminatorStrategy } from '../../../src/signin/strategies/terminator.ts';
import { createEmbeddedExpiringStore } from '../../../src/storage/embedded-expiring-store.ts';
import { makeAuthority, makeLeaf } from '../../conformance/chains/make-certificate.ts';
import { writeHostile } from './hostile-signed-data.ts';

interface TestAdmission {
  readonly credential: Credential;
  readonly refusal: RefusalCode | undefined;
}

const signer = makeLeaf({ issuer: makeAuthority() });
const NOW = Date.UTC(2026, 10, 24);
const ORIGIN = 'https://signin.example.gov.cn';
const store = createChallengeStore(createEmbeddedExpiringStore({ clock: () => NOW }));

let refusal: RefusalCode | undefined;
let defect: Error | undefined;
const admit = async (credential: Credential): Promise<TestAdmission> => {
  if (defect !== undefined) throw defect;
  return { credential, refusal };
};
const fromOf = (request: Request): string => request.socket.remoteAddress ?? '';
const peer: { credential: Credential | undefined } = { credential: undefined };

const strategies: (Strategy & { name: string })[] = [
  mutualTlsStrategy({ readPeerCredential: () => peer.credential, admit }),
  terminatorStrategy({ format: { kind: 'rfc9440' }, fromOf, clock: () => NOW, admit }),
  signedChallengeStrategy({
    challenges: store,
    browserSessionOf: (request) => request.headers.cookie,
    fromOf,
    clock: () => NOW,
    requiresSigningCertificate: () => false,
    admit,
  }),
];

/** A route for each way in, with passport itself between; answers with what the strategy came to. */
const listen = async (): Promise<Server> => {
  const app = express();
  const authenticator = new passport.Passport();
  for (const strategy of strategies) {
    authenticator.use(strategy);
    app.post(`/${strategy.name}`, express.json(), (request, response, next) => {
      const answer = (
        error: Error | null,
        user?: TestAdmission | false | null,
        info?: object,
        status?: number | (number | undefined)[],
      ): void => {
        if (error !== null) return void response.status(500).json({ error: error.message });
        if (user === false || user === null || user === undefined) {
          const { code, admission } = info as SigninFailure<TestAdmission>;
          return void response.status(status as number).json({ code, judged: admission !== undefined });
        }
        const { proof, chain } = user.credential;
        response.json({ proof, leaf: Buffer.from(chain[0] as Uint8Array).equals(signer.der) });
      };
      (authenticator.authenticate(strategy.name, { session: false }, answer as never) as express.Handler)(
        request,
        response,
        next,
      );
    });
  }
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

describe('passport strategies', () => {
  let server: Server;
  beforeAll(async () => {
    server = await listen();
  });
  afterAll(() => void server.close());
  beforeEach(() => {
    refusal = undefined;
    defect = undefined;
    peer.credential = { chain: [signer.der], proof: 'mutual-tls', provenAt: NOW, from: '192.0.2.1' };
  });
  const post = async (
    name: string,
    body: unknown = {},
    headers: Record<string, string> = {},
  ): Promise<unknown[]> => {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/${name}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    });
    return [response.status, await response.json()];
  };
  const clientCert = { 'Client-Cert': `:${signer.der.toString('base64')}:` };
  const signed = async (
    browserSession = 'browser',
  ): Promise<{ challenge: string; form: 'cms'; signedData: string }> => {
    const challenge = createChallenge({ origin: ORIGIN, browserSession, at: NOW });
    await store.put(challenge, 120_000);
    const signedData = writeHostile({ signer, content: Buffer.from(challenge.text) }).toString('base64');
    return { challenge: challenge.id, form: 'cms', signedData };
  };
  const browser = { origin: ORIGIN, cookie: 'browser' };

  it('each signs in with the same kind of Credential', async () => {
    expect(await post('mutual-tls')).toEqual([200, { proof: 'mutual-tls', leaf: true }]);
    expect(await post('terminator', {}, clientCert)).toEqual([200, { proof: 'terminator', leaf: true }]);
    expect(await post('signed-challenge', await signed(), browser)).toEqual([
      200,
      { proof: 'signed-challenge', leaf: true },
    ]);
  });

  it('without a certificate: the code that asks for one', async () => {
    peer.credential = undefined;
    const required = [401, { code: 'ONECERT_CERTIFICATE_REQUIRED', judged: false }];
    expect(await post('mutual-tls')).toEqual(required);
    expect(await post('terminator')).toEqual(required);
  });

  it('what the gate refuses fails with its code and the admission', async () => {
    refusal = 'ONECERT_CERTIFICATE_REVOKED';
    const revoked = [403, { code: 'ONECERT_CERTIFICATE_REVOKED', judged: true }];
    expect(await post('mutual-tls')).toEqual(revoked);
    expect(await post('terminator', {}, clientCert)).toEqual(revoked);
    expect(await post('signed-challenge', await signed(), browser)).toEqual(revoked);
  });

  it('a defect signs nobody in', async () => {
    defect = new Error('broken');
    expect(await post('mutual-tls')).toEqual([500, { error: 'broken' }]);
    expect(await post('signed-challenge', await signed(), browser)).toEqual([500, { error: 'broken' }]);
  });

  it.each<[RefusalCode, number, string, object, Record<string, string>]>([
    ['ONECERT_SIGNED_RESPONSE_MALFORMED', 400, 'an empty body', { challenge: undefined }, browser],
    ['ONECERT_CHALLENGE_UNKNOWN', 403, 'an unknown challenge', { challenge: 'A'.repeat(22) }, browser],
    ['ONECERT_CHALLENGE_SESSION', 403, 'no browser session', {}, { origin: ORIGIN }],
    ['ONECERT_CHALLENGE_SESSION', 403, 'another browser session', {}, { ...browser, cookie: 'other' }],
    ['ONECERT_CHALLENGE_ORIGIN', 403, 'another site', {}, { ...browser, origin: 'https://evil.example' }],
    ['ONECERT_CHALLENGE_ORIGIN', 403, 'no origin', {}, { cookie: 'browser' }],
  ])('%s: signed challenge with %s', async (code, status, _what, changed, headers) => {
    expect(await post('signed-challenge', { ...(await signed()), ...changed }, headers)).toEqual([
      status,
      { code, judged: false },
    ]);
  });

  it('a response is accepted once, and a bad one uses its challenge up', async () => {
    const response = await signed();
    expect((await post('signed-challenge', response, browser))[0]).toBe(200);
    const replayed = [403, { code: 'ONECERT_CHALLENGE_REPLAYED', judged: false }];
    expect(await post('signed-challenge', response, browser)).toEqual(replayed);
    const second = await signed();
    const bad = { ...second, signedData: response.signedData };
    expect(await post('signed-challenge', bad, browser)).toEqual([
      403,
      { code: 'ONECERT_CHALLENGE_CONTENT', judged: false },
    ]);
    expect(await post('signed-challenge', second, browser)).toEqual(replayed);
  });

  it('a terminator that is set wrong is told so', async () => {
    expect(await post('terminator', {}, { 'Client-Cert': 'MIIB' })).toEqual([
      400,
      { code: 'ONECERT_TERMINATOR_HEADER_MALFORMED', judged: false },
    ]);
  });
});

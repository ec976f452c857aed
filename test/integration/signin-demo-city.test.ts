import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeSignedData } from '../../examples/key-agent/cms-writer.ts';
import { readSoftKey } from '../../examples/key-agent/soft-key.ts';
import { decodePem } from '../../src/certificate/pem.ts';
import { createGate } from '../../src/decision/gate.ts';
import type { Admission, Gate } from '../../src/decision/types.ts';
import type { DemoCertificate } from '../../src/demo/index.ts';
import { openEmbeddedRegister } from '../../src/identity/embedded-register.ts';
import { identifySubject } from '../../src/identity/identify-subject.ts';
import { Refusal } from '../../src/refusal/refusal.ts';
import { createHttpFetcher } from '../../src/revocation/http-fetch.ts';
import { createOcspClient } from '../../src/revocation/ocsp-client.ts';
import { createDirectory } from '../../src/services/directory.ts';
import { createChallengeStore } from '../../src/signin/challenge-store.ts';
import { createChallenge, CHALLENGE_LIFETIME_MS, type Challenge } from '../../src/signin/challenge.ts';
import { readTerminatorCredential } from '../../src/signin/terminator/read-terminator-credential.ts';
import { verifyResponse, type SignedResponse } from '../../src/signin/verify-response.ts';
import { createEmbeddedExpiringStore } from '../../src/storage/embedded-expiring-store.ts';
import { loadTrustList } from '../../src/trust/load-trust-list.ts';
import { createJudge } from '../../src/verdict/judge.ts';
import { haveOpenssl, openssl } from '../unit/revocation/openssl-authority.ts';
import { openCity, type OpenedCity } from './opened-demo-city.ts';

const ORIGIN = 'https://signin.example.gov.cn';
const withOpenssl = haveOpenssl ? describe : describe.skip;

/** From a signed challenge to an identity, with the demo city's certificates, trust list and OCSP responders. */
withOpenssl('people of the demo city sign in', () => {
  const fetcher = createHttpFetcher();
  const store = createChallengeStore(createEmbeddedExpiringStore());
  let opened: OpenedCity;
  let register: ReturnType<typeof openEmbeddedRegister>;
  let gate: Gate;

  beforeAll(async () => {
    opened = await openCity();
    Object.assign(process.env, opened.city.environment);
    const trust = loadTrustList(join(import.meta.dirname, '../../ca-trust'), 1);
    const client = createOcspClient({
      fetch: fetcher.fetch,
      log: { info: () => undefined, warn: () => undefined },
    });
    register = openEmbeddedRegister({
      file: join(opened.folder, 'register.sqlite'),
      fieldKey: randomBytes(32),
      hashKey: randomBytes(32),
    });
    gate = createGate({
      judge: createJudge({
        trust: () => trust,
        revocationEpoch: () => 1,
        revocation: {
          check: (question) =>
            question.certificate.ocspUris.length > 0
              ? client.ask(question)
              : { status: 'good', validUntil: Infinity, steps: [] },
        },
      }),
      identify: async ({ certificate, authority }) => {
        const settings = trust.authorities.get(authority ?? '')?.settings;
        if (certificate === undefined || settings === undefined) throw new Error('a good verdict has both');
        return identifySubject(register, certificate, settings.identity, {
          authority: settings.authority,
          at: Date.now(),
        });
      },
      epochs: { trust: () => 1, revocation: () => 1 },
      directory: () => createDirectory([]),
      clock: Date.now,
      onDefect: (error) => {
        throw error;
      },
    });
  });
  afterAll(async () => {
    await register.close();
    await fetcher.close();
    await opened.close();
  });

  const personOf = (person: string, authority: string): DemoCertificate => {
    const found = opened.certificates.find((each) => each.person === person && each.authority === authority);
    if (found === undefined) throw new Error(`no ${person} of ${authority}`);
    return found;
  };
  const chainOf = ({ certificate }: DemoCertificate): Uint8Array[] =>
    decodePem(readFileSync(certificate, 'latin1'));

  const signIn = async (sign: (challenge: Challenge) => SignedResponse): Promise<Admission> => {
    const issued = createChallenge({ origin: ORIGIN, browserSession: 'b', at: Date.now() });
    await store.put(issued, CHALLENGE_LIFETIME_MS);
    const challenge = await store.take(issued.id, Date.now());
    if (challenge instanceof Refusal) throw challenge;
    const context = { origin: ORIGIN, browserSession: 'b', from: '127.0.0.1', at: Date.now() };
    const credential = verifyResponse(sign(challenge), challenge, context);
    if (credential instanceof Refusal) throw credential;
    return gate.admit(credential);
  };
  /** Signed by the openssl command: the raw signature. */
  const byOpenssl =
    (of: DemoCertificate) =>
    ({ text }: Challenge): SignedResponse => {
      const [message, out] = ['message', 'signature'].map((name) => join(opened.folder, name)) as [
        string,
        string,
      ];
      writeFileSync(message, text);
      openssl(
        ...['pkeyutl', '-sign', '-rawin', '-inkey', of.key, '-in', message, '-out', out],
        ...['-digest', 'sm3', '-pkeyopt', 'distid:1234567812345678'],
      );
      return {
        form: 'raw',
        algorithm: 'sm2-sm3',
        encoding: 'der',
        signature: readFileSync(out),
        chain: chainOf(of),
      };
    };
  /** In the Chinese CMS form. */
  const byAgent =
    (of: DemoCertificate) =>
    ({ text }: Challenge): SignedResponse => ({
      form: 'cms',
      signedData: writeSignedData({
        key: readSoftKey(readFileSync(of.key, 'latin1')),
        certificates: chainOf(of),
        content: Buffer.from(text),
      }),
    });
  const byCms =
    (of: DemoCertificate) =>
    ({ text }: Challenge): SignedResponse => {
      const [message, out] = ['message', 'signed'].map((name) => join(opened.folder, name)) as [
        string,
        string,
      ];
      writeFileSync(message, text);
      openssl(
        ...['cms', '-sign', '-binary', '-in', message, '-signer', of.certificate, '-inkey', of.key],
        ...['-md', 'sha256', '-outform', 'DER', '-out', out],
      );
      return { form: 'cms', signedData: readFileSync(out) };
    };

  it('one citizen by three authorities and every form is one identity', async () => {
    const sm2 = personOf('li-wei', 'pengcheng');
    const admissions = [
      await signIn(byOpenssl(sm2)),
      await signIn(byAgent(sm2)),
      await signIn(byCms(personOf('li-wei', 'yuean'))),
      await signIn(byCms(personOf('li-wei', 'zhujiang'))),
      await signIn(byAgent(personOf('li-wei', 'yuean'))),
    ];
    for (const { refusal, identity } of admissions)
      expect([refusal, identity?.kind]).toEqual([undefined, 'citizen']);
    expect(new Set(admissions.map(({ identity }) => identity?.unifiedId)).size).toBe(1);
    expect(admissions.map(({ verdict }) => verdict.authority)).toEqual([
      'pengcheng',
      'pengcheng',
      'yuean',
      'zhujiang',
      'yuean',
    ]);
  });

  it('an SM2 certificate handed on by a terminator is the same identity', async () => {
    const sm2 = personOf('li-wei', 'pengcheng');
    const header = encodeURIComponent(
      readFileSync(sm2.certificate, 'latin1').split(/(?<=END CERTIFICATE-----\n)/)[0] ?? '',
    );
    const credential = readTerminatorCredential(
      ['X-Cert', header],
      { kind: 'nginx', header: 'X-Cert' },
      '127.0.0.1',
      Date.now(),
    );
    if (credential === undefined || credential instanceof Refusal)
      throw new Error('no credential', { cause: credential });
    const [handedOn, signed] = [await gate.admit(credential), await signIn(byAgent(sm2))];
    expect(handedOn.identity?.unifiedId).toBeDefined();
    expect(handedOn.identity?.unifiedId).toBe(signed.identity?.unifiedId);
  });

  it('a certificate that is to be refused is refused after a good signature, with its own code', async () => {
    for (const each of opened.certificates.filter(({ refusal }) => refusal !== undefined)) {
      const { refusal, identity } = await signIn(byAgent(each)).catch((error: unknown) => {
        if (error instanceof Refusal) return { refusal: error.code, identity: undefined };
        throw error;
      });
      expect([each.person, refusal, identity]).toEqual([each.person, each.refusal, undefined]);
    }
  });
});

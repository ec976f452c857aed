import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePem } from '../../src/certificate/pem.ts';
import type { DemoCertificate } from '../../src/demo/index.ts';
import { readSubject } from '../../src/identity/read-subject.ts';
import { Refusal } from '../../src/refusal/refusal.ts';
import { createHttpFetcher } from '../../src/revocation/http-fetch.ts';
import { createOcspClient } from '../../src/revocation/ocsp-client.ts';
import type { RevocationChecker } from '../../src/revocation/types.ts';
import { loadTrustList } from '../../src/trust/load-trust-list.ts';
import type { TrustList } from '../../src/trust/trust-list.ts';
import { createJudge, type Judge } from '../../src/verdict/judge.ts';
import { openCity, type OpenedCity } from './opened-demo-city.ts';

/** Every certificate of the city, SM2 among them, judged by what its authority's own responder says over HTTP. */
describe('verdicts on the people of the demo city', () => {
  const fetcher = createHttpFetcher();
  let opened: OpenedCity;
  let trust: TrustList;
  let judge: Judge;

  beforeAll(async () => {
    opened = await openCity();
    Object.assign(process.env, opened.city.environment);
    trust = loadTrustList(join(import.meta.dirname, '../../ca-trust'), 1);
    const client = createOcspClient({
      fetch: fetcher.fetch,
      log: { info: () => undefined, warn: () => undefined },
    });
    const revocation: RevocationChecker = {
      // Issuing certificates name no responder: their status is in the root's CRL, which is another test's matter.
      check: (question) =>
        question.certificate.ocspUris.length > 0
          ? client.ask(question)
          : { status: 'good', validUntil: Infinity, steps: [] },
    };
    judge = createJudge({ trust: () => trust, revocationEpoch: () => 1, revocation });
  });

  afterAll(async () => {
    await fetcher.close();
    await opened.close();
  });

  const codeOf = async ({ certificate, authority }: DemoCertificate): Promise<string> => {
    const verdict = await judge(decodePem(readFileSync(certificate, 'latin1')), Date.now());
    if (verdict.certificate === undefined || verdict.outcome !== 'good') return String(verdict.code);
    try {
      const profile = trust.authorities.get(authority)?.settings.identity;
      if (profile === undefined) return `${authority} is not in the trust list`;
      readSubject(verdict.certificate, profile);
      return 'good';
    } catch (error) {
      if (error instanceof Refusal) return error.code;
      throw error;
    }
  };

  it('are what each certificate was made for', async () => {
    const expected: Record<string, string> = {};
    const found: Record<string, string> = {};
    for (const each of opened.certificates) {
      const name = `${each.person}-${each.authority}`;
      expected[name] = each.refusal ?? 'good';
      found[name] = await codeOf(each);
    }
    expect(Object.keys(found).length).toBe(32);
    expect(found).toEqual(expected);
  });
});

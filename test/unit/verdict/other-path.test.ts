import {
  DAY,
  makeAuthority,
  makeLeaf,
  NOW,
  type TestCertificate,
} from '../../conformance/chains/make-certificate.ts';
import { readCrl, REASON } from '../../conformance/chains/make-crl.ts';
import { judgeWith, trustIn } from './test-judge.ts';

/** One issuing authority with certificates from two roots; the one from the first is revoked there. */
describe('a revoked certificate above the leaf, where another path does without it', () => {
  const first = makeAuthority({ subject: 'First root' });
  const second = makeAuthority({ subject: 'Second root' });
  const issuing = makeAuthority({ subject: 'Issuing', issuer: first });
  // It ends sooner, so that the revoked one is tried first.
  const crossed = makeAuthority({
    subject: 'Issuing',
    issuer: second,
    key: issuing.key,
    notAfter: NOW + DAY,
  });
  const leaf = makeLeaf({ issuer: issuing });

  const judge = (entries: Parameters<typeof readCrl>[0]['entries'], intermediates: TestCertificate[]) => {
    const trust = trustIn(1, [first, second], intermediates);
    const crls = [
      readCrl({ issuer: first, entries: entries ?? [] }),
      readCrl({ issuer: second }),
      readCrl({ issuer: issuing }),
    ];
    return judgeWith(() => trust, crls)([leaf.der], NOW);
  };

  it('is passed over', async () => {
    const superseded = [{ of: issuing, reason: REASON.superseded }];
    for (const intermediates of [
      [issuing, crossed],
      [crossed, issuing],
    ]) {
      const verdict = await judge(superseded, intermediates);
      expect(verdict.outcome).toBe('good');
    }
  });

  it('refuses where there is no other path, with the reasons of the one there was', async () => {
    const verdict = await judge([{ of: issuing, reason: REASON.superseded }], [issuing]);
    expect(verdict.code).toBe('ONECERT_CERTIFICATE_CHAIN');
    expect(verdict.steps.at(-1)).toMatchObject({ outcome: 'failed', check: 'crl' });
  });

  it('refuses whatever other path there is when its key is compromised', async () => {
    const compromised = [{ of: issuing, reason: REASON.cACompromise }];
    const verdict = await judge(compromised, [issuing, crossed]);
    expect(verdict.code).toBe('ONECERT_CERTIFICATE_CHAIN');
  });
});

import type { Certificate } from '../../../src/certificate/certificate.ts';
import type { Step } from '../../../src/refusal/step.ts';
import { answerInOrder } from '../../../src/revocation/answer-question.ts';
import { revocationPolicySchema } from '../../../src/revocation/revocation-policy.ts';
import type { RevocationAnswer } from '../../../src/revocation/types.ts';

const certificate = { subject: { rdns: [], der: new Uint8Array(), key: '' } } as unknown as Certificate;
const question = (policy: object) => ({
  certificate,
  issuer: certificate,
  authority: 'test',
  policy: revocationPolicySchema.parse(policy),
  at: 1_000,
});
const failed: Step = {
  check: 'ocsp-request',
  outcome: 'failed',
  clause: 'RFC 6960',
  code: 'ONECERT_REVOCATION_UNKNOWN',
  zh: '不可用',
  en: 'down',
};
const unknown: RevocationAnswer = { status: 'unknown', steps: [failed] };
const good: RevocationAnswer = { status: 'good', validUntil: 9, steps: [] };
const revoked: RevocationAnswer = {
  status: 'revoked',
  reason: 'superseded',
  revokedAt: 0,
  validUntil: 9,
  steps: [{ ...failed, check: 'crl', code: 'ONECERT_CERTIFICATE_REVOKED' }],
};

describe('answering by the policy', () => {
  it('asks in its order, and no further than a definite answer', async () => {
    const asked: string[] = [];
    const ask = {
      crl: () => (asked.push('crl'), revoked),
      ocsp: () => Promise.resolve((asked.push('ocsp'), unknown)),
    };
    const answer = await answerInOrder(question({ order: ['ocsp', 'crl'] }), ask);
    expect(asked).toEqual(['ocsp', 'crl']);
    expect(answer.status).toBe('revoked');
    expect(answer.steps.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
      'ocsp-request skipped',
      'crl failed',
    ]);
    expect(answer.steps[0]).not.toHaveProperty('code');
    asked.length = 0;
    await answerInOrder(question({ order: ['crl', 'ocsp'] }), ask);
    expect(asked).toEqual(['crl']);
    asked.length = 0;
    await answerInOrder(question({ order: ['ocsp'] }), ask);
    expect(asked).toEqual(['ocsp']);
  });

  it('is unknown without a definite answer, with one failed step that says so', async () => {
    const ask = { crl: () => unknown, ocsp: () => unknown };
    const answer = await answerInOrder(question({}), ask);
    expect(answer.status).toBe('unknown');
    expect(answer.steps.filter(({ outcome }) => outcome === 'failed')).toMatchObject([
      { check: 'revocation', code: 'ONECERT_REVOCATION_UNKNOWN' },
    ]);
  });

  it('lets through only by a policy that says so, for a minute, and never what is revoked', async () => {
    const soft = question({ failure: 'soft' });
    const answer = await answerInOrder(soft, { crl: () => unknown, ocsp: () => unknown });
    expect(answer).toMatchObject({ status: 'good', validUntil: 61_000 });
    expect(answer.steps.every(({ outcome }) => outcome === 'skipped')).toBe(true);
    expect((await answerInOrder(soft, { crl: () => revoked, ocsp: () => good })).status).toBe('revoked');
  });

  it('lets nothing through that a responder itself says it does not know', async () => {
    const said = { ...unknown, said: true } as const;
    const answer = await answerInOrder(question({ failure: 'soft' }), {
      crl: () => unknown,
      ocsp: () => said,
    });
    expect(answer.status).toBe('unknown');
    expect(answer.steps.at(-1)).toMatchObject({ outcome: 'failed', code: 'ONECERT_REVOCATION_UNKNOWN' });
  });
});

import { createRevocationChecker } from '../../../src/revocation/checker.ts';
import type { PackedRevocationQuestion } from '../../../src/revocation/question.ts';
import { revocationPolicySchema } from '../../../src/revocation/revocation-policy.ts';
import type { SharedCrl } from '../../../src/revocation/shared-crl.ts';
import type { RevocationSnapshot } from '../../../src/revocation/snapshot.ts';
import type { RevocationAnswer } from '../../../src/revocation/types.ts';
import { makeAuthority, makeLeaf, NOW } from '../../conformance/chains/make-certificate.ts';
import { readCrl } from '../../conformance/chains/make-crl.ts';

const authority = makeAuthority({ subject: 'Authority' });
const person = makeLeaf({ issuer: authority });
const fromControl: RevocationAnswer = { status: 'good', validUntil: NOW + 1, steps: [] };

const question = (policy: object = {}) => ({
  certificate: person.parsed,
  issuer: authority.parsed,
  authority: 'yuean',
  policy: revocationPolicySchema.parse(policy),
  at: NOW,
});

const setUp = (crls: readonly SharedCrl[], resolve = () => Promise.resolve(fromControl)) => {
  let snapshot: RevocationSnapshot = { epoch: 1, crls };
  const asked: PackedRevocationQuestion[] = [];
  const checker = createRevocationChecker({
    snapshot: () => snapshot,
    resolve: (packed) => {
      asked.push(structuredClone(packed));
      return resolve();
    },
  });
  return { checker, asked, publish: (next: RevocationSnapshot) => (snapshot = next) };
};

it('answers at once where a CRL decides', () => {
  const { checker, asked } = setUp([readCrl({ issuer: authority, entries: [{ of: person, reason: 1 }] })]);
  expect(checker.check(question())).toMatchObject({ status: 'revoked', reason: 'keyCompromise' });
  expect(asked).toEqual([]);
});

it('goes by the latest snapshot', () => {
  const { checker, publish } = setUp([readCrl({ issuer: authority })]);
  expect(checker.check(question())).toMatchObject({ status: 'good' });
  publish({ epoch: 2, crls: [readCrl({ issuer: authority, number: 2, entries: [{ of: person }] })] });
  expect(checker.check(question())).toMatchObject({ status: 'revoked' });
});

it('asks the control thread where no CRL decides', async () => {
  const { checker, asked } = setUp([]);
  await expect(checker.check(question())).resolves.toBe(fromControl);
  expect(asked).toHaveLength(1);
  expect(Buffer.from(asked[0]?.certificate ?? []).equals(person.der)).toBe(true);
  expect(Buffer.from(asked[0]?.issuer ?? []).equals(authority.der)).toBe(true);
  expect(asked[0]).toMatchObject({ authority: 'yuean', at: NOW });
});

it('asks the control thread where the policy wants OCSP first, though a CRL is at hand', async () => {
  const { checker, asked } = setUp([readCrl({ issuer: authority })]);
  await expect(checker.check(question({ order: ['ocsp', 'crl'] }))).resolves.toBe(fromControl);
  expect(asked).toHaveLength(1);
});

it('is unknown where the control thread cannot be asked, and says so', async () => {
  const { checker } = setUp([], () => Promise.reject(new Error('gone')));
  const answer = await checker.check(question());
  expect(answer.status).toBe('unknown');
  expect(answer.steps.map(({ outcome, code }) => [outcome, code])).toEqual([
    ['skipped', undefined],
    ['failed', 'ONECERT_REVOCATION_UNKNOWN'],
  ]);
});

it('lets through softly for a short while only, and says so', async () => {
  const { checker } = setUp([], () => Promise.reject(new Error('gone')));
  const answer = await checker.check(question({ failure: 'soft' }));
  expect(answer).toMatchObject({ status: 'good' });
  if (answer.status === 'good') expect(answer.validUntil).toBeLessThanOrEqual(NOW + 60_000);
  expect(answer.steps.at(-1)?.en).toContain('soft');
});

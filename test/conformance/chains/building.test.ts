import { Budget } from '../../../src/path/budget.ts';
import { DAY, makeAuthority, makeLeaf, NOW, type TestCertificate } from './make-certificate.ts';
import { subjectKeyIdentifier } from './test-extensions.ts';
import { makeKey } from './test-key.ts';
import { outcome, validate } from './validate-chain.ts';

const root = makeAuthority({ subject: 'Root' });
const issuing = makeAuthority({ subject: 'Issuing', issuer: root });
const leaf = makeLeaf({ issuer: issuing });
const EXPIRED = { notBefore: NOW - 60 * DAY, notAfter: NOW - DAY };

const pathOf = (result: ReturnType<typeof validate>): TestCertificate['der'][] =>
  result.ok ? result.path.certificates.map(({ der }) => Buffer.from(der)) : [];
const ders = (...certificates: TestCertificate[]): Buffer[] => certificates.map(({ der }) => der);

describe('Intermediates', () => {
  it('are found in any order, among others, and twice', () => {
    const second = makeAuthority({ subject: 'Second', issuer: issuing });
    const stranger = makeAuthority({ subject: 'Stranger' });
    const below = makeLeaf({ issuer: second });
    const result = validate(below, [second, stranger, issuing, second, root], [root]);
    expect(pathOf(result)).toEqual(ders(below, second, issuing, root));
  });
  it('that are missing leave the certificate untrusted', () => {
    expect(outcome(validate(leaf, [], [root]))).toBe('path ONECERT_CERTIFICATE_UNTRUSTED');
  });
  it('of the same name and another key are passed over', () => {
    const namesake = makeAuthority({ subject: 'Issuing', issuer: root, notAfter: NOW + 900 * DAY });
    expect(outcome(validate(leaf, [namesake, issuing], [root]))).toBe('ok');
  });
  it('with a false key identifier are still tried: it is a hint', () => {
    const extensions = [subjectKeyIdentifier(Buffer.alloc(20))];
    const unnamed = makeAuthority({ subject: 'Issuing', issuer: root, key: issuing.key, extensions });
    expect(outcome(validate(leaf, [unnamed], [root]))).toBe('ok');
  });
});

describe('Renewed authorities', () => {
  it('an expired intermediate beside a fresh one of the same key', () => {
    const old = makeAuthority({ subject: 'Issuing', issuer: root, key: issuing.key, ...EXPIRED });
    for (const order of [
      [old, issuing],
      [issuing, old],
    ]) {
      expect(pathOf(validate(leaf, order, [root]))).toEqual(ders(leaf, issuing, root));
    }
    expect(outcome(validate(leaf, [old], [root]))).toBe('validity ONECERT_CERTIFICATE_CHAIN');
  });
  it('an expired anchor beside a fresh one of the same key', () => {
    const old = makeAuthority({ subject: 'Root', key: root.key, ...EXPIRED });
    expect(outcome(validate(leaf, [issuing], [old, root]))).toBe('ok');
    expect(outcome(validate(leaf, [issuing], [root, old]))).toBe('ok');
  });
  it('a re-keyed anchor, reached by its old key certified by the new one, and the reverse', () => {
    const newRoot = makeAuthority({ subject: 'Root' });
    const oldWithNew = makeAuthority({ subject: 'Root', key: root.key, issuer: newRoot });
    const newWithOld = makeAuthority({ subject: 'Root', key: newRoot.key, issuer: root });
    expect(pathOf(validate(leaf, [issuing, oldWithNew, newWithOld], [newRoot]))).toEqual(
      ders(leaf, issuing, oldWithNew, newRoot),
    );
    const freshIssuing = makeAuthority({ subject: 'Issuing', issuer: newRoot });
    const freshLeaf = makeLeaf({ issuer: freshIssuing });
    expect(pathOf(validate(freshLeaf, [freshIssuing, oldWithNew, newWithOld], [root]))).toEqual(
      ders(freshLeaf, freshIssuing, newWithOld, root),
    );
  });
  it('the failure of the right path is reported, not that of the wrong key', () => {
    const old = makeAuthority({ subject: 'Issuing', issuer: root, key: issuing.key, ...EXPIRED });
    const rekeyed = makeAuthority({ subject: 'Issuing', issuer: root });
    const result = validate(leaf, [rekeyed, old], [root]);
    expect(outcome(result)).toBe('validity ONECERT_CERTIFICATE_CHAIN');
    expect(result.ok ? [] : result.attempts.map(({ code }) => code).sort()).toEqual([
      'ONECERT_CERTIFICATE_CHAIN',
      'ONECERT_CERTIFICATE_SIGNATURE_INVALID',
    ]);
  });
  it("the leaf's own failure is reported before one of the chain", () => {
    const old = makeLeaf({ issuer: issuing, ...EXPIRED });
    const expired = makeAuthority({ subject: 'Issuing', issuer: root, key: issuing.key, ...EXPIRED });
    expect(outcome(validate(old, [expired, issuing], [root]))).toBe('validity ONECERT_CERTIFICATE_EXPIRED');
  });
});

describe('Cross-certificates', () => {
  const other = makeAuthority({ subject: 'Other Root' });
  const cross = makeAuthority({ subject: 'Root', key: root.key, issuer: other });
  it('lead to whichever anchor is trusted', () => {
    expect(pathOf(validate(leaf, [issuing, cross], [other]))).toEqual(ders(leaf, issuing, cross, other));
    expect(pathOf(validate(leaf, [issuing, cross], [root]))).toEqual(ders(leaf, issuing, root));
    expect(pathOf(validate(leaf, [issuing, cross], [other, root]))).toEqual(ders(leaf, issuing, root));
  });
  it('are backed out of where their constraints do not fit', () => {
    const short = makeAuthority({ subject: 'Root', key: root.key, issuer: other, pathLength: 0 });
    expect(outcome(validate(leaf, [issuing, short], [other]))).toBe('path-length ONECERT_CERTIFICATE_CHAIN');
    expect(outcome(validate(leaf, [issuing, short, cross], [other]))).toBe('ok');
  });
  it('that certify each other in a circle end', () => {
    const [a, b] = [makeKey(), makeKey()];
    const selfA = makeAuthority({ subject: 'A', key: a });
    const selfB = makeAuthority({ subject: 'B', key: b });
    const aByB = makeAuthority({ subject: 'A', key: a, issuer: selfB });
    const bByA = makeAuthority({ subject: 'B', key: b, issuer: selfA });
    expect(outcome(validate(makeLeaf({ issuer: selfA }), [aByB, bByA, selfA, selfB], [root]))).toBe(
      'path ONECERT_CERTIFICATE_UNTRUSTED',
    );
  });
});

it('A certificate that is distrusted is in no path', () => {
  const other = makeAuthority({ subject: 'Other Root' });
  const cross = makeAuthority({ subject: 'Issuing', key: issuing.key, issuer: other });
  const judge = (...distrusted: TestCertificate[]): Buffer[] =>
    pathOf(validate(leaf, [issuing, cross], [root, other], { distrusted }));
  expect(judge()).toHaveLength(3);
  expect(judge(issuing)).toEqual(ders(leaf, cross, other));
  expect(judge(cross)).toEqual(ders(leaf, issuing, root));
  expect(judge(issuing, cross)).toEqual([]);
});

describe('A leaf that is', () => {
  it('self-signed is refused', () => {
    const alone = makeAuthority({ subject: 'Alone' });
    expect(outcome(validate(alone, [alone], [root]))).toBe('path ONECERT_CERTIFICATE_UNTRUSTED');
  });
  it('the anchor itself is refused: anchors vouch for others', () => {
    const result = validate(root, [], [root]);
    expect(outcome(result)).toBe('path ONECERT_CERTIFICATE_UNTRUSTED');
    expect(result.steps[0]?.en).toMatch(/authority in the trust list/);
  });
  it("another certificate of the anchor's name and key is refused", () => {
    const again = makeAuthority({ subject: 'Root', key: root.key, notAfter: NOW + 3 * DAY });
    expect(outcome(validate(again, [], [root]))).toBe('path ONECERT_CERTIFICATE_UNTRUSTED');
  });
  it('issued by an intermediate that is itself an anchor needs nothing above', () => {
    expect(pathOf(validate(leaf, [], [issuing]))).toEqual(ders(leaf, issuing));
  });
});

describe('The search is bounded', () => {
  /** Certificates of every one of `count` authorities for every other, all with right signatures. */
  const web = (count: number): TestCertificate[] => {
    const keys = Array.from({ length: count }, () => makeKey());
    const selves = keys.map((key, index) => makeAuthority({ subject: `Web ${index}`, key }));
    return selves.flatMap((issuer, from) =>
      keys.flatMap((key, to) => (from === to ? [] : [makeAuthority({ subject: `Web ${to}`, key, issuer })])),
    );
  };
  it('for a web of cross-certificates that leads to no anchor', () => {
    const certificates = web(8);
    const start = certificates[0] as TestCertificate;
    expect(outcome(validate(makeLeaf({ issuer: start }), certificates, [root]))).toBe(
      'path ONECERT_CERTIFICATE_UNTRUSTED',
    );
  });
  it('for one whose every path ends in an anchor that did not sign it', () => {
    const certificates = web(7);
    const forged = Array.from({ length: 7 }, (_, index) =>
      makeAuthority({ subject: `Web ${index}`, issuer: root, signer: makeKey() }),
    );
    const budget = new Budget();
    const start = certificates[0] as TestCertificate;
    const result = validate(makeLeaf({ issuer: start }), [...certificates, ...forged], [root], { budget });
    expect(result.ok).toBe(false);
    expect(result.ok ? 0 : result.attempts.length).toBeLessThanOrEqual(8);
  });
  it('in length', () => {
    let issuer = root;
    const chain = Array.from(
      { length: 12 },
      (_, index) => (issuer = makeAuthority({ subject: `CA ${index}`, issuer })),
    );
    const at = (length: number): string =>
      outcome(
        validate(makeLeaf({ issuer: chain[length - 1] as TestCertificate }), chain.slice(0, length), [root]),
      );
    // Ten certificates besides the anchor's: nine authorities and the leaf.
    expect(at(9)).toBe('ok');
    expect(at(10)).toBe('path ONECERT_CERTIFICATE_UNTRUSTED');
  });
  it('in signatures', () => {
    const budget = new Budget({ signatures: 1 });
    expect(
      validate(
        makeLeaf({ issuer: issuing }),
        [makeAuthority({ subject: 'Issuing', key: issuing.key, issuer: root })],
        [root],
        { budget },
      ).ok,
    ).toBe(false);
  });
});

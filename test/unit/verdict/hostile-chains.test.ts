import { Budget } from '../../../src/path/budget.ts';
import { isSignedBy, knownSignature } from '../../../src/path/known-signatures.ts';
import {
  makeAuthority,
  makeLeaf,
  NOW,
  type TestCertificate,
} from '../../conformance/chains/make-certificate.ts';
import { makeKey } from '../../conformance/chains/test-key.ts';
import { outcome, validate } from '../../conformance/chains/validate-chain.ts';
import { extension } from '../../conformance/chains/test-extensions.ts';
import { countingJudge, trustIn } from './test-judge.ts';

const root = makeAuthority({ subject: 'Root' });
const issuing = makeAuthority({ issuer: root, subject: 'Issuing' });
const leaf = makeLeaf({ issuer: issuing });
const judgeOf = (list = trustIn(1, [root])) => countingJudge(() => list, [root, issuing]).judge;

const TEN_MEGABYTES = 10 * 1024 * 1024;

describe('A chain made to do harm', () => {
  it('good as made', async () => {
    expect((await judgeOf()([leaf.der, issuing.der], NOW)).outcome).toBe('good');
  });

  it('with any bit of the leaf flipped is refused', async () => {
    const judge = judgeOf();
    const codes = new Set<string>();
    for (let bit = 0; bit < leaf.der.length * 8; bit++) {
      const changed = Uint8Array.from(leaf.der);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      const { outcome: came, code } = await judge([changed, issuing.der], NOW);
      if (came !== 'refused') throw new Error(`bit ${bit} makes no difference`);
      codes.add(String(code));
    }
    expect([...codes]).toContain('ONECERT_CERTIFICATE_SIGNATURE_INVALID');
    expect([...codes]).toContain('ONECERT_CERTIFICATE_MALFORMED');
  });

  it('with any bit of the issuing certificate flipped is refused, the true one having been seen before', async () => {
    const judge = judgeOf();
    expect((await judge([leaf.der, issuing.der], NOW)).outcome).toBe('good');
    for (let bit = 0; bit < issuing.der.length * 8; bit++) {
      const changed = Uint8Array.from(issuing.der);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      if ((await judge([leaf.der, changed], NOW)).outcome !== 'refused')
        throw new Error(`bit ${bit} makes no difference`);
    }
  });

  it.each([0, 1, 2, 100, 300])('cut off after %i octets is refused', async (length) => {
    expect(await judgeOf()([leaf.der.subarray(0, length), issuing.der], NOW)).toMatchObject({
      code: 'ONECERT_CERTIFICATE_MALFORMED',
    });
  });

  it('of ten megabytes is refused before anything of it is read', async () => {
    const large = Buffer.alloc(TEN_MEGABYTES);
    const { code, steps } = await judgeOf()([large], NOW);
    expect(code).toBe('ONECERT_CERTIFICATE_MALFORMED');
    expect(steps.at(-1)?.en).toMatch(/longer than 65536 bytes/);
  });

  it('with ten megabytes behind a good leaf is judged without them', async () => {
    const large = Buffer.alloc(TEN_MEGABYTES, 0x30);
    expect((await judgeOf()([leaf.der, large, issuing.der], NOW)).outcome).toBe('good');
    expect(
      (await judgeOf()([leaf.der, ...Array.from({ length: 12 }, () => large), issuing.der], NOW)).code,
    ).toBe('ONECERT_CERTIFICATE_UNTRUSTED');
  });

  it('with large certificates behind the leaf is judged with as many of them as are read', async () => {
    const large = Array.from(
      { length: 3 },
      () => makeAuthority({ extensions: [extension('1.3.6.1.4.1.99999.2', Buffer.alloc(30_000))] }).der,
    );
    // Two of the large ones and the issuing certificate fit.
    expect((await judgeOf()([leaf.der, ...large, issuing.der], NOW)).outcome).toBe('good');
  });

  it('with a name whose normal form would take long to find', async () => {
    const named = (marks: number) =>
      makeLeaf({
        issuer: issuing,
        subject: `e${'\u0301\u0323'.repeat(marks / 2)}${'\u0301'.repeat(marks % 2)}`,
      });
    expect((await judgeOf()([named(30).der, issuing.der], NOW)).outcome).toBe('good');
    expect((await judgeOf()([named(31).der, issuing.der], NOW)).code).toBe('ONECERT_CERTIFICATE_MALFORMED');
  });

  it('with brackets fifteen thousand deep, wherever they stand', async () => {
    let nested = Buffer.alloc(0);
    for (let depth = 0; depth < 15_000; depth++) {
      const { length } = nested;
      const header =
        length < 0x80
          ? [0x30, length]
          : length < 0x100
            ? [0x30, 0x81, length]
            : [0x30, 0x82, length >> 8, length & 0xff];
      nested = Buffer.concat([Uint8Array.from(header), nested]);
    }
    for (const oid of [
      '2.5.29.17',
      '2.5.29.30',
      '2.5.29.31',
      '2.5.29.32',
      '2.5.29.33',
      '2.5.29.35',
      '1.3.6.1.5.5.7.1.1',
    ]) {
      const deep = makeLeaf({ issuer: issuing, extensions: [extension(oid, nested)] });
      expect((await judgeOf()([deep.der, issuing.der], NOW)).code).toBe('ONECERT_CERTIFICATE_MALFORMED');
    }
    // What is not read may hold anything.
    const passed = makeLeaf({ issuer: issuing, extensions: [extension('1.3.6.1.4.1.99999.2', nested)] });
    expect((await judgeOf()([passed.der, issuing.der], NOW)).outcome).toBe('good');
  });
});

describe('What is known of signatures', () => {
  /** Authorities of one name that all certify one another: n! paths, none of which ends at the root. */
  const web = (size: number): TestCertificate[] => {
    const keys = Array.from({ length: size }, () => makeKey('ed25519'));
    return keys.flatMap((key, of) =>
      keys
        .filter((_key, by) => by !== of)
        .map((signer) => {
          const self = makeAuthority({ subject: 'Web', key: signer });
          return makeAuthority({ subject: 'Web', key, issuer: self });
        }),
    );
  };

  it('lets nobody look at more paths than the budget allows', () => {
    const authorities = web(4);
    const [first] = authorities as [TestCertificate];
    const end = makeLeaf({ issuer: first });
    const spent = (): boolean => {
      const budget = new Budget({ signatures: 1000, steps: 200 });
      const anchor = makeAuthority({ subject: 'Web' });
      expect(outcome(validate(end, authorities, [anchor], { budget }))).toMatch(/UNTRUSTED|SIGNATURE|CHAIN/);
      return budget.isSpent;
    };
    expect(spent()).toBe(true);
    // All signatures are known by now: the steps are still counted.
    expect(spent()).toBe(true);
  });

  it('is about the very certificate and key, not their names', () => {
    const other = makeAuthority({ subject: 'Issuing' });
    expect(isSignedBy(leaf.parsed, issuing.parsed.publicKey)).toBe(true);
    expect(knownSignature(leaf.parsed, issuing.parsed.publicKey)).toBe(true);
    expect(knownSignature(leaf.parsed, other.parsed.publicKey)).toBeUndefined();
    expect(isSignedBy(leaf.parsed, other.parsed.publicKey)).toBe(false);
    const namesake = makeLeaf({
      issuer: issuing,
      signer: { ...other.key, algorithm: issuing.key.algorithm },
    });
    expect(knownSignature(namesake.parsed, issuing.parsed.publicKey)).toBeUndefined();
    expect(isSignedBy(namesake.parsed, issuing.parsed.publicKey)).toBe(false);
  });
});

describe('Issuing certificates that peers send', () => {
  it('are forgotten with the trust list', async () => {
    let list = trustIn(1, [root]);
    const { judge } = countingJudge(() => list, [root, issuing]);
    expect((await judge([leaf.der, issuing.der], NOW)).outcome).toBe('good');
    list = trustIn(2, [makeAuthority({ subject: 'Another Root' })]);
    expect((await judge([leaf.der, issuing.der], NOW)).code).toBe('ONECERT_CERTIFICATE_UNTRUSTED');
  });

  it('are not those of another chain that was judged before', async () => {
    const judge = judgeOf();
    expect((await judge([leaf.der, issuing.der], NOW)).outcome).toBe('good');
    expect((await judge([leaf.der], NOW)).code).toBe('ONECERT_CERTIFICATE_UNTRUSTED');
  });

  it('that were read from a buffer do not change with it', async () => {
    const judge = judgeOf();
    const lent = Uint8Array.from(issuing.der);
    expect((await judge([leaf.der, lent], NOW)).outcome).toBe('good');
    lent.fill(0);
    const [another, fresh] = [makeLeaf({ issuer: issuing }), Uint8Array.from(issuing.der)];
    expect((await judge([another.der, fresh], NOW)).outcome).toBe('good');
  });
});

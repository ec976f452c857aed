import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { trustEndOf } from '../../../src/path/authority-standing.ts';
import type { PathPurpose } from '../../../src/path/types.ts';
import { validatePath } from '../../../src/path/validate.ts';
import { loadTrustList } from '../../../src/trust/load-trust-list.ts';
import { isInForce, packTrustList, unpackTrustList, type TrustList } from '../../../src/trust/trust-list.ts';
import {
  DAY,
  makeAuthority,
  makeLeaf,
  NOW,
  type TestCertificate,
} from '../../conformance/chains/make-certificate.ts';
import { keyUsage } from '../../conformance/chains/test-extensions.ts';
import { makeKey } from '../../conformance/chains/test-key.ts';
import { outcome } from '../../conformance/chains/validate-chain.ts';
import { authorityYaml, pem, problemsOf, temporaryFolder, writeFiles } from './written-list.ts';

const folder = temporaryFolder();
const root = makeAuthority({ subject: 'Root', notBefore: NOW - 2_000 * DAY });
const issuing = makeAuthority({ subject: 'Issuing', issuer: root });
const leaf = makeLeaf({ issuer: root });

/** The list an operator wrote: one authority, with these lines in its authority.yaml. */
const listWith = (...lines: readonly string[]): TrustList => {
  const trust = mkdtempSync(join(folder, 'list-'));
  writeFiles(trust, { 'aa/authority.yaml': authorityYaml('aa', ...lines), 'aa/root.pem': pem(root) });
  return loadTrustList(trust, 1);
};

interface Question {
  readonly certificate?: TestCertificate;
  readonly sent?: readonly TestCertificate[];
  readonly at?: number;
  readonly purpose?: PathPurpose;
}

const judge = (
  list: TrustList,
  { certificate = leaf, sent = [], at = NOW, purpose }: Question = {},
): string =>
  outcome(
    validatePath({
      leaf: certificate.parsed,
      intermediates: [...sent.map(({ parsed }) => parsed), ...list.intermediates],
      anchors: list.anchors,
      at,
      ...(purpose === undefined ? {} : { purpose }),
    }),
  );

const WITHDRAWN = 'authority-standing ONECERT_AUTHORITY_WITHDRAWN';
const WINDING_DOWN = 'authority-standing ONECERT_AUTHORITY_WINDING_DOWN';
const UNTRUSTED = 'authority-standing ONECERT_CERTIFICATE_UNTRUSTED';

describe('the status of an authority', () => {
  it('active, written or not, lets its certificates through', () => {
    expect(judge(listWith())).toBe('ok');
    expect(judge(listWith('status: active'))).toBe('ok');
  });

  it('withdrawn refuses in words of its own, not as untrusted', () => {
    const list = listWith('status: withdrawn');
    expect(judge(list)).toBe(WITHDRAWN);
    expect(judge(list, { certificate: makeLeaf({ issuer: issuing }), sent: [issuing] })).toBe(WITHDRAWN);
  });

  it('withdrawn comes before the dates: nobody is sent to renew at an authority that is gone', () => {
    const expired = makeLeaf({ issuer: root, notBefore: NOW - 20 * DAY, notAfter: NOW - DAY });
    expect(judge(listWith('status: withdrawn'), { certificate: expired })).toBe(WITHDRAWN);
  });

  it('withdrawn is said only of what the authority has issued', () => {
    const forged = makeLeaf({ issuer: root, signer: makeKey() });
    expect(judge(listWith('status: withdrawn'), { certificate: forged })).toBe(
      'signature ONECERT_CERTIFICATE_SIGNATURE_INVALID',
    );
  });

  it('draft is not in force: its certificates are untrusted', () => {
    expect(judge(listWith('status: draft'))).toMatch(/ONECERT_CERTIFICATE_UNTRUSTED$/);
  });

  it('winding-down accepts what was issued before the day, in China Standard Time, and nothing later', () => {
    const list = listWith('status: winding-down', 'acceptIssuedBefore: 2026-05-20');
    const midnight = Date.parse('2026-05-20T00:00:00+08:00');
    const issuedAt = (notBefore: number): Question => ({
      certificate: makeLeaf({ issuer: root, notBefore }),
    });
    expect(judge(list, issuedAt(midnight - 1_000))).toBe('ok');
    expect(judge(list, issuedAt(midnight))).toBe(WINDING_DOWN);
  });

  it('winding-down takes a time with its zone', () => {
    const list = listWith('status: winding-down', "acceptIssuedBefore: '2026-05-20T12:00:00Z'");
    const noon = Date.parse('2026-05-20T12:00:00Z');
    const issuedAt = (notBefore: number): Question => ({
      certificate: makeLeaf({ issuer: root, notBefore }),
    });
    expect(judge(list, issuedAt(noon - 1_000))).toBe('ok');
    expect(judge(list, issuedAt(noon))).toBe(WINDING_DOWN);
  });

  it('winding-down is about the person: an issuing authority made later, or who signs its CRLs, may be newer', () => {
    const list = listWith('status: winding-down', 'acceptIssuedBefore: 2026-05-20');
    const renewed = makeAuthority({ subject: 'Renewed', issuer: root, notBefore: NOW - DAY });
    const older = makeLeaf({ issuer: renewed, notBefore: NOW - 30 * DAY });
    expect(judge(list, { certificate: older, sent: [renewed] })).toBe('ok');
    const newer = makeLeaf({ issuer: renewed, notBefore: NOW - DAY });
    expect(judge(list, { certificate: newer, sent: [renewed] })).toBe(WINDING_DOWN);
    const crlIssuer = makeLeaf({
      issuer: root,
      notBefore: NOW - DAY,
      extensions: [keyUsage('cRLSign')],
    });
    expect(judge(list, { certificate: crlIssuer, purpose: 'crl-issuer' })).toBe('ok');
  });
});

describe('the validity of an authority', () => {
  const list = listWith('validity: { from: 2026-05-01, until: 2026-06-30 }');

  it.each([
    ['2026-05-04T00:00:00+08:00', 'ok'],
    ['2026-06-30T23:59:59+08:00', 'ok'],
    ['2026-07-01T00:00:00+08:00', WITHDRAWN],
  ])('at %s: %s', (at, expected) => {
    expect(judge(list, { at: Date.parse(at) })).toBe(expected);
  });

  it('has not begun before its first day', () => {
    const early = makeLeaf({ issuer: root, notBefore: NOW - 100 * DAY });
    const anchorOnly = { certificate: early, at: Date.parse('2026-04-30T23:59:59+08:00') };
    expect(judge(list, anchorOnly)).toBe(UNTRUSTED);
    expect(judge(list, { ...anchorOnly, at: Date.parse('2026-05-01T00:00:00+08:00') })).toBe('ok');
  });

  it('ends verdicts with the last day, not some minutes later', () => {
    const path = validatePath({ leaf: leaf.parsed, intermediates: [], anchors: list.anchors, at: NOW });
    if (!path.ok) throw new Error(path.code);
    expect(trustEndOf(path.path)).toBe(Date.parse('2026-07-01T00:00:00+08:00'));
  });

  it('says who is in force', () => {
    const { settings } = list.authorities.get('aa') ?? {};
    if (settings === undefined) throw new Error('no authority');
    const inForce = (at: string): boolean => isInForce(settings, Date.parse(at));
    expect(inForce('2026-04-30T23:59:59+08:00')).toBe(false);
    expect(inForce('2026-05-01T00:00:00+08:00')).toBe(true);
    expect(inForce('2026-07-01T00:00:00+08:00')).toBe(false);
    expect(isInForce({ ...settings, status: 'draft' }, NOW)).toBe(false);
    expect(isInForce({ ...settings, status: 'withdrawn' }, NOW)).toBe(false);
  });
});

describe('a withdrawn authority', () => {
  const gone = makeAuthority({ subject: 'Gone' });
  const goneLeaf = makeLeaf({ issuer: gone });
  const cross = makeAuthority({ subject: 'Gone', key: gone.key, issuer: root });
  const trust = mkdtempSync(join(folder, 'cross-'));
  const write = (status: string, limit: readonly string[] = []): TrustList => {
    writeFiles(trust, {
      'aa/authority.yaml': authorityYaml('aa'),
      'aa/root.pem': pem(root),
      'bb/authority.yaml': authorityYaml('bb', `status: ${status}`, ...limit),
      'bb/root.pem': pem(gone),
    });
    return loadTrustList(trust, 1);
  };

  it("does not come back in by another authority's cross-certificate", () => {
    expect(judge(write('active'), { certificate: goneLeaf, sent: [cross] })).toBe('ok');
    expect(judge(write('withdrawn'), { certificate: goneLeaf, sent: [cross] })).toBe(WITHDRAWN);
  });

  it('nor by an issuing authority that no list knows, below that cross-certificate', () => {
    const below = makeAuthority({ subject: 'Below', issuer: gone });
    const deep = makeLeaf({ issuer: below, notBefore: NOW - DAY });
    const sent = [below, cross];
    expect(judge(write('withdrawn'), { certificate: deep, sent })).toBe(WITHDRAWN);
    const limited = write('winding-down', ['acceptIssuedBefore: 2026-05-20']);
    expect(judge(limited, { certificate: deep, sent })).toBe(WINDING_DOWN);
  });
});

describe('a packed trust list', () => {
  it('refuses the same after structured clone to another thread', () => {
    const list = listWith('status: withdrawn');
    const clone = unpackTrustList(structuredClone(packTrustList(list)));
    expect(judge(clone)).toBe(WITHDRAWN);
    expect(clone.epoch).toBe(list.epoch);
  });
});

describe('authority.yaml', () => {
  it.each([
    ['status: winding-down', 'aa/authority.yaml:3:1: status: winding-down needs acceptIssuedBefore'],
    [
      'acceptIssuedBefore: 2026-05-20',
      'aa/authority.yaml:3:1: acceptIssuedBefore: only for status winding-down',
    ],
    ['validity: { until: 2026-02-30 }', 'aa/authority.yaml:3:13: validity.until: expected a date'],
    [
      'validity: { from: 2026-03-02, until: 2026-03-01 }',
      'aa/authority.yaml:3:31: validity.until: expected "until"',
    ],
    ["validity: { from: '2026-03-02T10:00:00' }", 'aa/authority.yaml:3:13: validity.from: expected a date'],
    ['status: gone', 'aa/authority.yaml:3:1: status: '],
  ])('%s is refused with its line', (line, expected) => {
    const problems = problemsOf(folder, () => listWith(line)).map((each) =>
      each.replace(/^list-[^/]*\//, ''),
    );
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });
});

import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { loadTrustList } from '../../../src/trust/load-trust-list.ts';
import { findTrustWarnings } from '../../../src/trust/trust-warnings.ts';
import { DAY, makeAuthority, makeLeaf, NOW } from '../../conformance/chains/make-certificate.ts';
import { authorityYaml, pem, problemsOf, temporaryFolder, writeFiles } from './written-list.ts';

const folder = temporaryFolder();
const root = makeAuthority({ subject: 'Root' });
const other = makeAuthority({ subject: 'Other' });
const newList = (files: Readonly<Record<string, string | Uint8Array>>): string => {
  const trust = mkdtempSync(join(folder, 'list-'));
  writeFiles(trust, files);
  return trust;
};
const load = (trust: string) => () => loadTrustList(trust, 1);

describe('a trust list with mistakes', () => {
  it('names all of them at once, each with file and line', () => {
    const trust = newList({
      'aa/authority.yaml': authorityYaml('aa', 'status: winding-down', 'colour: blue'),
      'bb/authority.yaml': 'authority: bb\n  name: [',
      'cc/authority.yaml': authorityYaml('cx').replace(
        '[root.pem]',
        '[root.pem, gone.pem, leaf.pem, junk.pem, cut.pem]',
      ),
      'cc/root.pem': pem(root),
      'cc/leaf.pem': pem(makeLeaf({ issuer: root })),
      'cc/junk.pem': 'not a certificate\n',
      'cc/cut.pem': root.der.subarray(0, 40),
      'dd/authority.yaml': authorityYaml('dd'),
      'dd/root.pem': pem(other),
      'ee/authority.yaml': authorityYaml('ee'),
      'ee/root.pem': pem(other),
    });
    mkdirSync(join(trust, 'ff'));
    const problems = problemsOf(trust, load(trust));
    for (const expected of [
      /^aa\/authority\.yaml:4:1: colour: unknown setting; is it misspelt\?$/,
      /^bb\/authority\.yaml:\d+:\d+: not valid YAML/,
      /^cc\/authority\.yaml:1:1: authority: expected "cc", the name of the folder$/,
      /^cc\/authority\.yaml:3:21: anchors\[1\]: no such file: cc\/gone\.pem$/,
      /^cc\/authority\.yaml:3:31: anchors\[2\]: cc\/leaf\.pem is not a certificate of an authority/,
      /^cc\/authority\.yaml:3:41: anchors\[3\]: cc\/junk\.pem holds no certificate \(expected PEM or DER\)$/,
      /^cc\/authority\.yaml:3:51: anchors\[4\]: cc\/cut\.pem: ONECERT_CERTIFICATE_MALFORMED/,
      /^ee\/authority\.yaml:3:1: anchors: this key belongs to the authority "dd" already$/,
      /^ff\/authority\.yaml:1:1: no such file$/,
    ]) {
      expect(problems).toContainEqual(expect.stringMatching(expected));
    }
  });

  it('is refused when it is empty, missing, or holds what is too large', () => {
    expect(problemsOf(folder, load(newList({ 'README.md': 'nothing yet' })))).toEqual([
      expect.stringContaining('the trust list is empty'),
    ]);
    expect(problemsOf(folder, load(join(folder, 'nowhere')))).toEqual([expect.stringContaining('ENOENT')]);
    const large = newList({ 'aa/authority.yaml': 'x'.repeat(1024 * 1024 + 1) });
    expect(problemsOf(large, load(large))).toEqual(['aa/authority.yaml:1:1: larger than 1048576 bytes']);
  });

  it('is refused when folders lead in a circle', () => {
    const trust = newList({ 'aa/authority.yaml': authorityYaml('aa'), 'aa/root.pem': pem(root) });
    symlinkSync('.', join(trust, 'aa/again'));
    expect(problemsOf(trust, load(trust))).toEqual([expect.stringContaining('too deep a folder')]);
  });

  it('does not expand a YAML bomb', () => {
    const bomb = Array.from({ length: 30 }, (_, level) =>
      level === 0 ? 'a0: &a0 [x, x]' : `a${level}: &a${level} [*a${level - 1}, *a${level - 1}]`,
    ).join('\n');
    const trust = newList({ 'aa/authority.yaml': `${bomb}\n` });
    expect(problemsOf(trust, load(trust))).toEqual([
      expect.stringMatching(/^aa\/authority\.yaml:1:1: not usable YAML: Excessive alias count/),
    ]);
  });
});

describe('certificates', () => {
  it('are read from PEM and DER, several in a file, beside the list too where no signature has to cover them', () => {
    const issuing = makeAuthority({ subject: 'Issuing', issuer: root });
    const trust = newList({
      'list/aa/authority.yaml': authorityYaml('aa', 'intermediates: [../../beside.pem]').replace(
        'root.pem',
        'both.pem, other.der',
      ),
      'list/aa/both.pem': `Comment: two of them\n${pem(root, makeAuthority({ subject: 'Second' }))}`,
      'list/aa/other.der': other.der,
      'beside.pem': pem(issuing),
    });
    const authority = loadTrustList(join(trust, 'list'), 7).authorities.get('aa');
    expect(authority?.anchors.map(({ fingerprint }) => fingerprint)).toHaveLength(3);
    expect(authority?.intermediates[0]?.fingerprint).toBe(issuing.parsed.fingerprint);
    expect(problemsOf(trust, () => loadTrustList(join(trust, 'list'), 1, { selfContained: true }))).toEqual([
      expect.stringMatching(/^list\/aa\/authority\.yaml:3:17: intermediates\[0\]: no such file among those/),
    ]);
  });
});

describe('warnings', () => {
  it('tell of what has run out and what soon will, and stop nothing', () => {
    const trust = newList({
      'aa/authority.yaml': authorityYaml('aa', 'intermediates: [soon.pem]'),
      'aa/root.pem': pem(makeAuthority({ subject: 'Old', notAfter: NOW - DAY })),
      'aa/soon.pem': pem(makeAuthority({ subject: 'Soon', notAfter: NOW + 10 * DAY })),
      'bb/authority.yaml': authorityYaml('bb', 'status: draft'),
      'bb/root.pem': pem(root),
      'cc/authority.yaml': authorityYaml('cc', 'validity: { until: 2026-06-10 }'),
      'cc/root.pem': pem(other),
      'dd/authority.yaml': authorityYaml('dd', 'status: withdrawn'),
      'dd/root.pem': pem(makeAuthority({ subject: 'Gone', notAfter: NOW - DAY })),
    });
    const warnings = findTrustWarnings(loadTrustList(trust, 1), NOW).map(
      ({ authority, message }) => `${authority ?? ''}: ${message}`,
    );
    expect(warnings).toEqual([
      expect.stringMatching(/^aa: anchor CN=Old \(sha256:[0-9a-f]{16}…\) expired at /),
      expect.stringMatching(/^aa: intermediate CN=Soon .* runs out in 10 days/),
      expect.stringMatching(/^bb: a draft: not in force/),
      expect.stringMatching(/^cc: its validity runs out in 9 days/),
    ]);
  });

  it('say so when nobody can sign in at all', () => {
    const trust = newList({
      'aa/authority.yaml': authorityYaml('aa', 'status: withdrawn'),
      'aa/root.pem': pem(root),
    });
    expect(findTrustWarnings(loadTrustList(trust, 1), NOW)).toEqual([
      { authority: undefined, message: 'no authority is in force: everybody is refused' },
    ]);
  });
});

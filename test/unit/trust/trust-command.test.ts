import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rememberSeen } from '../../../src/trust/last-seen.ts';
import { makeLeaf } from '../../conformance/chains/make-certificate.ts';
import { authorityYaml, makeCurrentAuthority, pem, temporaryFolder, writeFiles } from './written-list.ts';

/** The command as an operator runs it. */

const ROOT = join(import.meta.dirname, '../../..');
const folder = temporaryFolder();

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const trust = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Ran => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--conditions=onecert-source',
      join(ROOT, 'src/cli/onecert.ts'),
      'trust',
      ...args,
    ],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, ...env } },
  );
  return { code: status, stdout, stderr };
};

const root = makeCurrentAuthority('Root');
const list = join(folder, 'ca-trust');
writeFiles(list, {
  'aa/authority.yaml': authorityYaml('aa'),
  'aa/root.pem': pem(root),
  'bb/authority.yaml': authorityYaml('bb', 'status: winding-down', 'acceptIssuedBefore: 2026-12-31'),
  'bb/root.pem': pem(makeCurrentAuthority('Soon gone', { notAfter: Date.now() + 5.5 * 86_400_000 })),
});
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const encrypted = privateKey.export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'open sesame',
});
writeFiles(folder, {
  'operator.key': privateKey.export({ type: 'pkcs8', format: 'pem' }),
  'locked.key': encrypted,
  'operator.pub': publicKey.export({ type: 'spki', format: 'pem' }),
});

describe('onecert trust list and check', () => {
  it('print the authorities, and what soon needs doing', () => {
    const listed = trust(['list']);
    expect(listed.code).toBe(0);
    expect(listed.stdout).toContain('bb  机构bb / Authority bb  [winding-down: issued before 2026-12-31]');
    const checked = trust(['check']);
    expect(checked.code).toBe(0);
    expect(checked.stdout).toMatch(
      /^2 authorities, 2 in force\. The trust list is right\.\nNot signed\.\nwarning: bb: anchor CN=Soon gone .* runs out in 5 days/,
    );
  });

  it('say everything that is wrong and end with 3', () => {
    const broken = mkdtempSync(join(folder, 'broken-'));
    cpSync(list, broken, { recursive: true });
    writeFiles(broken, {
      'aa/root.pem': pem(makeLeaf({ issuer: root })),
      'bb/authority.yaml': authorityYaml('bb', 'status: winding-down'),
    });
    const { code, stderr } = trust(['check', '--trust', broken]);
    expect(code).toBe(3);
    expect(stderr).toContain(
      `${broken}/aa/authority.yaml:3:11: anchors[0]: ${broken}/aa/root.pem is not a certificate of`,
    );
    expect(stderr).toContain(
      `${broken}/bb/authority.yaml:3:1: status: winding-down needs acceptIssuedBefore`,
    );
  });
});

describe('onecert trust sign', () => {
  const signed = mkdtempSync(join(folder, 'signed-'));
  cpSync(list, signed, { recursive: true });
  const sign = (...args: readonly string[]): Ran =>
    trust(['sign', '--trust', signed, '--key', 'operator.key', '--expires', '30d', ...args]);
  const check = (...args: readonly string[]): Ran =>
    trust(['check', '--trust', signed, '--key', 'operator.pub', ...args]);

  it('signs with the next number; check verifies; a changed file is named; an older list is refused', () => {
    expect(sign().stdout).toMatch(/^Signed list 1: 4 files, until /);
    expect(check().stdout).toContain('Signed: list 1, until ');
    expect(trust(['check', '--trust', signed]).stdout).toContain('was NOT checked: give --key');
    expect(sign().stdout).toMatch(/^Signed list 2: /);

    writeFileSync(join(signed, 'aa/authority.yaml'), authorityYaml('aa', 'comment: changed'));
    const changed = check();
    expect(changed.code).toBe(3);
    expect(changed.stderr).toContain('aa/authority.yaml:1:1: changed after list 2 was signed');
    expect(sign('--sequence', '9').stdout).toMatch(/^Signed list 9: /);
    expect(check().code).toBe(0);

    const seen = join(folder, 'seen.json');
    rememberSeen(seen, { sequence: 12, digest: '0'.repeat(64) });
    const older = check('--seen', seen);
    expect(older.code).toBe(3);
    expect(older.stderr).toContain('list 9 is older than list 12');
  });

  it('takes a passphrase from the environment and says when it is missing', () => {
    const args = ['sign', '--trust', signed, '--key', 'locked.key', '--expires', '30d'];
    const missing = trust(args);
    expect(missing.code).toBe(3);
    expect(missing.stderr).toContain('locked.key:1:1: the key needs its passphrase');
    expect(trust(args, { ONECERT_OPERATOR_PASSPHRASE: 'open sesame' }).code).toBe(0);
  });

  it('does not sign a list that is not right, nor without an expiry', () => {
    const broken = mkdtempSync(join(folder, 'broken-'));
    writeFiles(broken, { 'aa/authority.yaml': authorityYaml('aa') });
    const refused = trust(['sign', '--trust', broken, '--key', 'operator.key', '--expires', '30d']);
    expect(refused.code).toBe(3);
    expect(existsSync(join(broken, 'trust-list.json'))).toBe(false);
    expect(trust(['sign', '--trust', signed, '--key', 'operator.key']).code).toBe(2);
    expect(trust(['sign', '--trust', signed, '--key', 'operator.key', '--expires', 'soon']).code).toBe(2);
  });
});

describe('onecert trust diff', () => {
  it('prints what would change, for people and as JSON', () => {
    const next = mkdtempSync(join(folder, 'next-'));
    cpSync(list, next, { recursive: true });
    writeFiles(next, { 'aa/authority.yaml': authorityYaml('aa', 'status: withdrawn') });
    const { code, stdout } = trust(['diff', 'ca-trust', next]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      '  status: "active" -> "withdrawn"\n  ! all certificates of this authority are refused',
    );
    const json = JSON.parse(trust(['diff', 'ca-trust', next, '--json']).stdout) as { changes: unknown[] };
    expect(json.changes).toHaveLength(1);
  });
});

describe('onecert trust import', () => {
  it('makes drafts of a PEM bundle that check then takes', () => {
    writeFiles(folder, { 'bundle.pem': pem(root, makeCurrentAuthority('Below', { issuer: root })) });
    const { code, stdout } = trust([
      'import',
      '--pem',
      'bundle.pem',
      '--out',
      'imported',
      '--authority',
      'lingnan',
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('imported/lingnan  [draft]  1 anchors, 1 intermediates');
    const checked = trust(['check', '--trust', 'imported']);
    expect(checked.stdout).toContain('1 authorities, 0 in force.');
    expect(checked.stdout).toContain('warning: no authority is in force: everybody is refused');
    expect(checked.stdout).toContain('warning: lingnan: a draft');
    expect(trust(['import', '--pem', 'bundle.pem', '--authority', '../up']).code).toBe(2);
    expect(trust(['import']).code).toBe(2);
  });

  it('makes drafts of a trusted list, and says loudly that its signature was not verified', () => {
    const sample = join(import.meta.dirname, 'trusted-list.xml');
    const { code, stdout } = trust(['import', '--etsi', sample, '--out', 'from-list']);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'from-list/gone-certificates-withdrawn  [withdrawn]  1 anchors, 0 intermediates',
    );
    expect(stdout).toContain("THE LIST'S SIGNATURE (XAdES) WAS NOT VERIFIED");
    expect(stdout).toContain(createHash('sha256').update(readFileSync(sample)).digest('hex'));
    expect(trust(['check', '--trust', 'from-list']).code).toBe(0);
  });

  it('refuses a list out of date, and one with a DOCTYPE, with file and line', () => {
    const sample = readFileSync(join(import.meta.dirname, 'trusted-list.xml'), 'utf8');
    writeFiles(folder, {
      'old.xml': sample.replace('2046-01-01T', '2026-01-01T'),
      'doctype.xml': `<?xml version="1.0"?>\n<!DOCTYPE x>\n${sample}`,
    });
    const old = trust(['import', '--etsi', 'old.xml', '--out', 'none']);
    expect([old.code, old.stderr]).toEqual([3, expect.stringContaining('fetch the current one')]);
    const doctype = trust(['import', '--etsi', 'doctype.xml', '--out', 'none']);
    expect([doctype.code, doctype.stderr]).toEqual([
      3,
      expect.stringContaining('doctype.xml:2:1: a DOCTYPE is not accepted'),
    ]);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});

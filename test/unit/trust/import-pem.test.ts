import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { importPem } from '../../../src/trust/import/import-pem.ts';
import { writeDrafts } from '../../../src/trust/import/write-drafts.ts';
import { loadTrustList } from '../../../src/trust/load-trust-list.ts';
import { makeAuthority, makeCertificate, makeLeaf, name } from '../../conformance/chains/make-certificate.ts';
import { basicConstraints } from '../../conformance/chains/test-extensions.ts';
import { makeKey } from '../../conformance/chains/test-key.ts';
import { authorityYaml, pem, problemsOf, temporaryFolder, writeFiles } from './written-list.ts';

const folder = temporaryFolder();
const subject = (organisation: string, common: string): Buffer =>
  name(['2.5.4.6', 'CN'], ['2.5.4.10', organisation], ['2.5.4.3', common]);
const root = makeAuthority({ subject: subject('Lingnan Certification Co., Ltd.', 'Lingnan Root') });
const issuing = makeAuthority({
  subject: subject('Lingnan Certification Co., Ltd.', 'Lingnan Issuing'),
  issuer: root,
});
const below = makeAuthority({ subject: subject('Someone else', 'Below'), issuer: issuing });
const chinese = makeAuthority({ subject: subject('岭南电子认证有限公司', '岭南根证书') });

const importBundle = (bundle: string | Uint8Array, authority?: string) =>
  importPem(Buffer.from(bundle), 'bundle.pem', authority);
const problems = (bundle: string | Uint8Array): string[] => problemsOf(folder, () => importBundle(bundle));

describe('a PEM bundle', () => {
  it('is split into anchors and the intermediates that hang from them, whatever the order', () => {
    const drafts = importBundle(`# comment\n${pem(below, issuing, root, chinese, root)}`);
    expect(
      drafts.map(({ authority, anchors, intermediates }) => [
        authority,
        anchors.length,
        intermediates.length,
      ]),
    ).toEqual([
      ['lingnan-certification-co-ltd', 1, 2],
      [`authority-${chinese.parsed.fingerprint.slice(0, 8)}`, 1, 0],
    ]);
    expect(drafts[1]?.name.zh).toBe('岭南电子认证有限公司');
  });

  it('makes one authority of all where one is named, and reads DER', () => {
    const [all, ...rest] = importBundle(pem(root, chinese), 'lingnan');
    expect(rest).toEqual([]);
    expect([all?.authority, all?.anchors.length]).toEqual(['lingnan', 2]);
    expect(importBundle(root.der)).toHaveLength(1);
  });

  it('refuses, by line and name, each certificate that is no authority and each that hangs from no anchor', () => {
    const leaf = makeLeaf({ issuer: root, subject: subject('Invented', '张三') });
    const notCa = makeCertificate({ subject: 'Plain', extensions: [basicConstraints(false)] });
    const orphan = makeAuthority({ subject: 'Orphan', issuer: chinese });
    const forged = makeAuthority({ subject: 'Forged', issuer: root, signer: makeKey() });
    const lines = (text: string): number => text.split('\n').length;
    const bundle = [pem(root), pem(leaf), pem(notCa), pem(orphan), pem(forged)];
    const lineOf = (index: number): number => lines(bundle.slice(0, index).join(''));
    expect(problems(bundle.join(''))).toEqual([
      expect.stringMatching(
        new RegExp(`^bundle\\.pem:${lineOf(1)}:1: CN=张三,O=Invented,C=CN: not a certificate of an auth`),
      ),
      expect.stringMatching(
        new RegExp(`^bundle\\.pem:${lineOf(2)}:1: CN=Plain: not a certificate of an authority`),
      ),
      expect.stringMatching(new RegExp(`^bundle\\.pem:${lineOf(3)}:1: CN=Orphan: no anchor for it`)),
      expect.stringMatching(new RegExp(`^bundle\\.pem:${lineOf(4)}:1: CN=Forged: no anchor for it`)),
    ]);
  });

  it('refuses what cannot be read, and what is too much', () => {
    expect(problems('nothing here')).toEqual(['bundle.pem:1:1: holds no certificate']);
    expect(problems(`${pem(root)}-----BEGIN CERTIFICATE-----\nMIIB!\n-----END CERTIFICATE-----\n`)).toEqual([
      expect.stringContaining('a PEM block that is not whole or not Base64'),
    ]);
    expect(problems(pem(root).slice(0, -40))).toEqual([expect.stringContaining('not whole')]);
    expect(problems(root.der.subarray(0, 50))).toEqual([expect.stringContaining('MALFORMED')]);
    expect(problems('-----BEGIN CERTIFICATE-----\n'.repeat(2_001))).toEqual([
      'bundle.pem:1:1: more than 2000 certificates',
    ]);
  });
});

describe('drafts', () => {
  it('are written as a list that loads, and is not in force', () => {
    const trust = join(mkdtempSync(join(folder, 'out-')), 'ca-trust');
    writeDrafts(importBundle(pem(root, issuing, chinese)), trust);
    const list = loadTrustList(trust, 1);
    expect([...list.authorities.values()].map(({ settings }) => settings.status)).toEqual(['draft', 'draft']);
    expect(list.anchors).toEqual([]);
    const lingnan = list.authorities.get('lingnan-certification-co-ltd');
    expect(lingnan?.anchors[0]?.fingerprint).toBe(root.parsed.fingerprint);
    expect(lingnan?.intermediates[0]?.fingerprint).toBe(issuing.parsed.fingerprint);
    expect(readdirSync(trust).filter((each) => each.startsWith('.'))).toEqual([]);
  });

  it('never change what is there', () => {
    const trust = mkdtempSync(join(folder, 'out-'));
    const there = authorityYaml('lingnan-certification-co-ltd');
    writeFiles(trust, {
      'lingnan-certification-co-ltd/authority.yaml': there,
      'lingnan-certification-co-ltd/root.pem': pem(issuing),
    });
    expect(problemsOf(trust, () => writeDrafts(importBundle(pem(root, issuing, chinese)), trust))).toEqual([
      'lingnan-certification-co-ltd:1:1: there is such an authority already; give another name or another folder',
      expect.stringMatching(
        /the key of sha256:[0-9a-f]{64} belongs to the authority "lingnan-certification-co-ltd" already$/,
      ),
    ]);
    expect(readdirSync(trust)).toEqual(['lingnan-certification-co-ltd']);
    expect(readFileSync(join(trust, 'lingnan-certification-co-ltd/authority.yaml'), 'utf8')).toBe(there);
  });

  it('are not added to a list that is not right', () => {
    const trust = mkdtempSync(join(folder, 'out-'));
    mkdirSync(join(trust, 'broken'));
    expect(problemsOf(trust, () => writeDrafts(importBundle(pem(root)), trust))).toEqual([
      'broken/authority.yaml:1:1: no such file',
    ]);
  });

  it('hold names as text: no environment variable, YAML, comment or control character gets in by one', () => {
    const nasty = '${HOME}: "x"\nstatus: active # \u001b[31m\u202E';
    const trust = join(mkdtempSync(join(folder, 'out-')), 'ca-trust');
    const evil = makeAuthority({ subject: subject(nasty, nasty) });
    writeDrafts(importBundle(pem(evil), 'evil'), trust);
    const text = readFileSync(join(trust, 'evil/authority.yaml'), 'utf8');
    // eslint-disable-next-line no-control-regex -- the very characters that must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
    const settings = loadTrustList(trust, 1).authorities.get('evil')?.settings;
    expect(settings?.name.zh).toBe('$ {HOME}: "x" status: active #  [31m');
    expect(settings?.status).toBe('draft');
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePkcs12 } from '../../../src/demo/pkcs12.ts';
import { Refusal } from '../../../src/refusal/refusal.ts';
import { openPkcs12 } from '../../../src/signin/browser/pkcs12.ts';
import { createChallenge } from '../../../src/signin/challenge.ts';
import { readResponse } from '../../../src/signin/read-response.ts';
import { verifyResponse } from '../../../src/signin/verify-response.ts';
import { makeAuthority, makeLeaf } from '../../conformance/chains/make-certificate.ts';
import { makeKey, type KeyKind } from '../../conformance/chains/test-key.ts';
import { describeWith } from '../../tools.ts';

const ORIGIN = 'https://signin.example.gov.cn';
const challenge = createChallenge({ origin: ORIGIN, browserSession: 'b', at: 0 });
const context = { origin: ORIGIN, browserSession: 'b', from: '192.0.2.1', at: 1 };
const codeOf = async (opening: Promise<unknown>): Promise<unknown> => {
  try {
    return await opening;
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
};
/** What the gateway makes of what the page sends. */
const signIn = (signature: object): string[] | string => {
  const answered = readResponse(JSON.parse(JSON.stringify({ challenge: challenge.id, ...signature })));
  if (answered instanceof Refusal) return answered.code;
  const credential = verifyResponse(answered.response, challenge, context);
  return credential instanceof Refusal
    ? credential.code
    : credential.chain.map((der) => Buffer.from(der).toString('hex'));
};

const authority = makeAuthority();
const bytes = (buffer: Buffer): Uint8Array<ArrayBuffer> => Uint8Array.from(buffer);

describe('a certificate file opened in the page by WebCrypto', () => {
  it.each<KeyKind>(['rsa2048', 'p256', 'p384', 'p521', 'ed25519'])(
    'signs a challenge with its key (%s)',
    async (kind) => {
      const leaf = makeLeaf({ issuer: authority, key: makeKey(kind) });
      const file = makePkcs12({
        friendlyName: '李伟',
        key: leaf.key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        certificates: [leaf.der, authority.der],
      });
      const [identity, ...more] = await openPkcs12(bytes(file), 'onecert');
      expect(more).toEqual([]);
      expect(signIn((await identity?.sign(challenge.text)) as object)).toEqual(
        [leaf.der, authority.der].map((der) => der.toString('hex')),
      );
      expect(signIn((await identity?.sign('other text')) as object)).toBe(
        'ONECERT_SIGNED_RESPONSE_SIGNATURE',
      );
    },
  );

  it('is not opened with another PIN', async () => {
    const leaf = makeLeaf({ issuer: authority });
    const key = leaf.key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const file = bytes(makePkcs12({ friendlyName: 'a', key, certificates: [leaf.der] }));
    for (const pin of ['', 'Onecert', 'onecert ', '密码'])
      expect(await codeOf(openPkcs12(file, pin))).toBe('wrong-pin');
  });
  it('is refused when the key is of another certificate', async () => {
    const key = makeKey().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const file = makePkcs12({ friendlyName: 'a', key, certificates: [makeLeaf({ issuer: authority }).der] });
    expect(await codeOf(openPkcs12(bytes(file), 'onecert'))).toBe('no-key');
  });
  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('-----BEGIN CERTIFICATE-----')],
    ['a certificate', authority.der],
    ['two megabytes', Buffer.alloc(2_000_000, 0x30)],
    ['indefinite lengths', Buffer.from('308002010330800000', 'hex')],
  ])('%s is no certificate file', async (_what, content) => {
    expect(await codeOf(openPkcs12(bytes(content), 'onecert'))).toBe('not-a-certificate-file');
  });
  it('cut off or changed anywhere, it fails in words', async () => {
    const leaf = makeLeaf({ issuer: authority });
    const key = leaf.key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const file = makePkcs12({ friendlyName: 'a', key, certificates: [leaf.der] });
    const known = ['not-a-certificate-file', 'wrong-pin', 'old-encryption', 'no-key', 'unsupported-key'];
    for (let at = 0; at < file.length; at += 3) {
      const changed = Buffer.from(file);
      changed[at] = (changed[at] as number) ^ 0x11;
      for (const damaged of [file.subarray(0, at), changed]) {
        const result = await codeOf(openPkcs12(bytes(damaged), 'onecert'));
        if (!Array.isArray(result)) expect(known).toContain(result);
      }
    }
  });
});

const withOpenssl = describeWith('openssl');

withOpenssl('a certificate file made by openssl', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-p12-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const openssl = (...args: string[]): void =>
    void execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const make = (
    algorithm: readonly string[],
    digest: readonly string[],
    ...args: string[]
  ): Uint8Array<ArrayBuffer> => {
    openssl('genpkey', ...algorithm, '-out', 'a.key');
    openssl('req', '-x509', '-new', '-key', 'a.key', ...digest, '-subj', '/CN=Li Wei', '-out', 'a.pem');
    openssl(
      'pkcs12',
      '-export',
      '-inkey',
      'a.key',
      '-in',
      'a.pem',
      '-passout',
      'pass:密码 1',
      '-out',
      'a.p12',
      ...args,
    );
    return bytes(readFileSync(join(folder, 'a.p12')));
  };
  const RSA = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
  const EC = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];

  it.each<[string, readonly string[], readonly string[]]>([
    ['as openssl 3 writes it', RSA, []],
    ['with AES-128', EC, ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-128-CBC']],
    ['with many iterations, without a MAC', EC, ['-iter', '50000', '-nomac']],
    ['with the certificate in clear', RSA, ['-certpbe', 'NONE']],
    ['with the key in clear', EC, ['-keypbe', 'NONE']],
  ])('%s, signs', async (_what, algorithm, args) => {
    const [identity] = await openPkcs12(make(algorithm, ['-sha256'], ...args), '密码 1');
    expect(signIn((await identity?.sign(challenge.text)) as object)).toHaveLength(1);
  });
  it('with the encryption of old is told apart from a wrong PIN', async () => {
    const file = make(RSA, ['-sha256'], '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES');
    expect(await codeOf(openPkcs12(file, '密码 1'))).toBe('old-encryption');
  });
  it('with an SM2 key: browsers cannot sign with it', async () => {
    const file = make(
      ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:SM2'],
      ['-sm3', '-sigopt', 'distid:1234567812345678'],
    );
    expect(await codeOf(openPkcs12(file, '密码 1'))).toBe('unsupported-key');
  });
  it('without a key', async () => {
    make(EC, ['-sha256']);
    openssl('pkcs12', '-export', '-nokeys', '-in', 'a.pem', '-passout', 'pass:密码 1', '-out', 'b.p12');
    expect(await codeOf(openPkcs12(bytes(readFileSync(join(folder, 'b.p12'))), '密码 1'))).toBe('no-key');
    writeFileSync(join(folder, 'b.p12'), '');
  });
});

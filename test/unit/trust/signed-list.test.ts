import { FlattenedSign, flattenedVerify } from 'jose';
import { execFileSync } from 'node:child_process';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign as signBytes,
  type KeyObject,
} from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { validatePath } from '../../../src/path/validate.ts';
import { readLastSeen, rememberSeen, type SeenTrustList } from '../../../src/trust/last-seen.ts';
import { loadTrustList, type LoadOptions } from '../../../src/trust/load-trust-list.ts';
import { MANIFEST_FILE, SIGNATURE_FILE, signTrustFolder } from '../../../src/trust/manifest.ts';
import { operatorKeyId, readOperatorKey, readSigningKey } from '../../../src/trust/operator-key.ts';
import { readTrustFolder } from '../../../src/trust/trust-folder.ts';
import { packTrustList, unpackTrustList, type TrustList } from '../../../src/trust/trust-list.ts';
import { findTrustWarnings } from '../../../src/trust/trust-warnings.ts';
import { DAY, makeAuthority, makeLeaf, NOW } from '../../conformance/chains/make-certificate.ts';
import { outcome } from '../../conformance/chains/validate-chain.ts';
import { authorityYaml, pem, problemsOf, temporaryFolder, writeFiles } from './written-list.ts';
import { haveTools } from '../../tools.ts';

const folder = temporaryFolder();
const root = makeAuthority({ subject: 'Root' });
const pair = (kind: 'ed25519' | 'P-256') =>
  kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: kind });
const operator = pair('ed25519');
const encode = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString('base64url');

const unsigned = mkdtempSync(join(folder, 'unsigned-'));
writeFiles(unsigned, {
  'README.md': 'beside the authorities: does not count\n',
  'aa/authority.yaml': authorityYaml('aa'),
  'aa/root.pem': pem(root),
  'aa/daily.crl': 'signed by the authority itself: does not count\n',
  'bb/authority.yaml': authorityYaml('bb'),
  'bb/root.pem': pem(makeAuthority({ subject: 'Other' })),
});

interface SignSettings {
  readonly key?: KeyObject;
  readonly sequence?: number;
  readonly issued?: number;
  readonly expires?: number;
}

const sign = (
  trust: string,
  {
    key = operator.privateKey,
    sequence = 1,
    issued = NOW - DAY,
    expires = NOW + 60 * DAY,
  }: SignSettings = {},
): void => {
  const { manifest, signature } = signTrustFolder(readTrustFolder(trust), key, { sequence, issued, expires });
  writeFiles(trust, { [MANIFEST_FILE]: manifest, [SIGNATURE_FILE]: signature });
};

const signedCopy = (settings?: SignSettings): string => {
  const trust = mkdtempSync(join(folder, 'signed-'));
  cpSync(unsigned, trust, { recursive: true });
  sign(trust, settings);
  return trust;
};

const load = (trust: string, options: LoadOptions = {}): TrustList =>
  loadTrustList(trust, 1, { operatorKey: operator.publicKey, at: NOW, ...options });
const problems = (trust: string, options?: LoadOptions): string[] =>
  problemsOf(trust, () => load(trust, options));

describe('a signed trust list', () => {
  it.each(['ed25519', 'P-256'] as const)('comes into force, signed by a key of %s', (kind) => {
    const { privateKey, publicKey } = pair(kind);
    const trust = signedCopy({ key: privateKey, sequence: 7 });
    const { signed } = load(trust, { operatorKey: publicKey });
    expect(signed).toEqual({
      sequence: 7,
      issued: NOW - DAY,
      expires: NOW + 60 * DAY,
      digest: createHash('sha256')
        .update(readFileSync(join(trust, MANIFEST_FILE)))
        .digest('hex'),
      keyId: operatorKeyId(privateKey),
    });
  });

  it('has a manifest of what counts, sorted, one file a line', () => {
    const text = readFileSync(join(signedCopy(), MANIFEST_FILE), 'utf8');
    const { files } = JSON.parse(text) as { files: { path: string }[] };
    const paths = ['aa/authority.yaml', 'aa/root.pem', 'bb/authority.yaml', 'bb/root.pem'];
    expect(files.map(({ path }) => path)).toEqual(paths);
    expect(text.split('\n').filter((line) => line.includes('"sha256"'))).toHaveLength(4);
  });

  it('needs its signature where a key is set, and is not looked at where none is', () => {
    expect(problems(unsigned)).toEqual([
      expect.stringMatching(/^trust-list\.json:1:1: no such file; a trust key is set/),
    ]);
    const trust = signedCopy();
    rmSync(join(trust, SIGNATURE_FILE));
    expect(problems(trust)).toEqual([expect.stringMatching(/^trust-list\.sig:1:1: no such file/)]);
    expect(loadTrustList(trust, 1).signed).toBeUndefined();
  });

  it('names every file that was changed, added or taken away, and mistakes in them too', () => {
    const trust = signedCopy({ sequence: 3 });
    writeFiles(trust, {
      'aa/authority.yaml': authorityYaml('aa', 'status: gone'),
      'aa/readme.txt': 'new',
      'cc/authority.yaml': authorityYaml('cc'),
      'cc/root.pem': pem(makeAuthority({ subject: 'Third' })),
    });
    renameSync(join(trust, 'bb/root.pem'), join(trust, 'bb/.root.pem'));
    const again = 'if the change is yours, run: onecert trust sign';
    expect(problems(trust)).toEqual([
      `aa/authority.yaml:1:1: changed after list 3 was signed; ${again}`,
      `aa/readme.txt:1:1: added after list 3 was signed; ${again}`,
      `bb/root.pem:1:1: missing, but it was there when list 3 was signed; ${again}`,
      `cc/authority.yaml:1:1: added after list 3 was signed; ${again}`,
      `cc/root.pem:1:1: added after list 3 was signed; ${again}`,
      expect.stringMatching(/^aa\/authority\.yaml:3:1: status: /),
      expect.stringMatching(
        /^bb\/authority\.yaml:3:11: anchors\[0\]: no such file among those that the signature covers/,
      ),
    ]);
  });

  it('goes on holding when what does not count changes', () => {
    const trust = signedCopy();
    writeFiles(trust, { 'README.md': 'changed', 'aa/daily.crl': 'renewed', 'aa/.editor-backup': 'x' });
    expect(problems(trust)).toEqual([]);
  });

  it('is refused after its expiry, before its issue, and when an older one, by number', () => {
    const trust = signedCopy({ sequence: 5 });
    const seen = (sequence: number): SeenTrustList => ({ sequence, digest: '0'.repeat(64) });
    expect(problems(trust, { at: NOW + 60 * DAY - 1 })).toEqual([]);
    expect(problems(trust, { at: NOW + 60 * DAY })).toEqual([expect.stringContaining('the list expired at')]);
    expect(problems(trust, { at: NOW - 2 * DAY })).toEqual([expect.stringContaining('is the clock right?')]);
    expect(problems(trust, { lastSeen: seen(4) })).toEqual([]);
    expect(problems(trust, { lastSeen: seen(6) })).toEqual([
      expect.stringMatching(/list 5 is older than list 6.*--sequence 7$/),
    ]);
    expect(problems(trust, { lastSeen: seen(5) })).toEqual([expect.stringContaining('another list 5')]);
    const same = load(trust).signed;
    expect(problems(trust, { lastSeen: same as SeenTrustList })).toEqual([]);
  });

  it('is refused by another key, which is named', () => {
    const trust = signedCopy({ key: pair('ed25519').privateKey });
    expect(problems(trust)).toEqual([
      expect.stringMatching(
        new RegExp(`^trust-list\\.sig:1:1: made by another key .*${operatorKeyId(operator.publicKey)}$`),
      ),
    ]);
  });

  it('is refused with any one bit changed in manifest or signature', () => {
    const trust = signedCopy();
    for (const file of [MANIFEST_FILE, SIGNATURE_FILE]) {
      const bytes = readFileSync(join(trust, file));
      for (let at = 0; at < bytes.length - 1; at++) {
        // The last character of Base64 carries bits that mean nothing; RFC 4648 leaves them to the reader.
        if (file === SIGNATURE_FILE && at === bytes.length - 2) continue;
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] as number) ^ (1 << (at % 7));
        writeFileSync(join(trust, file), changed);
        expect(problems(trust)).not.toEqual([]);
      }
      writeFileSync(join(trust, file), bytes);
    }
    expect(problems(trust)).toEqual([]);
  });

  it('is not another statement of the same key', async () => {
    const trust = signedCopy();
    const payload = readFileSync(join(trust, MANIFEST_FILE));
    const signAs = async (header: Record<string, string>): Promise<void> => {
      const jws = await new FlattenedSign(payload)
        .setProtectedHeader({ alg: 'EdDSA', ...header })
        .sign(operator.privateKey);
      writeFileSync(join(trust, SIGNATURE_FILE), `${jws.protected}..${jws.signature}\n`);
    };
    const kid = operatorKeyId(operator.publicKey);
    await signAs({ kid, typ: 'JWT' });
    expect(problems(trust)).toEqual([expect.stringContaining('is not that of a trust list')]);
    await signAs({ kid, typ: 'onecert-trust-list', crit2: 'x' });
    expect(problems(trust)).toEqual([expect.stringContaining('is not that of a trust list')]);
    // Signed by the right key, under the name of another algorithm.
    const header = encode(JSON.stringify({ alg: 'ES256', kid, typ: 'onecert-trust-list' }));
    const signature = signBytes(null, Buffer.from(`${header}.${encode(payload)}`), operator.privateKey);
    writeFileSync(join(trust, SIGNATURE_FILE), `${header}..${encode(signature)}\n`);
    expect(problems(trust)).toEqual([expect.stringContaining('does not verify')]);
    // A signature made by another JWS library is as good as ours.
    await signAs({ kid, typ: 'onecert-trust-list' });
    expect(problems(trust)).toEqual([]);
  });

  it.each(['ed25519', 'P-256'] as const)('verifies in another JWS library: %s', async (kind) => {
    const { privateKey, publicKey } = pair(kind);
    const trust = signedCopy({ key: privateKey });
    const [header = '', , signature = ''] = readFileSync(join(trust, SIGNATURE_FILE), 'utf8')
      .trim()
      .split('.');
    const payload = readFileSync(join(trust, MANIFEST_FILE)).toString('base64url');
    const verified = await flattenedVerify({ protected: header, payload, signature }, publicKey);
    expect(verified.protectedHeader).toMatchObject({
      typ: 'onecert-trust-list',
      kid: operatorKeyId(publicKey),
    });
  });
});

describe('a list in force', () => {
  it('stops being believed at its expiry, in data-plane threads too', () => {
    const list = unpackTrustList(structuredClone(packTrustList(load(signedCopy()))));
    const leaf = makeLeaf({ issuer: root }).parsed;
    const judge = (at: number): string =>
      outcome(validatePath({ leaf, intermediates: [], anchors: list.anchors, at }));
    expect(judge(NOW + 60 * DAY - 1)).toBe('ok');
    expect(judge(NOW + 60 * DAY)).toBe('trust-list-expiry ONECERT_TRUST_LIST_EXPIRED');
  });

  it('warns thirty days before', () => {
    const list = load(signedCopy());
    expect(findTrustWarnings(list, NOW + 20 * DAY)).toEqual([]);
    expect(findTrustWarnings(list, NOW + 45 * DAY)).toEqual([
      {
        authority: undefined,
        message: expect.stringContaining('the signature runs out in 15 days') as string,
      },
    ]);
  });
});

describe('what was seen last', () => {
  const digest = 'ab'.repeat(32);

  it('is remembered on the disk and never goes down', () => {
    const file = join(mkdtempSync(join(folder, 'data-')), 'seen.json');
    expect(readLastSeen(file)).toBeUndefined();
    rememberSeen(file, { sequence: 4, digest });
    rememberSeen(file, { sequence: 3, digest: 'cd'.repeat(32) });
    rememberSeen(file, { sequence: 4, digest: 'cd'.repeat(32) });
    expect(readLastSeen(file)).toEqual({ sequence: 4, digest });
    rememberSeen(file, { sequence: 9, digest });
    expect(readLastSeen(file)).toEqual({ sequence: 9, digest });
  });

  it.each(['', '{}', '{"sequence":0,"digest":""}', 'null', '{"sequence":4'])(
    'that cannot be read is an error, not a fresh start: %s',
    (text) => {
      const file = join(mkdtempSync(join(folder, 'data-')), 'seen.json');
      writeFileSync(file, text);
      expect(() => readLastSeen(file)).toThrow(/does not say which trust list was in force last/);
      expect(() => rememberSeen(file, { sequence: 1, digest })).toThrow();
    },
  );

  it('that cannot be written is an error', () => {
    expect(() => rememberSeen(join(folder, 'nowhere/seen.json'), { sequence: 1, digest })).toThrow(/ENOENT/);
  });
});

describe("the operators' key", () => {
  const withOpenssl = haveTools('openssl') ? it : it.skip;
  const openssl = (...args: string[]): string =>
    execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });

  withOpenssl.each([
    ['Ed25519', ['-algorithm', 'ED25519']],
    ['P-256', ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']],
  ])('made by openssl signs, with a passphrase too: %s', (_name, algorithm) => {
    const pemOf = openssl('genpkey', ...algorithm, '-aes-256-cbc', '-pass', 'pass:open sesame');
    expect(() => readSigningKey(pemOf)).toThrow('the key needs its passphrase');
    expect(() => readSigningKey(pemOf, 'wrong')).toThrow('the key needs its passphrase');
    const key = readSigningKey(pemOf, 'open sesame');
    const publicKey = readOperatorKey(createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string);
    expect(load(signedCopy({ key }), { operatorKey: publicKey }).signed?.sequence).toBe(1);
  });

  it('of another kind, or the private one where only checking is done, is refused', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const spki = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
    const privatePem = operator.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    expect(() => readOperatorKey(spki)).toThrow('expected an Ed25519 or P-256 key; this one is rsa');
    expect(() => readSigningKey(p384.export({ type: 'pkcs8', format: 'pem' }) as string)).toThrow(
      'this one is ec',
    );
    expect(() => readOperatorKey(privatePem)).toThrow('this is a private key');
    expect(() => readOperatorKey('junk')).toThrow('cannot be read');
    expect(() => readSigningKey('junk')).toThrow('not a PEM private key');
    expect(createPrivateKey(privatePem).asymmetricKeyType).toBe('ed25519');
  });
});

import { generateKeyPairSync } from 'node:crypto';
import { parseCertificate } from '../../../src/certificate/parse.ts';
import { commonName, DAY, makeAuthority, makeCertificate, makeLeaf, name, NOW } from './make-certificate.ts';
import { bmpString, printableString, utf8String } from './der-writer.ts';
import { keyUsage } from './test-extensions.ts';
import { keyOf, makeKey, pssSigner, signerOf, type KeyKind } from './test-key.ts';
import { outcome, validate } from './validate-chain.ts';

const root = makeAuthority({ subject: 'Root' });
const issuing = makeAuthority({ subject: 'Issuing', issuer: root });

describe('RFC 5280 6.1.3 (a)(1): the signature', () => {
  it.each<KeyKind>(['p256', 'p384', 'p521', 'ed25519', 'rsa2048'])('is accepted from a %s key', (kind) => {
    const anchor = makeAuthority({ key: makeKey(kind) });
    expect(outcome(validate(makeLeaf({ issuer: anchor }), [], [anchor]))).toBe('ok');
  });

  it('is refused by another key, whatever the key identifiers say', () => {
    const leaf = makeLeaf({ issuer: issuing, signer: makeKey() });
    expect(outcome(validate(leaf, [issuing], [root]))).toBe(
      'signature ONECERT_CERTIFICATE_SIGNATURE_INVALID',
    );
  });

  it('of an intermediate is refused as a fault of the chain', () => {
    const forged = makeAuthority({ subject: 'Issuing', issuer: root, signer: makeKey() });
    expect(outcome(validate(makeLeaf({ issuer: forged }), [forged], [root]))).toBe(
      'signature ONECERT_CERTIFICATE_CHAIN',
    );
  });

  it('is over the bytes as they stand: one changed bit is refused', () => {
    const { der } = makeLeaf({ issuer: root });
    const changed = Buffer.from(der);
    const at = changed.indexOf('Test Person');
    changed[at] = (changed[at] as number) ^ 1;
    const leaf = { ...makeLeaf({ issuer: root }), der: changed, parsed: parseCertificate(changed) };
    expect(outcome(validate(leaf, [], [root]))).toBe('signature ONECERT_CERTIFICATE_SIGNATURE_INVALID');
  });

  it('by an algorithm of another kind of key is refused', () => {
    const rsa = makeKey('rsa2048');
    const leaf = makeLeaf({
      issuer: root,
      signer: { algorithm: signerOf(rsa.privateKey).algorithm, sign: root.key.sign },
    });
    expect(outcome(validate(leaf, [], [root]))).toBe('signature ONECERT_CERTIFICATE_SIGNATURE_INVALID');
  });
});

describe('RFC 4055: RSASSA-PSS', () => {
  const key = makeKey('rsa2048');
  const anchor = makeAuthority({ key });
  const judge = (parameters: Parameters<typeof pssSigner>[1]): string =>
    outcome(
      validate(makeLeaf({ issuer: anchor, signer: pssSigner(key.privateKey, parameters) }), [], [anchor]),
    );

  it.each([
    ['sha256', 32],
    ['sha384', 48],
    ['sha512', 64],
    ['sha256', 0],
    ['sha256', 20],
  ])('with %s and %d octets of salt is accepted', (hash, saltLength) => {
    expect(judge({ hash, saltLength })).toBe('ok');
  });

  it.each([
    ['SHA-1', { hash: 'sha1', saltLength: 20 }],
    ['a mask of another hash', { hash: 'sha256', maskHash: 'sha1' }],
    ['another trailer field', { trailer: 2 }],
  ])('with %s is refused', (_what, parameters) => {
    expect(judge(parameters)).toBe('algorithms ONECERT_CERTIFICATE_WEAK');
  });

  it('from a key that is for RSASSA-PSS alone is accepted, and PKCS #1 v1.5 by it refused', () => {
    const own = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey;
    const authority = makeAuthority({ key: keyOf(own) });
    expect(outcome(validate(makeLeaf({ issuer: authority }), [], [authority]))).toBe('ok');
    const wrong = { algorithm: signerOf(key.privateKey).algorithm, sign: pssSigner(own).sign };
    expect(outcome(validate(makeLeaf({ issuer: authority, signer: wrong }), [], [authority]))).toBe(
      'signature ONECERT_CERTIFICATE_SIGNATURE_INVALID',
    );
  });

  it('whose salt is not of the length it names is refused', () => {
    const written = pssSigner(key.privateKey, { saltLength: 32 });
    const made = pssSigner(key.privateKey, { saltLength: 20 });
    const leaf = makeLeaf({ issuer: anchor, signer: { algorithm: written.algorithm, sign: made.sign } });
    expect(outcome(validate(leaf, [], [anchor]))).toBe('signature ONECERT_CERTIFICATE_SIGNATURE_INVALID');
  });
});

describe('The algorithm policy of the authority', () => {
  it('refuses SHA-1, and lets it through until the day an exception ends', () => {
    const leaf = makeLeaf({ issuer: root, signer: signerOf(makeKey('rsa2048').privateKey, 'sha1') });
    expect(outcome(validate(leaf, [], [root]))).toBe('algorithms ONECERT_CERTIFICATE_WEAK');

    const rsa = makeAuthority({ key: makeKey('rsa2048') });
    const old = makeLeaf({ issuer: rsa, signer: signerOf(rsa.key.privateKey, 'sha1') });
    const exception = (until: string) => ({
      algorithms: {
        exceptions: [{ allow: 'sha1-signature' as const, until, reason: 'old cards in the field' }],
      },
    });
    expect(outcome(validate(old, [], [rsa], exception('2026-06-01')))).toBe('ok');
    expect(outcome(validate(old, [], [rsa], exception('2026-05-31')))).toBe(
      'algorithms ONECERT_CERTIFICATE_WEAK',
    );
  });

  it('refuses an RSA key under 2048 bits in the leaf, in an intermediate, and in the anchor', () => {
    const weak = makeKey('rsa1024');
    expect(outcome(validate(makeLeaf({ issuer: root, key: weak }), [], [root]))).toBe(
      'algorithms ONECERT_CERTIFICATE_WEAK',
    );
    const weakIssuing = makeAuthority({ subject: 'Weak', issuer: root, key: weak });
    expect(outcome(validate(makeLeaf({ issuer: weakIssuing }), [weakIssuing], [root]))).toBe(
      'algorithms ONECERT_CERTIFICATE_CHAIN',
    );
    const weakRoot = makeAuthority({ subject: 'Weak Root', key: weak });
    expect(outcome(validate(makeLeaf({ issuer: weakRoot }), [], [weakRoot]))).toBe(
      'anchor-key ONECERT_CERTIFICATE_CHAIN',
    );
  });

  it('refuses a curve that the authority does not use', () => {
    const leaf = makeLeaf({ issuer: root, key: makeKey('p384') });
    expect(outcome(validate(leaf, [], [root], { algorithms: { curves: ['P-256'] } }))).toBe(
      'algorithms ONECERT_CERTIFICATE_WEAK',
    );
  });
});

describe('RFC 5280 6.1.3 (a)(2): validity', () => {
  const valid = { notBefore: NOW - DAY, notAfter: NOW + DAY };
  const leaf = makeLeaf({ issuer: root, ...valid });
  const at = (moment: number): string => outcome(validate(leaf, [], [root], { at: moment }));

  it('holds from the first to the end of the last second', () => {
    expect(at(valid.notBefore)).toBe('ok');
    expect(at(valid.notAfter)).toBe('ok');
    expect(at(valid.notAfter + 999)).toBe('ok');
  });
  it('does not hold before or after', () => {
    expect(at(valid.notBefore - 1)).toBe('validity ONECERT_CERTIFICATE_NOT_YET_VALID');
    expect(at(valid.notAfter + 1000)).toBe('validity ONECERT_CERTIFICATE_EXPIRED');
  });
  it('is asked of intermediates and of the anchor too', () => {
    const expired = { notBefore: NOW - 2 * DAY, notAfter: NOW - DAY };
    const oldIssuing = makeAuthority({ subject: 'Old', issuer: root, ...expired });
    expect(outcome(validate(makeLeaf({ issuer: oldIssuing }), [oldIssuing], [root]))).toBe(
      'validity ONECERT_CERTIFICATE_CHAIN',
    );
    const oldRoot = makeAuthority({ subject: 'Old Root', ...expired });
    expect(outcome(validate(makeLeaf({ issuer: oldRoot }), [], [oldRoot]))).toBe(
      'validity ONECERT_CERTIFICATE_CHAIN',
    );
  });
  it('may end in 2050 or never (GeneralizedTime, 99991231235959Z)', () => {
    const never = makeLeaf({ issuer: root, notAfter: Date.UTC(9999, 11, 31, 23, 59, 59) });
    expect(outcome(validate(never, [], [root], { at: Date.UTC(2026, 6, 1) }))).toBe('ok');
  });
});

describe('RFC 5280 6.1.3 (a)(4) and 7.1: names chain', () => {
  const issuedUnder = (subject: Uint8Array, issuerName: Uint8Array): string => {
    const authority = makeAuthority({ subject });
    return outcome(validate(makeLeaf({ issuer: authority, issuerName }), [], [authority]));
  };
  const o = (text: string, write = utf8String): Buffer => name(['2.5.4.10', text, write]);

  it.each([
    ['whatever the string type', o('Test Authority', printableString), o('Test Authority', utf8String)],
    ['whatever the string type (BMPString)', o('粤安认证', bmpString), o('粤安认证', utf8String)],
    ['whatever the case', o('TEST authority'), o('test AUTHORITY')],
    ['whatever the spaces', o('  Test   Authority '), o('Test Authority')],
    ['whatever the Unicode spaces', o('Test\u3000Authority'), o('Test\u00a0Authority')],
    ['with full-width letters', o('ＣＡ'), o('CA')],
    ['composed or not', o('Caf\u00e9'), o('Cafe\u0301')],
    ['with what is mapped to nothing', o('Te\u00adst\u200b Auth\ufeffority'), o('Test Authority')],
    ['with ß and ss', o('Straße'), o('STRASSE')],
    ['with a final sigma', o('ΟΔΟΣ'), o('οδος')],
  ])('%s', (_what, subject, issuerName) => {
    expect(issuedUnder(subject, issuerName)).toBe('ok');
  });

  it.each([
    ['another name', o('Test Authority'), o('Other Authority')],
    ['a space within or not', o('Test Authority'), o('TestAuthority')],
    ['another attribute type', o('Test'), name(['2.5.4.11', 'Test'])],
    [
      'another order of parts',
      name(['2.5.4.10', 'A'], ['2.5.4.11', 'B']),
      name(['2.5.4.11', 'B'], ['2.5.4.10', 'A']),
    ],
    ['one part more', o('A'), name(['2.5.4.10', 'A'], ['2.5.4.3', 'B'])],
    ['a value that looks like two', o('A",2.5.4.11="B'), name(['2.5.4.10', 'A'], ['2.5.4.11', 'B'])],
  ])('but not with %s', (_what, subject, issuerName) => {
    expect(issuedUnder(subject, issuerName)).toBe('path ONECERT_CERTIFICATE_UNTRUSTED');
  });
});

describe('RFC 5280 4.2.1.3: what the leaf may be used for', () => {
  it('accepts digitalSignature, and a certificate that says nothing', () => {
    expect(outcome(validate(makeLeaf({ issuer: root }), [], [root]))).toBe('ok');
    const silent = makeCertificate({ subject: 'Silent', issuer: root });
    expect(outcome(validate(silent, [], [root]))).toBe('ok');
  });
  it('refuses an encryption certificate with its own words', () => {
    const leaf = makeLeaf({ issuer: root, extensions: [keyUsage('keyEncipherment', 'dataEncipherment')] });
    expect(outcome(validate(leaf, [], [root]))).toBe('key-usage ONECERT_CERTIFICATE_ENCRYPTION_ONLY');
  });
  it('refuses nonRepudiation alone', () => {
    const leaf = makeLeaf({ issuer: root, extensions: [keyUsage('nonRepudiation')] });
    expect(outcome(validate(leaf, [], [root]))).toBe('key-usage ONECERT_CERTIFICATE_USAGE');
  });
  it('is not asked for the purpose "any"', () => {
    const leaf = makeLeaf({ issuer: root, subject: commonName('x'), extensions: [keyUsage('keyAgreement')] });
    expect(outcome(validate(leaf, [], [root], { purpose: 'any' }))).toBe('ok');
  });
});

import {
  makeAuthority,
  makeCertificate,
  makeLeaf,
  commonName,
  type TestCertificate,
} from './make-certificate.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  criticalSubjectAltName,
  crlDistributionPoint,
  extendedKeyUsage,
  extension,
  generalName,
  keyUsage,
  nameConstraints,
  ocspResponder,
  subjectAltName,
  unknownExtension,
  type TestExtension,
} from './test-extensions.ts';
import { ia5String, integer, nothing, oid, sequence } from './der-writer.ts';
import { makeKey } from './test-key.ts';
import { outcome, validate, type ChainSettings } from './validate-chain.ts';

const root = makeAuthority({ subject: 'Root' });

/** Root, an intermediate with these extensions, a leaf. */
const under = (extensions: TestExtension[], settings?: ChainSettings): string => {
  const issuing = makeAuthority({ subject: 'Issuing', issuer: root, extensions });
  return outcome(validate(makeLeaf({ issuer: issuing }), [issuing], [root], settings));
};
const leafWith = (extensions: TestExtension[], settings?: ChainSettings): string =>
  outcome(validate(makeLeaf({ issuer: root, extensions }), [], [root], settings));

describe('RFC 5280 6.1.4 (k): basicConstraints', () => {
  it('accepts cA, also when the extension is not critical', () => {
    expect(under([])).toBe('ok');
    expect(under([basicConstraints(true, undefined, false)])).toBe('ok');
  });
  it('refuses an issuer without cA', () => {
    expect(under([basicConstraints(false), keyUsage('cRLSign')])).toBe(
      'basic-constraints ONECERT_CERTIFICATE_CHAIN',
    );
  });
  it.each([
    [1, 0],
    [3, 2],
  ] as const)('refuses an issuer of version %d, which cannot say', (_version, written) => {
    const old = makeCertificate({ subject: 'Old', issuer: root, version: written });
    expect(outcome(validate(makeLeaf({ issuer: old }), [old], [root]))).toBe(
      'basic-constraints ONECERT_CERTIFICATE_CHAIN',
    );
  });
  it('refuses a person who issues certificates', () => {
    const person = makeLeaf({ issuer: root, subject: 'Person' });
    expect(outcome(validate(makeLeaf({ issuer: person }), [person], [root]))).toBe(
      'basic-constraints ONECERT_CERTIFICATE_CHAIN',
    );
  });
  it('accepts a leaf that is an authority: RFC 5280 has nothing against it', () => {
    expect(leafWith([basicConstraints(true), keyUsage('digitalSignature', 'keyCertSign')])).toBe('ok');
  });
});

describe('RFC 5280 6.1.4 (l), (m): path length', () => {
  /** A chain of authorities with these path lengths, from below the root down; then a leaf. */
  const chain = (...lengths: (number | undefined)[]): string => {
    let issuer: TestCertificate = root;
    const above = lengths.map((pathLength, index) => {
      issuer = makeAuthority({
        subject: `CA ${index}`,
        issuer,
        ...(pathLength !== undefined && { pathLength }),
      });
      return issuer;
    });
    return outcome(validate(makeLeaf({ issuer }), above, [root]));
  };
  it('accepts as many authorities as it allows', () => {
    expect(chain(0)).toBe('ok');
    expect(chain(1, 0)).toBe('ok');
    expect(chain(1, undefined)).toBe('ok');
    expect(chain(5, 1, 3)).toBe('ok');
  });
  it('refuses one more', () => {
    expect(chain(0, undefined)).toBe('path-length ONECERT_CERTIFICATE_CHAIN');
    expect(chain(1, undefined, undefined)).toBe('path-length ONECERT_CERTIFICATE_CHAIN');
    // A larger number further down does not lift the limit.
    expect(chain(1, 7, 7)).toBe('path-length ONECERT_CERTIFICATE_CHAIN');
  });
  it('does not count a self-issued certificate', () => {
    const issuing = makeAuthority({ subject: 'Issuing', issuer: root, pathLength: 0 });
    const renewed = makeAuthority({ subject: 'Issuing', issuer: issuing });
    expect(outcome(validate(makeLeaf({ issuer: renewed }), [issuing, renewed], [root]))).toBe('ok');
  });
  it('does not count the leaf, be it an authority', () => {
    const issuing = makeAuthority({ subject: 'Issuing', issuer: root, pathLength: 0 });
    const leaf = makeAuthority({ subject: 'Leaf Authority', issuer: issuing });
    expect(outcome(validate(leaf, [issuing], [root], { purpose: 'any' }))).toBe('ok');
  });
  it('of any size is read', () => {
    expect(under([basicConstraints(true, 2 ** 40)])).toBe('ok');
  });
});

describe('RFC 5280 6.1.4 (n): keyUsage of issuers', () => {
  it('accepts keyCertSign, and no keyUsage at all', () => {
    expect(under([keyUsage('keyCertSign')])).toBe('ok');
    const silent = makeCertificate({ subject: 'Silent', issuer: root, extensions: [basicConstraints(true)] });
    expect(outcome(validate(makeLeaf({ issuer: silent }), [silent], [root]))).toBe('ok');
  });
  it('refuses an issuer that may only sign CRLs', () => {
    expect(under([keyUsage('cRLSign', 'digitalSignature')])).toBe('key-usage ONECERT_CERTIFICATE_CHAIN');
  });
});

describe('RFC 5280 4.2.1.12: extendedKeyUsage, chained', () => {
  it('accepts clientAuth, any, and silence, in leaf and intermediate', () => {
    for (const extensions of [[], [extendedKeyUsage('clientAuth')], [extendedKeyUsage('any')]]) {
      expect(leafWith(extensions)).toBe('ok');
      expect(under(extensions)).toBe('ok');
    }
  });
  it('refuses a leaf for another purpose', () => {
    expect(leafWith([extendedKeyUsage('serverAuth')])).toBe('extended-key-usage ONECERT_CERTIFICATE_USAGE');
  });
  it('refuses everything under an intermediate or anchor for another purpose', () => {
    expect(under([extendedKeyUsage('serverAuth', 'ocspSigning')])).toBe(
      'extended-key-usage ONECERT_CERTIFICATE_CHAIN',
    );
    const servers = makeAuthority({ subject: 'Servers', extensions: [extendedKeyUsage('serverAuth')] });
    expect(outcome(validate(makeLeaf({ issuer: servers }), [], [servers]))).toBe(
      'extended-key-usage ONECERT_CERTIFICATE_CHAIN',
    );
  });
  it('is not asked for other purposes', () => {
    expect(leafWith([extendedKeyUsage('serverAuth')], { purpose: 'any' })).toBe('ok');
  });
});

describe('RFC 5280 6.3.3 (f): a CRL issuer', () => {
  const asCrlIssuer = (extensions: TestExtension[]): string =>
    leafWith(extensions, { purpose: 'crl-issuer' });
  it('is accepted with cRLSign, without keyUsage, and when it is the anchor itself', () => {
    expect(asCrlIssuer([keyUsage('cRLSign')])).toBe('ok');
    const silent = makeCertificate({ subject: 'CRL issuer', issuer: root });
    expect(outcome(validate(silent, [], [root], { purpose: 'crl-issuer' }))).toBe('ok');
    expect(outcome(validate(root, [], [root], { purpose: 'crl-issuer' }))).toBe('ok');
  });
  it('is accepted whatever extendedKeyUsage says', () => {
    expect(asCrlIssuer([keyUsage('cRLSign'), extendedKeyUsage('serverAuth')])).toBe('ok');
  });
  it('is refused without cRLSign', () => {
    expect(asCrlIssuer([keyUsage('digitalSignature')])).toBe('key-usage ONECERT_CERTIFICATE_CHAIN');
    const noCrls = makeAuthority({ subject: 'No CRLs', extensions: [keyUsage('keyCertSign')] });
    expect(outcome(validate(noCrls, [], [noCrls], { purpose: 'crl-issuer' }))).toBe(
      'key-usage ONECERT_CERTIFICATE_CHAIN',
    );
  });
});

describe('RFC 5280 6.1.4 (o), 6.1.5 (f): critical extensions', () => {
  it('passes over unknown ones that are not critical', () => {
    expect(leafWith([unknownExtension(false)])).toBe('ok');
    expect(under([unknownExtension(false)])).toBe('ok');
  });
  it('refuses unknown critical ones in the leaf, an intermediate, and the anchor', () => {
    expect(leafWith([unknownExtension(true)])).toBe(
      'critical-extensions ONECERT_CERTIFICATE_EXTENSION_UNKNOWN',
    );
    expect(under([unknownExtension(true)])).toBe('critical-extensions ONECERT_CERTIFICATE_CHAIN');
    const strange = makeAuthority({ subject: 'Strange', extensions: [unknownExtension(true)] });
    expect(outcome(validate(makeLeaf({ issuer: strange }), [], [strange]))).toBe(
      'critical-extensions ONECERT_CERTIFICATE_CHAIN',
    );
  });
  it('processes every critical extension it says it knows', () => {
    expect(
      leafWith([
        criticalSubjectAltName(generalName.email('zhang@example.com')),
        extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.2')), true),
        extension('2.5.29.32', sequence(sequence(oid('1.2.3.4'))), true),
      ]),
    ).toBe('ok');
  });
  it('refuses critical policies with a qualifier it does not know, and passes over the known ones', () => {
    const policies = (qualifier: string, value: Uint8Array, critical: boolean): TestExtension =>
      extension(
        '2.5.29.32',
        sequence(sequence(oid('1.2.3.4'), sequence(sequence(oid(qualifier), value)))),
        critical,
      );
    const cps = ia5String('https://ca.example/cps');
    expect(leafWith([policies('1.3.6.1.5.5.7.2.1', cps, true)])).toBe('ok');
    expect(leafWith([policies('1.2.3.4.5', nothing(), false)])).toBe('ok');
    expect(leafWith([policies('1.2.3.4.5', nothing(), true)])).toBe(
      'critical-extensions ONECERT_CERTIFICATE_EXTENSION_UNKNOWN',
    );
  });
});

describe('RFC 5280 4.1 and 4.2: certificates that contradict themselves', () => {
  const broken = 'certificate-profile ONECERT_CERTIFICATE_MALFORMED';
  it('refuses an empty subject unless a critical subjectAltName names it', () => {
    const nobody = (extensions: TestExtension[]): string =>
      outcome(validate(makeLeaf({ issuer: root, subject: sequence(), extensions }), [], [root]));
    const email = generalName.email('zhang@example.com');
    expect(nobody([criticalSubjectAltName(email)])).toBe('ok');
    expect(nobody([subjectAltName(email)])).toBe(broken);
    expect(nobody([])).toBe(broken);
  });
  it('refuses key identifiers and URLs that are critical', () => {
    expect(leafWith([extension('2.5.29.35', sequence(), true)])).toBe(broken);
    expect(leafWith([extension('2.5.29.14', ia5String('').fill(4, 0, 1), true)])).toBe(broken);
    expect(leafWith([authorityKeyIdentifier(root.key.identifier)])).toBe('ok');
    expect(leafWith([ocspResponder('http://ocsp.example'), crlDistributionPoint('http://crl.example')])).toBe(
      'ok',
    );
    const critical = extension(
      '1.3.6.1.5.5.7.1.1',
      sequence(sequence(oid('1.3.6.1.5.5.7.48.1'), generalName.uri('http://ocsp.example'))),
      true,
    );
    expect(leafWith([critical])).toBe(broken);
  });
  it('refuses what only an authority may have in a certificate that is none', () => {
    expect(leafWith([keyUsage('digitalSignature', 'keyCertSign')])).toBe(broken);
    expect(leafWith([basicConstraints(false, 0)])).toBe(broken);
    expect(leafWith([nameConstraints({ permitted: [generalName.dns('example.com')] })])).toBe(broken);
  });
  it('refuses a serial number of zero, but not a negative one', () => {
    const numbered = (serialNumber: Uint8Array): string =>
      outcome(validate(makeLeaf({ issuer: root, serialNumber }), [], [root]));
    expect(numbered(Buffer.of(0))).toBe(broken);
    expect(numbered(Buffer.of(0xff))).toBe('ok');
    expect(numbered(integer(2n ** 159n - 1n).subarray(2))).toBe('ok');
  });
  it('takes the serial number of an anchor as it is: some old roots have zero', () => {
    const old = makeAuthority({ subject: 'Old Root', serialNumber: Buffer.of(0), key: makeKey() });
    expect(outcome(validate(makeLeaf({ issuer: old, subject: commonName('x') }), [], [old]))).toBe('ok');
  });
});

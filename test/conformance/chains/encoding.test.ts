import { parseCertificate } from '../../../src/certificate/parse.ts';
import { Refusal } from '../../../src/refusal/refusal.ts';
import {
  bitString,
  boolean,
  element,
  integer,
  nothing,
  octetString,
  oid,
  printableString,
  sequence,
  set,
  tagged,
  taggedPrimitive,
  time,
  utf8String,
} from './der-writer.ts';
import { DAY, makeAuthority, makeCertificate, NOW, type CertificateSpec } from './make-certificate.ts';
import {
  basicConstraints,
  certificatePolicies,
  extension,
  generalName,
  keyUsage,
  subjectAltName,
} from './test-extensions.ts';

const issuer = makeAuthority({ subject: 'Root' });
const make = (spec: Partial<CertificateSpec> = {}): Buffer =>
  makeCertificate({ subject: 'Leaf', issuer, ...spec }).der;

/** Why the parser refuses these bytes; undefined where it does not. */
const refusal = (der: Uint8Array): string | undefined => {
  try {
    parseCertificate(der);
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    expect(error.code).toBe('ONECERT_CERTIFICATE_MALFORMED');
    return error.detail;
  }
};
const withExtension = (...extensions: Buffer[]): string | undefined => refusal(make({ extensions }));

it('a well-made certificate is read', () => {
  expect(refusal(make())).toBeUndefined();
  expect(withExtension(keyUsage('digitalSignature'), basicConstraints(false))).toBeUndefined();
});

describe('X.690: DER and nothing else', () => {
  const der = make();
  it('trailing bytes', () => {
    expect(refusal(Buffer.concat([der, Buffer.of(0)]))).toMatch(/after the last element/);
  });
  it('every truncation', () => {
    for (let length = 0; length < der.length; length += 7)
      expect(refusal(der.subarray(0, length))).toBeDefined();
  });
  it('an indefinite length', () => {
    expect(refusal(Buffer.concat([Buffer.of(0x30, 0x80), der.subarray(4), Buffer.of(0, 0)]))).toMatch(
      /indefinite/,
    );
  });
  it('a length in more octets than needed', () => {
    expect(refusal(Buffer.concat([Buffer.of(0x30, 0x83, 0), der.subarray(2)]))).toMatch(/fewest octets/);
  });
  it('a length beyond the end, however large', () => {
    expect(refusal(Buffer.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff))).toMatch(/longer than what contains it/);
    expect(refusal(Buffer.of(0x30, 0x88, 1, 1, 1, 1, 1, 1, 1, 1))).toMatch(/oversized/);
  });
  it('a BOOLEAN that is neither 0 nor 0xFF', () => {
    const critical = element(0x01, Buffer.of(1));
    expect(withExtension(sequence(oid('1.2.3'), critical, octetString(nothing())))).toMatch(/BOOLEAN/);
  });
  it('an INTEGER with needless octets', () => {
    expect(refusal(make({ serialNumber: Buffer.of(0, 1) }))).toMatch(/needless/);
    expect(refusal(make({ serialNumber: Buffer.of(0xff, 0xff) }))).toMatch(/needless/);
    expect(refusal(make({ serialNumber: Buffer.alloc(0) }))).toMatch(/without content/);
  });
  it('a BIT STRING whose unused bits are set', () => {
    expect(withExtension(extension('2.5.29.15', bitString(Buffer.of(0x81), 7)))).toMatch(/unused bits/);
    expect(withExtension(extension('2.5.29.15', bitString(Buffer.of(0x80), 8)))).toMatch(/BIT STRING/);
  });
  it('strings in pieces, and SEQUENCEs that are not constructed', () => {
    const pieces = element(0x2c, utf8String('Le'), utf8String('af'));
    expect(refusal(make({ subject: sequence(set(sequence(oid('2.5.4.3'), pieces))) }))).toMatch(
      /form that DER/,
    );
    expect(withExtension(element(0x10, oid('1.2.3'), octetString(nothing())))).toBeDefined();
  });
  it('an OBJECT IDENTIFIER with padding or cut short', () => {
    const written = (content: number[]): string | undefined =>
      withExtension(sequence(element(0x06, Buffer.from(content)), octetString(nothing())));
    expect(written([0x2a, 0x80, 0x01])).toMatch(/OBJECT IDENTIFIER/);
    expect(written([0x2a, 0x81])).toMatch(/OBJECT IDENTIFIER/);
    expect(written([])).toMatch(/OBJECT IDENTIFIER/);
    expect(written([0x2a, ...Array<number>(40).fill(0xff), 0x7f])).toMatch(/OBJECT IDENTIFIER/);
  });
  it('brackets fifteen thousand deep', () => {
    const nest = Buffer.alloc(60_000);
    for (let at = 0; at < nest.length; at += 4)
      nest.set([0x30, 0x82, (nest.length - at - 4) >> 8, (nest.length - at - 4) & 0xff], at);
    expect(refusal(nest)).toBeDefined();
    expect(
      withExtension(extension('2.5.29.17', sequence(tagged(4, nest.subarray(0, 40_000))))),
    ).toBeDefined();
  });
  it('ten million bytes', () => {
    expect(refusal(sequence(Buffer.alloc(10_000_000)))).toMatch(/longer than/);
  });
});

describe('RFC 5280 4.1: the fields', () => {
  it('version 1 written out, and versions that do not exist', () => {
    expect(refusal(make({ version: 1 }))).toBeUndefined();
    const written = (version: number): string | undefined =>
      refusal(make({ version: version as 1, extensions: [] }));
    expect(written(3)).toMatch(/version/);
    const tbsWithV1 = make({ version: 2 });
    const at = tbsWithV1.indexOf(Buffer.from('a003020102', 'hex'));
    tbsWithV1[at + 4] = 0;
    expect(refusal(tbsWithV1)).toMatch(/version/);
  });
  it('extensions in a certificate of version 1 or 2', () => {
    expect(refusal(make({ version: 0, extensions: [basicConstraints(false)] }))).toMatch(/version 3/);
    expect(refusal(make({ version: 1, extensions: [basicConstraints(false)] }))).toMatch(/version 3/);
  });
  it('unique identifiers: in versions 2 and 3 only', () => {
    const after = taggedPrimitive(1, Buffer.of(0, 1, 2, 3));
    expect(refusal(make({ version: 1, change: { after } }))).toBeUndefined();
    expect(refusal(make({ version: 2, change: { after } }))).toBeUndefined();
    expect(refusal(make({ version: 0, change: { after } }))).toMatch(/unique identifier/);
  });
  it('serial numbers: up to 20 octets', () => {
    const octets = (length: number, first = 0x7f): string | undefined =>
      refusal(make({ serialNumber: Buffer.concat([Buffer.of(first), Buffer.alloc(length - 1, 1)]) }));
    expect(octets(20)).toBeUndefined();
    expect(octets(21)).toMatch(/20 octets/);
    // Negative ones are read: PKITS 4.4.14.
    expect(octets(2, 0x80)).toBeUndefined();
  });
  it('another signature algorithm inside than outside', () => {
    const ecdsaSha384 = sequence(oid('1.2.840.10045.4.3.3'));
    expect(refusal(make({ change: { innerAlgorithm: ecdsaSha384 } }))).toMatch(/inside and outside/);
    expect(refusal(make({ change: { outerAlgorithm: ecdsaSha384 } }))).toMatch(/inside and outside/);
  });
  it('parameters where the algorithm has none, or others than its own', () => {
    const algorithm = sequence(oid('1.2.840.10045.4.3.2'), nothing());
    expect(refusal(make({ change: { innerAlgorithm: algorithm, outerAlgorithm: algorithm } }))).toBeDefined();
    const rsa = sequence(oid('1.2.840.113549.1.1.11'), integer(1));
    expect(refusal(make({ change: { innerAlgorithm: rsa, outerAlgorithm: rsa } }))).toBeDefined();
  });
  it('an empty issuer', () => {
    expect(refusal(make({ issuerName: sequence() }))).toMatch(/issuer/);
  });
  it('an empty part of a name, and a PrintableString that is none', () => {
    expect(refusal(make({ subject: sequence(set()) }))).toBeDefined();
    expect(refusal(make({ subject: sequence(set(sequence(oid('2.5.4.3'), printableString('é')))) }))).toMatch(
      /string/,
    );
    const broken = element(0x0c, Buffer.of(0xc0, 0x80));
    expect(refusal(make({ subject: sequence(set(sequence(oid('2.5.4.3'), broken))) }))).toMatch(/string/);
  });
  it('a value of sixty thousand octets, whose normal form would take long to find', () => {
    const marks = utf8String('\u0301\u0316'.repeat(15_000));
    expect(refusal(make({ subject: sequence(set(sequence(oid('2.5.4.3'), marks))) }))).toMatch(
      /too many octets/,
    );
  });
  it('a part of a name that is no string is read', () => {
    const born = element(0x18, Buffer.from('19800101000000Z'));
    expect(
      refusal(make({ subject: sequence(set(sequence(oid('1.3.6.1.5.5.7.9.1'), born))) })),
    ).toBeUndefined();
  });
  it('an unsorted name part is read', () => {
    const parts = set(sequence(oid('2.5.4.3'), utf8String('b')), sequence(oid('2.5.4.3'), utf8String('a')));
    expect(refusal(make({ subject: sequence(parts) }))).toBeUndefined();
  });
  describe('times', () => {
    const end = time(NOW + DAY);
    const from = (tag: number, text: string): string | undefined =>
      refusal(make({ change: { validity: sequence(element(tag, Buffer.from(text)), end) } }));
    it.each([
      [0x17, '260101000000Z'],
      [0x18, '20260101000000Z'],
      [0x18, '20500101000000Z'],
    ])('tag %d %s is read', (tag, text) => expect(from(tag, text)).toBeUndefined());
    it.each([
      [0x17, '2601010000Z'],
      [0x17, '260101000000+0800'],
      [0x17, '20260101000000Z'],
      [0x18, '20260101000000.5Z'],
      [0x18, '20260101000000'],
      [0x18, '260101000000Z'],
      [0x17, '260230000000Z'],
      [0x17, '261301000000Z'],
      [0x17, '260101240000Z'],
      [0x17, '260101000060Z'],
      [0x17, '26010100000 Z'],
    ])('tag %d %s is refused', (tag, text) => expect(from(tag, text)).toMatch(/time/));
    it('UTCTime counts from 1950 to 2049', () => {
      const { notBefore } = parseCertificate(
        make({ change: { validity: sequence(element(0x17, Buffer.from('500101000000Z')), end) } }),
      );
      expect(new Date(notBefore).getUTCFullYear()).toBe(1950);
    });
  });
});

describe('RFC 5280 4.1.2.7: keys', () => {
  const rsa = (modulus: bigint, exponent: bigint): Buffer =>
    sequence(
      sequence(oid('1.2.840.113549.1.1.1'), nothing()),
      bitString(sequence(integer(modulus), integer(exponent))),
    );
  const keyOf = (spki: Buffer) => parseCertificate(make({ change: { spki } })).publicKey;
  const modulus = (1n << 2047n) + 1n;
  it('an RSA key with an unfit exponent or an even modulus is unsound', () => {
    expect(keyOf(rsa(modulus, 65537n)).sound).toBe(true);
    expect(keyOf(rsa(modulus, 3n)).sound).toBe(true);
    for (const exponent of [0n, 1n, 2n, 65536n, (1n << 64n) + 1n]) {
      expect(keyOf(rsa(modulus, exponent)).sound).toBe(false);
    }
    expect(keyOf(rsa(modulus + 1n, 65537n)).sound).toBe(false);
  });
  it('an RSA key with something after it', () => {
    const spki = sequence(
      sequence(oid('1.2.840.113549.1.1.1'), nothing()),
      bitString(Buffer.concat([sequence(integer(modulus), integer(3)), nothing()])),
    );
    expect(refusal(make({ change: { spki } }))).toBeDefined();
  });
  it('a key of an unknown kind is read: the algorithm policy refuses it', () => {
    const spki = sequence(sequence(oid('1.2.3.4')), bitString(Buffer.of(1)));
    expect(keyOf(spki).type).toBe('unknown');
  });
});

describe('RFC 5280 4.2: the extensions', () => {
  it('one twice', () => {
    expect(withExtension(basicConstraints(false), basicConstraints(true))).toMatch(/twice/);
  });
  it('an empty list', () => {
    expect(refusal(make({ extensions: [], change: { after: tagged(3, sequence()) } }))).toBeDefined();
  });
  it.each([
    ['authorityKeyIdentifier of another structure', '2.5.29.35', octetString(Buffer.of(1))],
    ['subjectKeyIdentifier of another structure', '2.5.29.14', sequence()],
    ['keyUsage that allows nothing', '2.5.29.15', bitString(Buffer.alloc(0))],
    ['keyUsage that allows nothing, in eight bits', '2.5.29.15', bitString(Buffer.of(0))],
    ['certificatePolicies without policies', '2.5.29.32', sequence()],
    ['policyMappings without pairs', '2.5.29.33', sequence()],
    ['subjectAltName without names', '2.5.29.17', sequence()],
    ['issuerAltName without names', '2.5.29.18', sequence()],
    ['subjectAltName with an unknown form', '2.5.29.17', sequence(taggedPrimitive(9, Buffer.of(1)))],
    ['subjectAltName with an address of five octets', '2.5.29.17', sequence(generalName.ip(1, 2, 3, 4, 5))],
    ['subjectAltName beyond ASCII', '2.5.29.17', sequence(taggedPrimitive(2, Buffer.from('例.com')))],
    [
      'basicConstraints with a negative length',
      '2.5.29.19',
      sequence(boolean(true), element(2, Buffer.of(0xff))),
    ],
    ['nameConstraints that are empty', '2.5.29.30', sequence()],
    ['nameConstraints with an empty list', '2.5.29.30', sequence(tagged(0))],
    ['policyConstraints that are empty', '2.5.29.36', sequence()],
    ['policyConstraints with a negative number', '2.5.29.36', sequence(taggedPrimitive(0, Buffer.of(0xff)))],
    [
      'policyConstraints in the wrong order',
      '2.5.29.36',
      sequence(taggedPrimitive(1, Buffer.of(0)), taggedPrimitive(0, Buffer.of(0))),
    ],
    ['extendedKeyUsage without purposes', '2.5.29.37', sequence()],
    ['inhibitAnyPolicy that is no number', '2.5.29.54', nothing()],
    ['basicConstraints with something after them', '2.5.29.19', Buffer.concat([sequence(), nothing()])],
  ])('%s', (_what, type, value) => {
    expect(withExtension(extension(type, value))).toBeDefined();
  });
  it('one policy twice', () => {
    expect(withExtension(certificatePolicies('1.2.3', '1.2.3'))).toMatch(/twice/);
  });
  it('cA FALSE, written out against DER, is read: some authorities write it', () => {
    expect(withExtension(extension('2.5.29.19', sequence(boolean(false))))).toBeUndefined();
    expect(withExtension(sequence(oid('1.2.3'), boolean(false), octetString(nothing())))).toBeUndefined();
  });
  it('every form of name is read', () => {
    const names = [
      generalName.upn('zhang@example.com'),
      generalName.email('zhang@example.com'),
      generalName.dns('example.com'),
      generalName.directory(issuer.subject),
      generalName.uri('https://example.com/'),
      generalName.ip(192, 0, 2, 1),
      generalName.registeredId('1.2.3'),
    ];
    expect(
      parseCertificate(make({ extensions: [subjectAltName(...names)] })).subjectAltName?.map(
        ({ type }) => type,
      ),
    ).toEqual([
      'otherName',
      'rfc822Name',
      'dNSName',
      'directoryName',
      'uniformResourceIdentifier',
      'iPAddress',
      'registeredID',
    ]);
  });
});

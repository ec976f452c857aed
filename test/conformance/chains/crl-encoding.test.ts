import { CrlError } from '../../../src/revocation/crl-error.ts';
import { openCrlBytes } from '../../../src/revocation/crl-source.ts';
import { loadCrl } from '../../../src/revocation/load-crl.ts';
import {
  bitString,
  boolean,
  element,
  integer,
  octetString,
  oid,
  sequence,
  tagged,
  time,
} from './der-writer.ts';
import { makeAuthority, NOW } from './make-certificate.ts';
import {
  certificateIssuer,
  crlNumber,
  entry,
  issuingDistributionPoint,
  makeCrl,
  readCrl,
  reasonCode,
  type CrlSpec,
} from './make-crl.ts';
import { extension, keyUsage, unknownExtension } from './test-extensions.ts';
import { makeKey, signerOf } from './test-key.ts';

const authority = makeAuthority({ subject: 'Authority' });
const serial = Buffer.of(0x11, 0x22);

const codeOf = (read: () => unknown): string => {
  try {
    read();
    return 'read';
  } catch (error) {
    if (error instanceof CrlError) return error.code;
    throw error;
  }
};
/** "read", or the code it is refused with. */
const read = (spec: Partial<CrlSpec>): string => codeOf(() => readCrl({ issuer: authority, ...spec }));
const readBytes = (bytes: Uint8Array): string =>
  codeOf(() => loadCrl(openCrlBytes(bytes), { issuers: [authority.parsed] }));
const list = (...entries: Buffer[]): Partial<CrlSpec> => ({ change: { list: sequence(...entries) } });
const good = makeCrl({ issuer: authority, entries: [{ of: serial, reason: 1 }] });

it('a CRL that is as it should be is read', () => {
  expect(readBytes(good)).toBe('read');
  expect(read({})).toBe('read');
});

describe('Encoding', () => {
  it('bytes after it', () => {
    expect(readBytes(Buffer.concat([good, Buffer.of(0)]))).toBe('malformed');
  });
  it('something after the signature', () => {
    expect(read({ change: { after: integer(1) } })).toBe('malformed');
  });
  it('cut off anywhere', () => {
    for (let length = 0; length < good.length; length++) {
      expect(readBytes(good.subarray(0, length))).toBe('malformed');
    }
  });
  it('an indefinite length', () => {
    const body = good.subarray(good[1] === 0x81 ? 3 : 4);
    expect(readBytes(Buffer.concat([Buffer.of(0x30, 0x80), body, Buffer.of(0, 0)]))).toBe('malformed');
  });
  it('a length not in the fewest octets', () => {
    const body = good.subarray(good[1] === 0x81 ? 3 : 4);
    const length = Buffer.of(0x30, 0x83, 0, body.length >> 8, body.length & 0xff);
    expect(readBytes(Buffer.concat([length, body]))).toBe('malformed');
  });
  it.each([
    ['a length beyond the file', Buffer.of(0x30, 0x84, 0x7f, 0xff, 0xff, 0xff)],
    ['a length of five octets', Buffer.of(0x30, 0x85, 1, 0, 0, 0, 0)],
    ['nothing', Buffer.alloc(0)],
    ['a text', Buffer.from('not a CRL')],
    ['SEQUENCEs all the way down', Buffer.from('30800000'.repeat(20_000), 'hex')],
  ])('%s', (_title, bytes) => {
    expect(readBytes(bytes)).toBe('malformed');
  });
  it('deeply nested DER in place of the extensions', () => {
    let nested = sequence();
    for (let depth = 0; depth < 5_000; depth++) nested = sequence(nested);
    expect(read({ change: { extensions: tagged(0, nested) } })).toBe('malformed');
  });
});

describe('The header', () => {
  it('version', () => {
    expect(read({ change: { version: integer(2) } })).toBe('malformed');
    expect(read({ change: { version: integer(0) } })).toBe('malformed');
  });
  it('signature algorithms inside and outside that differ', () => {
    const other = signerOf(makeKey().privateKey, 'sha384').algorithm;
    expect(read({ change: { outerAlgorithm: other } })).toBe('malformed');
    expect(read({ change: { innerAlgorithm: other } })).toBe('malformed');
  });
  it('extensions in version 1', () => {
    expect(read({ version: 1 })).toBe('read');
    expect(read({ version: 1, extensions: [crlNumber(1)] })).toBe('malformed');
    expect(read({ version: 1, ...list(entry({ of: serial })) })).toBe('read');
    expect(read({ version: 1, ...list(entry({ of: serial, reason: 1 })) })).toBe('malformed');
  });
  it('an empty issuer name', () => {
    expect(read({ issuerName: sequence() })).toBe('malformed');
  });
  it('an empty list of entries says what none says', () => {
    expect(read(list())).toBe('read');
  });
});

describe('Entries', () => {
  const date = time(NOW);
  it.each([
    ['something that is no SEQUENCE', element(0x31, integer(1), date)],
    ['no serial number', sequence(date)],
    ['no date', sequence(integer(1))],
    ['an empty serial number', sequence(element(0x02), date)],
    ['a serial number with needless octets', sequence(element(0x02, Buffer.of(0, 1)), date)],
    ['a negative serial number with needless octets', sequence(element(0x02, Buffer.of(0xff, 0x80)), date)],
    ['a serial number of 40 octets', sequence(element(0x02, Buffer.alloc(40, 1)), date)],
    ['a date that does not exist', sequence(integer(1), element(0x17, Buffer.from('260230000000Z')))],
    ['a 25th hour', sequence(integer(1), element(0x17, Buffer.from('260228250000Z')))],
    ['a date without seconds', sequence(integer(1), element(0x17, Buffer.from('2602282300Z')))],
    ['a date of another type', sequence(integer(1), element(0x13, Buffer.from('260228000000Z')))],
    ['a date with letters', sequence(integer(1), element(0x17, Buffer.from('2602x8000000Z')))],
    ['something after the extensions', sequence(integer(1), date, sequence(reasonCode(1)), integer(1))],
    ['no extensions in the list of extensions', sequence(integer(1), date, sequence())],
    ['a reason that does not exist', entry({ of: serial, reason: 7 })],
    ['a reason that does not exist yet', entry({ of: serial, reason: 11 })],
    ['one extension twice', entry({ of: serial, extensions: [reasonCode(1), reasonCode(1)] })],
    [
      'a certificate issuer in a CRL that is not indirect',
      entry({ of: serial, extensions: [certificateIssuer(authority.subject)] }),
    ],
  ])('%s', (_title, bad) => {
    expect(read(list(entry({ of: Buffer.of(5) }), bad))).toBe('malformed');
    expect(read(list(bad, entry({ of: Buffer.of(5) })))).toBe('malformed');
  });
  it('dates at the edges of what UTCTime can say', () => {
    const dates = ['491231235959Z', '500101000000Z', '691231235959Z', '700101000000Z', '240229120000Z'];
    const entries = dates.map((text, index) =>
      sequence(integer(index + 1), element(0x17, Buffer.from(text))),
    );
    expect(read(list(...entries))).toBe('read');
  });
  it('a list that claims to be longer, or shorter, than its entries', () => {
    const whole = sequence(entry({ of: serial }), entry({ of: Buffer.of(1) }));
    for (const difference of [-21, -2, -1, 1, 2, 40]) {
      const lying = Buffer.from(whole);
      lying[1] = (lying[1] as number) + difference;
      expect(read({ change: { list: lying } })).toBe('malformed');
    }
  });
});

describe('Extensions', () => {
  it('one twice', () => {
    expect(read({ extensions: [crlNumber(2)] })).toBe('malformed');
  });
  it('unknown: refused where critical (RFC 5280 section 5.2)', () => {
    expect(read({ extensions: [unknownExtension(false)] })).toBe('read');
    expect(read({ extensions: [unknownExtension(true)] })).toBe('unknown-critical-extension');
  });
  it('unknown in an entry: refused where critical (section 5.3)', () => {
    const of = (critical: boolean) => [{ of: serial, extensions: [unknownExtension(critical)] }];
    expect(read({ entries: of(false) })).toBe('read');
    expect(read({ entries: of(true) })).toBe('unknown-critical-extension');
  });
  it('a crlNumber that is negative or of over 20 octets', () => {
    const numbered = (content: Uint8Array) =>
      read({ number: null, extensions: [extension('2.5.29.20', element(0x02, content))] });
    expect(numbered(Buffer.alloc(20, 0x7f))).toBe('read');
    expect(numbered(Buffer.alloc(21, 0x7f))).toBe('malformed');
    expect(numbered(Buffer.of(0x80))).toBe('malformed');
  });
  it('an issuing distribution point for two kinds of certificate at once', () => {
    const both = sequence(element(0x81, Buffer.of(0xff)), element(0x82, Buffer.of(0xff)));
    expect(read({ extensions: [extension('2.5.29.28', both, true)] })).toBe('malformed');
    expect(read({ extensions: [issuingDistributionPoint({ only: 'user' })] })).toBe('read');
  });
  it('a BOOLEAN that is neither 0x00 nor 0xFF', () => {
    const odd = sequence(oid('2.5.29.20'), element(0x01, Buffer.of(1)), octetString(integer(1)));
    expect(read({ number: null, extensions: [odd] })).toBe('malformed');
    const wrong = sequence(oid('2.5.29.20'), boolean(true), octetString(integer(1)), integer(1));
    expect(read({ number: null, extensions: [wrong] })).toBe('malformed');
  });
});

describe('The signature', () => {
  it('of another key', () => {
    expect(read({ signer: makeKey() })).toBe('bad-signature');
  });
  it('over other bytes: any bit that is flipped is noticed', () => {
    for (let at = 0; at < good.length; at++) {
      const changed = Buffer.from(good);
      changed[at] = (changed[at] as number) ^ 0x10;
      expect(readBytes(changed)).not.toBe('read');
    }
  });
  it('that is not whole octets', () => {
    expect(read({ change: { signature: bitString(Buffer.alloc(70), 1) } })).toBe('malformed');
  });
  it('of an issuer of another name', () => {
    const other = makeAuthority({ subject: 'Other' });
    const bytes = makeCrl({ issuer: other });
    expect(readBytes(bytes)).toBe('wrong-issuer');
  });
  it('of an issuer that may not sign CRLs', () => {
    const mute = makeAuthority({
      subject: 'Authority',
      key: authority.key,
      extensions: [keyUsage('keyCertSign')],
    });
    expect(codeOf(() => readCrl({ issuer: authority }, { issuers: [mute.parsed] }))).toBe('wrong-issuer');
  });
  it('with SHA-1, or what the policy does not name', () => {
    const sha1 = signerOf(authority.key.privateKey, 'sha1');
    expect(read({ signer: sha1 })).toBe('weak-signature');
    const only = (...allowedSignatures: string[]): string =>
      codeOf(() => readCrl({ issuer: authority }, { allowedSignatures }));
    expect(only('ecdsa-sha256')).toBe('read');
    expect(only('ed25519', 'ecdsa-sha384')).toBe('weak-signature');
  });
  it('of the right one of several keys of the name', () => {
    const namesake = makeAuthority({ subject: 'Authority' });
    const crl = readCrl({ issuer: authority }, { issuers: [namesake.parsed, authority.parsed] });
    expect(crl.issuerText).toBe('CN=Authority');
  });
});

it('a CRL larger than the policy allows', () => {
  expect(codeOf(() => readCrl({ issuer: authority }, { sizeLimit: 50 }))).toBe('too-large');
});

import fc from 'fast-check';
import { CrlError } from '../../../src/revocation/crl-error.ts';
import { openCrlBytes } from '../../../src/revocation/crl-source.ts';
import { loadCrl } from '../../../src/revocation/load-crl.ts';
import { makeAuthority } from '../../conformance/chains/make-certificate.ts';
import { certificateIssuer, fullName, makeCrl, type CrlSpec } from '../../conformance/chains/make-crl.ts';
import { extension, generalName } from '../../conformance/chains/test-extensions.ts';
import { element } from '../../conformance/chains/der-writer.ts';

const authority = makeAuthority({ subject: 'Authority' });
const other = makeAuthority({ subject: 'Other' });
const date = extension('2.5.29.24', element(0x18, Buffer.from('20260102030405Z')));
const specs: CrlSpec[] = [
  { issuer: authority },
  { issuer: authority, version: 1, entries: [{ of: Buffer.of(1) }] },
  {
    issuer: authority,
    scope: { name: fullName(generalName.uri('http://crl.test/1')), indirect: true, reasons: [1, 8] },
    entries: [
      { of: Buffer.of(1), reason: 1 },
      { of: Buffer.alloc(20, 0x22), reason: 6, extensions: [date, certificateIssuer(other.subject)] },
      { of: Buffer.of(0x80) },
    ],
  },
  { issuer: authority, base: 1, number: 3, entries: [{ of: Buffer.of(5), reason: 8 }] },
];
const crls = specs.map(makeCrl);

/** Anything but a CrlError is a defect; nothing that was changed may come through. */
const refuse = (bytes: Uint8Array, original: Uint8Array): void => {
  try {
    loadCrl(openCrlBytes(bytes), { issuers: [authority.parsed] });
  } catch (error) {
    if (error instanceof CrlError) return;
    throw error;
  }
  expect(Buffer.compare(bytes, original)).toBe(0);
};

const RUNS = { numRuns: 3_000 };
const original = fc.constantFrom(...crls);
const position = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('A CRL that was tampered with is refused with a CrlError', () => {
  it('bytes changed', () => {
    fc.assert(
      fc.property(
        original,
        fc.array(fc.tuple(position, fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (crl, changes) => {
          const bytes = Buffer.from(crl);
          for (const [at, value] of changes) bytes[Math.floor(at * bytes.length)] = value;
          refuse(bytes, crl);
        },
      ),
      RUNS,
    );
  });
  it('pieces cut out, doubled or put in', () => {
    fc.assert(
      fc.property(
        original,
        position,
        position,
        fc.uint8Array({ maxLength: 12 }),
        fc.boolean(),
        (crl, from, to, piece, doubled) => {
          const [start, end] = [from, to].map((at) => Math.floor(at * crl.length)).sort((a, b) => a - b) as [
            number,
            number,
          ];
          const kept = doubled ? crl.subarray(0, end) : crl.subarray(0, start);
          refuse(Buffer.concat([kept, piece, crl.subarray(doubled ? start : end)]), crl);
        },
      ),
      RUNS,
    );
  });
  it('bytes out of nowhere', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        refuse(Uint8Array.of(0x30, ...bytes), Buffer.alloc(0));
      }),
      RUNS,
    );
  });
  it('parts that are anything at all, signed', () => {
    const part = fc.constantFrom('version', 'innerAlgorithm', 'list', 'extensions', 'signature', 'after');
    fc.assert(
      fc.property(
        fc.constantFrom(...specs),
        part,
        fc.constantFrom(0x30, 0x02, 0x03, 0x04, 0xa0),
        fc.uint8Array({ maxLength: 60 }),
        (spec, name, tag, content) => {
          const bytes = makeCrl({ ...spec, change: { [name]: element(tag, content) } });
          // A good signature is over it, so it may well be a CRL; what matters is that nothing else is thrown.
          refuse(bytes, bytes);
        },
      ),
      { numRuns: 1_500 },
    );
  });
});

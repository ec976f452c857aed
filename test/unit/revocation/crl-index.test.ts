import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { openCrlIndex } from '../../../src/revocation/crl-index.ts';
import type { SharedCrl } from '../../../src/revocation/shared-crl.ts';
import { createCrlView } from '../../../src/revocation/snapshot.ts';
import { element, sequence, time } from '../../conformance/chains/der-writer.ts';
import { makeAuthority, NOW } from '../../conformance/chains/make-certificate.ts';
import {
  certificateIssuer,
  entry,
  reasonCode,
  readCrl,
  REASON,
  type TestEntry,
} from '../../conformance/chains/make-crl.ts';
import { extension } from '../../conformance/chains/test-extensions.ts';

const authority = makeAuthority({ subject: 'Authority' });
const other = makeAuthority({ subject: 'Other' });
const read = (entries: readonly TestEntry[], indirect = false): SharedCrl =>
  readCrl({ issuer: authority, entries, ...(indirect ? { scope: { indirect } } : {}) });

/** Content octets of an INTEGER as DER writes them. */
const serialNumber = fc
  .tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.boolean())
  .map(([octets, positive]) => minimal(positive ? [0, ...octets] : [...octets]));
const minimal = (octets: number[]): Buffer => {
  while (octets.length > 1) {
    const [first, second] = octets as [number, number];
    if (!((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) break;
    octets.shift();
  }
  return Buffer.from(octets);
};

/** Spread over its octets, never alike; of the length asked for. */
const scattered = (number: number, length: number): Buffer => {
  const octets = createHash('sha256').update(String(number)).digest().subarray(0, length);
  octets[0] = ((octets[0] as number) & 0x3f) | 0x40;
  return octets;
};

describe('The index finds exactly what the CRL lists', () => {
  it('serial numbers of any length and sign, against a Set', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(serialNumber, { maxLength: 60, selector: (octets) => octets.toString('hex') }),
        fc.array(serialNumber, { maxLength: 60 }),
        (listed, asked) => {
          const find = openCrlIndex(read(listed.map((of) => ({ of }))).index);
          const known = new Set(listed.map((octets) => octets.toString('hex')));
          for (const serial of [...listed, ...asked]) {
            expect(find(0, serial) !== undefined).toBe(known.has(serial.toString('hex')));
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it.each([
    ['of one octet', 100, (number: number) => Buffer.of(number)],
    [
      'counted up',
      20_000,
      (number: number) => Buffer.from([1, number >> 16, (number >> 8) & 0xff, number & 0xff]),
    ],
    ['of 16 octets', 20_000, (number: number) => scattered(number, 16)],
    ['of 20 octets', 20_000, (number: number) => scattered(number, 20)],
    [
      'that differ in the last octets only',
      20_000,
      (number: number) => Buffer.concat([Buffer.alloc(16, 0x55), Buffer.of(number >> 8, number & 0xff)]),
    ],
    [
      'of lengths that grow along the way',
      20_000,
      (number: number) => scattered(number, 4 + Math.floor(number / 1250)),
    ],
  ])('serial numbers %s', (_title, count, serialOf) => {
    const listed = Array.from({ length: count }, (_, number) => number).filter((number) => number % 2 === 1);
    const { index } = read(listed.map((number) => ({ of: serialOf(number), reason: number % 7 })));
    const find = openCrlIndex(index);
    expect(index.entries).toBe(listed.length);
    const wrong: number[] = [];
    for (let number = 0; number < count; number++) {
      const found = find(0, serialOf(number));
      const expected = number % 2 === 1;
      if ((found !== undefined) !== expected) wrong.push(number);
    }
    expect(wrong).toEqual([]);
  });

  it('with reason and date of each', () => {
    const reasons = [
      'unspecified',
      'keyCompromise',
      'cACompromise',
      'affiliationChanged',
      'superseded',
      'cessationOfOperation',
      'certificateHold',
    ];
    const at = (number: number): number => NOW - number * 3_600_000;
    const numbers = Array.from({ length: 5_000 }, (_, number) => number);
    const find = openCrlIndex(
      read(numbers.map((number) => ({ of: scattered(number, 18), reason: number % 7, at: at(number) })))
        .index,
    );
    for (const number of numbers) {
      expect(find(0, scattered(number, 18))).toEqual({
        reason: reasons[number % 7],
        revokedAt: at(number),
        invalidSince: undefined,
      });
    }
  });

  it('with invalidity dates that begin along the way, and longer serial numbers after them', () => {
    const date = extension('2.5.29.24', element(0x18, Buffer.from('20260102030405Z')));
    const entries: TestEntry[] = [
      { of: Buffer.of(1) },
      { of: Buffer.of(2), reason: 1, extensions: [date] },
      { of: scattered(3, 20), reason: 4 },
      { of: scattered(4, 9), extensions: [date] },
    ];
    const find = openCrlIndex(read(entries).index);
    const invalid = Date.UTC(2026, 0, 2, 3, 4, 5);
    expect(entries.map(({ of }) => find(0, of as Uint8Array)?.invalidSince)).toEqual([
      undefined,
      invalid,
      undefined,
      invalid,
    ]);
    expect(entries.map(({ of }) => find(0, of as Uint8Array)?.reason)).toEqual([
      'unspecified',
      'keyCompromise',
      'superseded',
      'unspecified',
    ]);
  });

  it('0x80 and 0x0080 are not the same number', () => {
    const find = openCrlIndex(read([{ of: Buffer.of(0x80) }]).index);
    expect(find(0, Buffer.of(0x80))).toBeDefined();
    expect(find(0, Buffer.of(0, 0x80))).toBeUndefined();
    expect(find(0, Buffer.of(1))).toBeUndefined();
  });

  it('serial numbers longer than any in the CRL, and than any at all', () => {
    const find = openCrlIndex(read([{ of: Buffer.of(1) }]).index);
    expect(find(0, Buffer.alloc(20, 1))).toBeUndefined();
    expect(find(0, Buffer.alloc(200, 1))).toBeUndefined();
    expect(find(0, Buffer.alloc(0))).toBeUndefined();
  });

  it('listed twice: what revokes outweighs what lifts a hold', () => {
    const of = Buffer.of(7);
    for (const reasons of [
      [REASON.removeFromCRL, REASON.keyCompromise],
      [REASON.keyCompromise, REASON.removeFromCRL],
    ]) {
      const find = openCrlIndex(read(reasons.map((reason) => ({ of, reason }))).index);
      expect(find(0, of)?.reason).toBe('keyCompromise');
    }
  });

  it('the same serial number of several issuers', () => {
    const of = Buffer.of(9);
    const crl = read(
      [
        { of: Buffer.of(1) },
        { of, reason: REASON.superseded, extensions: [certificateIssuer(other.subject)] },
        { of: Buffer.of(2) },
      ],
      true,
    );
    const [open] = createCrlView({ epoch: 1, crls: [crl] }).issuedBy(authority.parsed.subject.key).complete;
    const ours = authority.parsed.subject.key;
    const theirs = other.parsed.subject.key;
    expect(open?.find(theirs, of)?.reason).toBe('superseded');
    expect(open?.find(ours, of)).toBeUndefined();
    expect(open?.find(ours, Buffer.of(1))).toBeDefined();
    expect(open?.find(theirs, Buffer.of(2))).toBeDefined();
    expect(open?.find(ours, Buffer.of(2))).toBeUndefined();
  });

  it('crosses threads as it is', () => {
    const of = scattered(1, 16);
    const clone = structuredClone(read([{ of, reason: 3 }]));
    expect(openCrlIndex(clone.index)(0, of)?.reason).toBe('affiliationChanged');
  });

  it('takes at most 30 bytes an entry of 16 octets', () => {
    const { index } = read(Array.from({ length: 20_000 }, (_, number) => ({ of: scattered(number, 16) })));
    expect(index.stride * 4 * index.entries + index.directory.byteLength).toBeLessThan(30 * 20_000);
  });

  it('one serial number over and over is no way to slow looking up', () => {
    const same = entry({ of: Buffer.of(1) });
    const list = sequence(...Array.from({ length: 5_000 }, () => same));
    expect(() => readCrl({ issuer: authority, change: { list } })).toThrow('collide');
  });
});

it('dates before 1970 and after 2106 are kept at those ends', () => {
  const dated = (serial: number, text: string, tag: number): Buffer =>
    sequence(element(0x02, Buffer.of(serial)), element(tag, Buffer.from(text)), sequence(reasonCode(1)));
  const list = sequence(
    dated(1, '500101000000Z', 0x17),
    dated(2, '21990101000000Z', 0x18),
    dated(3, '19000101000000Z', 0x18),
    dated(4, '491231235959Z', 0x17),
    sequence(element(0x02, Buffer.of(5)), time(Date.UTC(2024, 1, 29, 23, 59, 59))),
  );
  const find = openCrlIndex(readCrl({ issuer: authority, change: { list } }).index);
  expect([1, 2, 3, 4, 5].map((serial) => find(0, Buffer.of(serial))?.revokedAt)).toEqual([
    0,
    0xffffffff * 1000,
    0,
    Date.UTC(2049, 11, 31, 23, 59, 59),
    Date.UTC(2024, 1, 29, 23, 59, 59),
  ]);
});

import fc from 'fast-check';
import { createByteMemo } from '../../../src/certificate/byte-memo.ts';
import { DerReader } from '../../../src/certificate/der.ts';
import { readIssuerName } from '../../../src/certificate/name.ts';
import { commonName } from '../../conformance/chains/make-certificate.ts';

describe('A memo of bytes', () => {
  it('never gives one value for other bytes, and never more than it has places for', () => {
    const few = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(fc.array(few, { minLength: 1, maxLength: 60 }), (all) => {
        const memo = createByteMemo<string>(4, 32);
        for (const bytes of all) memo.set(bytes, Buffer.from(bytes).toString('hex'));
        const known = all.map((bytes) => memo.get(bytes));
        for (const [index, value] of known.entries()) {
          if (value !== undefined) expect(value).toBe(Buffer.from(all[index] as Uint8Array).toString('hex'));
        }
        expect(new Set(known).size).toBeLessThanOrEqual(5);
      }),
    );
  });

  it('tells apart bytes that differ only before the part that is hashed', () => {
    const memo = createByteMemo<number>(1, 100);
    const bytes = Buffer.alloc(50, 7);
    const other = Buffer.from(bytes);
    other[0] = 8;
    memo.set(bytes, 1);
    expect([memo.get(bytes), memo.get(other)]).toEqual([1, undefined]);
  });

  it('keeps a copy: whoever lent the bytes may change them', () => {
    const memo = createByteMemo<number>(16, 100);
    const bytes = Buffer.from('some bytes that come again');
    memo.set(bytes, 1);
    const before = Buffer.from(bytes);
    bytes.fill(0);
    expect([memo.get(before), memo.get(bytes)]).toEqual([1, undefined]);
  });

  it('does not keep what is too long', () => {
    const memo = createByteMemo<number>(16, 10);
    memo.set(Buffer.alloc(11), 1);
    expect(memo.get(Buffer.alloc(11))).toBeUndefined();
  });
});

describe("An issuer's name", () => {
  it('is read once, of a copy', () => {
    const der = commonName('An Authority That Comes Again');
    const bytes = Buffer.from(der);
    const first = readIssuerName(new DerReader(bytes));
    bytes.fill(0);
    const again = readIssuerName(new DerReader(der));
    expect(again).toBe(first);
    expect(Buffer.from(first.der).equals(der)).toBe(true);
    expect(first.rdns[0]?.[0]?.value).toBe('An Authority That Comes Again');
  });
});

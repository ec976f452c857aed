import fc from 'fast-check';
import { createPublicKey, verify } from 'node:crypto';
import { element } from '../conformance/chains/der-writer.ts';
import { signAgain, fixedKey } from './targets/sign-again.ts';
import { execute } from './fuzzer.ts';
import { elementsOf, replaceElement } from './elements.ts';
import { citySeed } from './seeds.ts';
import { TARGETS } from './targets/index.ts';

/** Any value of DER's common types, well formed or nearly, and trees of them. */
const octets = fc.uint8Array({ maxLength: 24 });
const primitive = fc.oneof(
  fc.record({
    tag: fc.constantFrom(0x02, 0x03, 0x04, 0x05, 0x06, 0x0a, 0x0c, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1c, 0x1e),
    content: octets,
  }),
  fc.record({ tag: fc.constant(0x01), content: fc.constantFrom(Uint8Array.of(0xff), Uint8Array.of(0)) }),
  fc.record({
    tag: fc.constantFrom(0x17, 0x18),
    content: fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }).map((date) =>
      Buffer.from(
        date
          .toISOString()
          .replace(/[-:T]|\.\d+/g, '')
          .slice(2),
      ),
    ),
  }),
  fc.record({ tag: fc.constantFrom(0x80, 0x81, 0x82, 0x86, 0x87, 0x88), content: octets }),
);
const { value } = fc.letrec<{ value: Buffer; whole: Buffer; list: Buffer }>((tie) => ({
  value: fc.oneof({ maxDepth: 5, withCrossShrink: true }, tie('whole'), tie('list')),
  whole: primitive.map(({ tag, content }) => element(tag, content)),
  list: fc
    .tuple(
      fc.constantFrom(0x30, 0x30, 0x30, 0x31, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0x04),
      fc.array(tie('value'), { maxLength: 5 }),
    )
    .map(([tag, parts]) => element(tag, ...parts)),
}));

/** A tree put in place of any element of a real one, so that it is met wherever something is read. */
const SEEDS = {
  certificate: ['yuean-li-wei.crt', 'zhujiang-issuing.crt', 'pengcheng-pengwan-tech.crt'],
  key: ['zhujiang-root.crt', 'yuean-root.crt'],
  subject: ['yuean-pengwan-tech.crt', 'zhujiang-li-wei.crt'],
  name: [],
  crl: ['yuean-issuing.crl'],
  'crl-signed': ['yuean-issuing.crl', 'zhujiang-issuing.crl'],
  ocsp: ['yuean-revoked.ocsp', 'zhujiang-li-wei.ocsp'],
  'path-leaf': ['yuean-li-wei.crt', 'zhujiang-li-wei.crt'],
  'path-issuing': ['yuean-issuing.crt', 'zhujiang-issuing.crt'],
  verdict: ['zhujiang-li-wei.crt'],
} as const;

const place = (seed: string, at: number, replacement: Uint8Array): Buffer => {
  const bytes = citySeed(seed);
  const elements = elementsOf(bytes);
  return replaceElement(bytes, elements, at % elements.length, replacement);
};

describe.each(Object.entries(SEEDS))('Any DER, for %s', (name, seeds) => {
  const target = TARGETS.find((each) => each.name === name);
  const holds = async (bytes: Uint8Array): Promise<void> => {
    if (target === undefined) throw new Error(`no target ${name}`);
    expect((await execute(target, bytes)).problem).toBeUndefined();
  };
  it('by itself lets nothing escape', async () => {
    await fc.assert(fc.asyncProperty(value, holds), { numRuns: 300, seed: 1 });
  });
  const [first, ...others] = seeds;
  if (first === undefined) return;
  it('in place of a part lets nothing escape', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(first, ...others), fc.nat(), value, async (seed, at, replacement) =>
        holds(place(seed, at, replacement)),
      ),
      { numRuns: 1000, seed: 1 },
    );
  });
});

describe('Signing again', () => {
  it('makes what was changed verify', () => {
    const key = fixedKey(2);
    const again = signAgain(citySeed('yuean-li-wei.crt'), key);
    const [, tbs] = elementsOf(again);
    const signed = again.subarray(tbs?.start, tbs?.end);
    expect(verify(null, signed, createPublicKey(key.privateKey), again.subarray(-64))).toBe(true);
  });
});

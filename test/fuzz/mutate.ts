import { elementsOf, replaceElement, wrap, type Element } from './elements.ts';
import type { Random } from './random.ts';

/** Bytes beyond which nothing is grown: over the limits of every parser but the CRL's. */
const SIZE_LIMIT = 80_000;

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

/**
 * One to four changes, seldom many; most of them of whole elements with all lengths put right, since a change of bytes
 * mostly ends at the first length that does not fit.
 */
export const mutate = (bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array => {
  let changed = bytes;
  let left = 1;
  while (left < 4 && random.chance(0.35)) left++;
  for (; left > 0; left--) {
    const mutation = random.pick(random.chance(0.3) ? OF_BYTES : OF_ELEMENTS);
    const next = mutation(changed, random, other);
    if (next.length <= SIZE_LIMIT) changed = next;
  }
  return changed;
};

const INTERESTING = [
  0, 1, 2, 3, 4, 5, 6, 9, 0x0c, 0x13, 0x17, 0x18, 0x1e, 0x1f, 0x20, 0x30, 0x31, 0x5a,
] as const;
const EDGES = [0x7f, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x88, 0xa0, 0xa1, 0xa3, 0xbf, 0xfe, 0xff] as const;
const octet = (random: Random): number =>
  random.chance(0.5) ? random.int(256) : random.pick(random.chance(0.5) ? INTERESTING : EDGES);

const piece = (bytes: Uint8Array, random: Random, most = 64): { from: number; to: number } => {
  const from = random.int(bytes.length + 1);
  const longest = random.chance(0.1) ? bytes.length : most;
  return { from, to: Math.min(bytes.length, from + 1 + random.int(longest + 1)) };
};
const spliced = (bytes: Uint8Array, from: number, to: number, inserted: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, from), inserted, bytes.subarray(to)]);

const OF_BYTES: readonly Mutation[] = [
  // A bit
  (bytes, random) => {
    if (bytes.length === 0) return bytes;
    const copy = Uint8Array.from(bytes);
    const at = random.int(copy.length);
    copy[at] = (copy[at] as number) ^ (1 << random.int(8));
    return copy;
  },
  // An octet
  (bytes, random) => {
    if (bytes.length === 0) return bytes;
    const copy = Uint8Array.from(bytes);
    copy[random.int(copy.length)] = octet(random);
    return copy;
  },
  // Cut off
  (bytes, random) => bytes.subarray(0, random.int(bytes.length + 1)),
  // Taken out
  (bytes, random) => {
    const { from, to } = piece(bytes, random);
    return spliced(bytes, from, to, new Uint8Array());
  },
  // Repeated
  (bytes, random) => {
    const { from, to } = piece(bytes, random);
    return spliced(bytes, from, from, bytes.subarray(from, to));
  },
  // Put in
  (bytes, random) => {
    const at = random.int(bytes.length + 1);
    return spliced(
      bytes,
      at,
      at,
      Uint8Array.from({ length: 1 + random.int(8) }, () => octet(random)),
    );
  },
  // Joined with the end of another
  (bytes, random, other) =>
    Buffer.concat([
      bytes.subarray(0, random.int(bytes.length + 1)),
      other.subarray(random.int(other.length + 1)),
    ]),
  // A length that lies
  (bytes, random) => {
    const elements = elementsOf(bytes);
    if (elements.length === 0) return bytes;
    const { start } = random.pick(elements);
    const copy = Uint8Array.from(bytes);
    copy[start + 1] = octet(random);
    if (random.chance(0.3)) copy[start + 2] = octet(random);
    return copy;
  },
  // A length in more octets than needed
  (bytes, random) => {
    const elements = elementsOf(bytes);
    if (elements.length === 0) return bytes;
    const { start, content, end } = random.pick(elements);
    const length = Uint8Array.of(0x84, 0, 0, (end - content) >> 8, (end - content) & 0xff);
    return spliced(bytes, start + 1, content, length);
  },
];

/** A value that is right in form, for the next best place. */
const VALUES: readonly ((random: Random) => Uint8Array)[] = [
  (random) =>
    wrap(
      0x02,
      Uint8Array.from({ length: random.int(24) }, () => octet(random)),
    ),
  (random) =>
    wrap(
      0x06,
      Uint8Array.from({ length: 1 + random.int(24) }, () => octet(random)),
    ),
  (random) =>
    wrap(
      0x0c,
      Uint8Array.from({ length: random.int(40) }, () => octet(random)),
    ),
  (random) =>
    wrap(
      0x1e,
      Uint8Array.from({ length: random.int(40) }, () => octet(random)),
    ),
  (random) =>
    wrap(
      0x14,
      Uint8Array.from({ length: random.int(40) }, () => octet(random)),
    ),
  (random) =>
    wrap(
      0x1c,
      Uint8Array.from({ length: 4 * random.int(8) }, () => octet(random)),
    ),
  (random) => wrap(0x17, Buffer.from(`${digits(random, 12)}Z`)),
  (random) => wrap(0x18, Buffer.from(`${digits(random, 14)}Z`)),
  (random) =>
    wrap(
      0x03,
      Uint8Array.from({ length: random.int(24) }, () => octet(random)),
    ),
  (random) =>
    wrap(
      0x04,
      Uint8Array.from({ length: random.int(24) }, () => octet(random)),
    ),
  (random) => wrap(0x01, Uint8Array.of(octet(random))),
  () => Uint8Array.of(0x05, 0),
  () => Uint8Array.of(0x30, 0),
  () => Uint8Array.of(0x31, 0),
  (random) =>
    wrap(
      random.int(256),
      Uint8Array.from({ length: random.int(12) }, () => octet(random)),
    ),
];
const digits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => random.int(10)).join('');

type ElementChange = (whole: Uint8Array, element: Element, random: Random, other: Uint8Array) => Uint8Array;

const ofElement =
  (change: ElementChange): Mutation =>
  (bytes, random, other) => {
    const elements = elementsOf(bytes);
    if (elements.length === 0) return bytes;
    const number = random.int(elements.length);
    const element = elements[number] as Element;
    const whole = bytes.subarray(element.start, element.end);
    return replaceElement(bytes, elements, number, change(whole, element, random, other));
  };
const contentOf = (whole: Uint8Array, { start, content }: Element): Uint8Array =>
  whole.subarray(content - start);

const OF_ELEMENTS: readonly Mutation[] = [
  // Left out
  ofElement(() => new Uint8Array()),
  // Twice, or a few times
  ofElement((whole, _element, random) =>
    Buffer.concat(Array.from({ length: 2 + random.int(random.chance(0.1) ? 80 : 3) }, () => whole)),
  ),
  // Many times
  ofElement((whole, _element, random) => {
    const most = Math.min(2000, Math.floor(SIZE_LIMIT / 2 / Math.max(whole.length, 1)));
    return random.chance(0.9) || most < 2
      ? whole
      : Buffer.concat(Array.from({ length: 2 + random.int(most) }, () => whole));
  }),
  // Another tag
  ofElement((whole, element, random) => wrap(octet(random), contentOf(whole, element))),
  // Emptied
  ofElement((_whole, { tag }) => Uint8Array.of(tag, 0)),
  // Other content
  ofElement((_whole, { tag }, random) =>
    wrap(
      tag,
      Uint8Array.from({ length: random.int(40) }, () => octet(random)),
    ),
  ),
  // Content grown
  ofElement((whole, element, random) => {
    const grown = random.chance(0.1) ? random.int(3000) : random.int(40);
    return wrap(element.tag, Buffer.concat([contentOf(whole, element), Buffer.alloc(grown, octet(random))]));
  }),
  // An octet of the content
  ofElement((whole, element, random) => {
    const content = Uint8Array.from(contentOf(whole, element));
    if (content.length > 0) content[random.int(content.length)] = octet(random);
    return wrap(element.tag, content);
  }),
  // Another value
  ofElement((_whole, _element, random) => random.pick(VALUES)(random)),
  // A value before it
  ofElement((whole, _element, random) => Buffer.concat([random.pick(VALUES)(random), whole])),
  // Wrapped, now and then deeply
  ofElement((whole, _element, random) => {
    let nested = whole;
    const tag = random.pick([0x30, 0x31, 0xa0, 0xa3, 0x04]);
    for (let depth = random.chance(0.05) ? random.int(1500) : 1 + random.int(3); depth > 0; depth--)
      nested = wrap(tag, nested);
    return nested;
  }),
  // Unwrapped
  ofElement(contentOf),
  // An element of the same tag from elsewhere
  ofElement((whole, { tag }, random, other) => {
    const same = elementsOf(other).filter((each) => each.tag === tag);
    if (same.length === 0) return whole;
    const { start, end } = random.pick(same);
    return other.subarray(start, end);
  }),
  // Any element from elsewhere, beside it
  ofElement((whole, _element, random, other) => {
    const elements = elementsOf(other);
    if (elements.length === 0) return whole;
    const { start, end } = random.pick(elements);
    return Buffer.concat([whole, other.subarray(start, end)]);
  }),
];

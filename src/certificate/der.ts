import { createByteMemo } from './byte-memo.ts';

/** Identifier octets of the types used in certificates, CRLs and OCSP (X.690 section 8.1.2). */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific tag [n]: constructed (explicit, or implicit of a SEQUENCE) unless said to be primitive. */
export const context = (number: number, form: 'constructed' | 'primitive' = 'constructed'): number =>
  (form === 'constructed' ? 0xa0 : 0x80) | number;

/** Bytes that are not DER, or not the structure expected. `offset` counts from the start of the input. */
export class DerError extends Error {
  override readonly name = 'DerError';
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} (at byte ${offset})`);
    this.offset = offset;
  }
}

/**
 * Reads DER in order (X.690 sections 8 and 10): definite, minimal lengths, single-byte tags, nothing beyond the
 * end of what contains it. Content is never copied: every Uint8Array given out is a view of the input.
 */
export class DerReader {
  readonly bytes: Uint8Array;
  /** Where the next element begins. */
  position: number;
  readonly end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  /** Tag of the next element; -1 at the end. */
  peek(): number {
    return this.position < this.end ? (this.bytes[this.position] as number) : -1;
  }

  /** Enters the next element, which must have `tag`: a reader over its content. */
  enter(tag: number): DerReader {
    const start = this.#header(tag);
    const inner = new DerReader(this.bytes, start, this.position);
    return inner;
  }

  /** Enters the next element if it has `tag`. */
  enterOptional(tag: number): DerReader | undefined {
    return this.peek() === tag ? this.enter(tag) : undefined;
  }

  /** Content octets of the next element, which must have `tag`. */
  content(tag: number): Uint8Array {
    const start = this.#header(tag);
    return this.bytes.subarray(start, this.position);
  }

  /** The next element whole, header included. */
  element(tag?: number): Uint8Array {
    const start = this.position;
    this.#header(tag);
    return this.bytes.subarray(start, this.position);
  }

  /** What is left, unread. */
  rest(): Uint8Array {
    return this.bytes.subarray(this.position, this.end);
  }

  /** Nothing may be left over. */
  finish(): void {
    if (this.position !== this.end) this.fail('unexpected bytes after the last element');
  }

  fail(message: string): never {
    throw new DerError(message, this.position);
  }

  /** X.690 section 11.1: TRUE is 0xFF. */
  boolean(): boolean {
    const content = this.content(TAG.boolean);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff)) this.fail('not a DER BOOLEAN');
    return content[0] === 0xff;
  }

  /** Content octets of an INTEGER (or ENUMERATED): two's complement, minimal (section 8.3.2). */
  integer(tag: number = TAG.integer): Uint8Array {
    const content = this.content(tag);
    const [first, second] = content;
    if (first === undefined) return this.fail('an INTEGER without content');
    if (second !== undefined && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
      this.fail('an INTEGER with needless leading octets');
    }
    return content;
  }

  /** A non-negative INTEGER of at most 2^31 - 1. */
  smallInteger(tag: number = TAG.integer): number {
    const content = this.integer(tag);
    if (content.length > 4 || (content[0] as number) >= 0x80) this.fail('an INTEGER out of range');
    return content.reduce((value, octet) => value * 256 + octet, 0);
  }

  /** INTEGER (0..MAX): numbers too large to matter read as Infinity. */
  count(tag: number = TAG.integer): number {
    const content = this.integer(tag);
    if ((content[0] as number) >= 0x80) this.fail('a negative INTEGER where none may be');
    return content.length > 4
      ? Number.POSITIVE_INFINITY
      : content.reduce((value, octet) => value * 256 + octet, 0);
  }

  /** BIT STRING: number of unused bits, and the octets. Unused bits are zero (section 11.2.1). */
  bitString(tag: number = TAG.bitString): { readonly unusedBits: number; readonly octets: Uint8Array } {
    const content = this.content(tag);
    const unusedBits = content[0];
    const octets = content.subarray(1);
    if (unusedBits === undefined || unusedBits > 7 || (octets.length === 0 && unusedBits !== 0)) {
      return this.fail('not a BIT STRING');
    }
    if (((octets.at(-1) ?? 0) & ((1 << unusedBits) - 1)) !== 0)
      this.fail('unused bits of a BIT STRING are set');
    return { unusedBits, octets };
  }

  /** OBJECT IDENTIFIER in dotted form (section 8.19). */
  oid(): string {
    const start = this.position;
    const content = this.content(TAG.oid);
    return decodeOid(content) ?? this.#failAt('not an OBJECT IDENTIFIER', start);
  }

  /** UTCTime or GeneralizedTime in the forms RFC 5280 section 4.1.2.5 allows; ms since the epoch. */
  time(): number {
    const start = this.position;
    const tag = this.peek();
    if (tag !== TAG.utcTime && tag !== TAG.generalizedTime)
      this.fail('expected a UTCTime or GeneralizedTime');
    const content = this.content(tag);
    return decodeTime(content, tag) ?? this.#failAt('not a time of RFC 5280 section 4.1.2.5', start);
  }

  /** Reads the header of the next element, moves past it, and returns where its content starts. */
  #header(expected?: number): number {
    const { bytes, end } = this;
    const start = this.position;
    if (start + 2 > end) throw new DerError('the input ends within an element', start);
    const tag = bytes[start] as number;
    if ((tag & 0x1f) === 0x1f) throw new DerError('a tag of more than one octet', start);
    if (tag < 0x40 && tag >> 5 !== ((CONSTRUCTED >> (tag & 0x1f)) & 1)) {
      throw new DerError('a type in a form that DER does not write it in', start);
    }
    if (expected !== undefined && tag !== expected) {
      throw new DerError(`expected tag 0x${expected.toString(16)}, found 0x${tag.toString(16)}`, start);
    }
    let length = bytes[start + 1] as number;
    let content = start + 2;
    if (length >= 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4) throw new DerError('an indefinite or oversized length', start + 1);
      if (content + count > end) throw new DerError('the input ends within a length', start + 1);
      length = 0;
      for (let index = 0; index < count; index++) length = length * 256 + (bytes[content + index] as number);
      content += count;
      const minimal =
        length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;
      if (count !== minimal) throw new DerError('a length not written in the fewest octets', start + 1);
    }
    if (content + length > end) throw new DerError('an element longer than what contains it', start);
    this.position = content + length;
    return content;
  }

  #failAt(message: string, offset: number): never {
    throw new DerError(message, offset);
  }
}

/** Universal types that are constructed: EXTERNAL, EMBEDDED PDV, SEQUENCE, SET. All others are primitive in DER. */
const CONSTRUCTED = (1 << 0x08) | (1 << 0x0b) | (1 << 0x10) | (1 << 0x11);

/** Content octets to dotted form; undefined when they are not well formed. Arcs are bounded to 128 bits. */
export const decodeOid = (content: Uint8Array): string | undefined => {
  const known = KNOWN_OIDS.get(content);
  if (known !== undefined) return known;
  const arcs: bigint[] = [];
  let arc = 0n;
  let octets = 0;
  for (const octet of content) {
    if (octets === 0 && octet === 0x80) return undefined;
    if (++octets > 19) return undefined;
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0n;
      octets = 0;
    }
  }
  const [first, ...others] = arcs;
  if (first === undefined || octets !== 0) return undefined;
  const top = first < 40n ? 0n : first < 80n ? 1n : 2n;
  const dotted = [top, first - top * 40n, ...others].join('.');
  KNOWN_OIDS.set(content, dotted);
  return dotted;
};

/** The same few identifiers stand in every certificate; decoding each once is enough. */
const KNOWN_OIDS = createByteMemo<string>(1024, 16);

const decodeTime = (content: Uint8Array, tag: number): number | undefined => {
  const yearDigits = tag === TAG.utcTime ? 2 : 4;
  const length = yearDigits + 11;
  if (content.length !== length || content[length - 1] !== 0x5a) return undefined;
  const digits = (start: number, count: number): number => {
    let value = 0;
    for (let index = start; index < start + count; index++) {
      const digit = (content[index] as number) - 0x30;
      if (digit < 0 || digit > 9) return NaN;
      value = value * 10 + digit;
    }
    return value;
  };
  const written = digits(0, yearDigits);
  // RFC 5280 section 4.1.2.5.1: two-digit years from 50 on are of the twentieth century.
  const year = tag === TAG.utcTime ? (written >= 50 ? 1900 + written : 2000 + written) : written;
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((at) => digits(yearDigits + at, 2)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  time.setUTCHours(hour, minute, second, 0);
  // A date that does not exist (31 June, 25 o'clock) rolls over and no longer reads as it was written.
  const exists =
    time.getUTCFullYear() === year &&
    time.getUTCMonth() === month - 1 &&
    time.getUTCDate() === day &&
    time.getUTCHours() === hour &&
    time.getUTCMinutes() === minute &&
    time.getUTCSeconds() === second;
  return exists ? time.getTime() : undefined;
};

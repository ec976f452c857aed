import { CrlError } from './crl-error.ts';
import type { CrlSource } from './crl-source.ts';

/** Bytes held of a file at a time; every element but the list of entries has to fit. */
const WINDOW_BYTES = 1 << 20;
/** Bytes of one element: the header's parts, an entry, the extensions. Real ones have at most some hundred. */
export const ELEMENT_LIMIT = 1 << 18;
/** Identifier octet, and up to five of length. */
const HEADER_LIMIT = 6;

/**
 * A part of a CRL that moves over it in order, once. Elements are looked at where they lie; what has been passed is
 * handed to `onPassed` piece by piece, so that hashing sees every byte and the bytes parsed are the bytes hashed.
 */
export class CrlWindow {
  readonly size: number;
  /** Valid until the next `ensure`. */
  bytes: Uint8Array;
  /** Index in `bytes` of the next unread one. */
  at = 0;
  /** How many of `bytes` are filled. */
  filled: number;
  onPassed: ((piece: Uint8Array, position: number) => void) | undefined;
  readonly #source: CrlSource;
  /** Position in the CRL of `bytes[0]`. */
  #base = 0;

  constructor(source: CrlSource) {
    this.#source = source;
    this.size = source.size;
    this.bytes = source.bytes ?? new Uint8Array(Math.min(WINDOW_BYTES, source.size));
    this.filled = source.bytes?.length ?? 0;
  }

  /** Position in the CRL of the next unread byte. */
  get position(): number {
    return this.#base + this.at;
  }

  /** Makes the next `count` bytes available. False where the CRL ends before. */
  ensure(count: number): boolean {
    if (this.at + count <= this.filled) return true;
    if (this.position + count > this.size) return false;
    this.#slide();
    return this.at + count <= this.filled;
  }

  /** Passes on what is left: nothing may be unread. */
  finish(): void {
    this.expectEnd(this.size);
    this.onPassed?.(this.bytes.subarray(0, this.at), this.#base);
  }

  fail(message: string, position = this.position): never {
    throw new CrlError('malformed', `${message} (at byte ${position})`);
  }

  #slide(): void {
    const { bytes, at } = this;
    if (this.#source.bytes !== undefined) return;
    if (at > 0) {
      if (this.onPassed === undefined) throw new Error('bytes would pass unseen');
      this.onPassed(bytes.subarray(0, at), this.#base);
      bytes.copyWithin(0, at, this.filled);
      this.#base += at;
      this.filled -= at;
      this.at = 0;
    }
    while (this.filled < bytes.length && this.#base + this.filled < this.size) {
      const count = this.#source.read(bytes.subarray(this.filled), this.#base + this.filled);
      if (count === 0) throw new CrlError('unreadable', 'the file became shorter while it was read');
      this.filled += count;
    }
  }

  /** Moves past the header of the next element, which has `tag` and lies before `end`; where its content ends. */
  enter(tag: number, end: number): number {
    const { headerBytes, contentBytes } = this.#measure(tag, end);
    this.at += headerBytes;
    return this.position + contentBytes;
  }

  /** A copy of the next element, which has `tag` and lies before `end`. */
  element(tag: number | undefined, end: number): Uint8Array {
    const { headerBytes, contentBytes } = this.#measure(tag, end);
    const length = headerBytes + contentBytes;
    if (length > ELEMENT_LIMIT) this.fail(`an element of over ${ELEMENT_LIMIT} bytes`);
    if (!this.ensure(length)) this.fail('the CRL ends within an element');
    const der = this.bytes.slice(this.at, this.at + length);
    this.at += length;
    return der;
  }

  /** Tag of the next element; -1 at `end`. */
  peek(end: number): number {
    return this.position < end && this.ensure(1) ? (this.bytes[this.at] as number) : -1;
  }

  /** Nothing may be left before `end`. */
  expectEnd(end: number): void {
    if (this.position !== end) this.fail('unexpected bytes after the last element');
  }

  /** Reads a header (X.690 section 8.1: definite, minimal) without moving. */
  #measure(tag: number | undefined, end: number): { headerBytes: number; contentBytes: number } {
    const left = end - this.position;
    if (left < 2) return this.fail('the input ends within an element');
    if (!this.ensure(Math.min(HEADER_LIMIT, left))) this.fail('the input ends within an element');
    const { bytes, at } = this;
    const found = bytes[at] as number;
    if (tag !== undefined && found !== tag) {
      this.fail(`expected tag 0x${tag.toString(16)}, found 0x${found.toString(16)}`);
    }
    let length = bytes[at + 1] as number;
    let count = 0;
    if (length >= 0x80) {
      count = length & 0x7f;
      if (count === 0 || count > 4) this.fail('an indefinite or oversized length');
      if (left < 2 + count) this.fail('the input ends within a length');
      length = 0;
      for (let index = 0; index < count; index++) length = length * 256 + (bytes[at + 2 + index] as number);
      const minimal =
        length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4;
      if (count !== minimal) this.fail('a length not written in the fewest octets');
    }
    if (2 + count + length > left) this.fail('an element longer than what contains it');
    return { headerBytes: 2 + count, contentBytes: length };
  }
}

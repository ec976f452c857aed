import { DerError, DerReader, TAG } from '../certificate/der.ts';
import { CrlError } from './crl-error.ts';
import { readEntryExtensions } from './crl-entry-extensions.ts';
import type { UnsortedEntries } from './crl-index.ts';
import { GROUP_LIMIT, RECORD, REASONS, SERIAL_LIMIT } from './crl-record.ts';
import { toSeconds, utcSeconds } from './crl-seconds.ts';
import { ELEMENT_LIMIT, type CrlWindow } from './crl-window.ts';

/**
 * reasonCode alone, not critical: what nearly all entries with extensions have (section 5.3.1). The last octet is the
 * reason.
 */
const REASON_CODE = Uint8Array.of(0x30, 12, 0x30, 10, 6, 3, 0x55, 0x1d, 0x15, 4, 3, 0x0a, 1);

/**
 * Reads revokedCertificates (RFC 5280 section 5.1.2.6) into records, without making an object for an entry. Entries
 * are read where they lie in the window; only those with unusual extensions go through DerReader.
 */
export class CrlEntries {
  readonly groups: (readonly string[])[];
  entries = 0;
  /** Whether an entry names another certificate issuer: only an indirect CRL may. */
  namesIssuers = false;
  /** Words for the serial number, in every record. */
  #serialWords = 0;
  #hasInvalidityDates = false;
  #words = new Uint32Array(new SharedArrayBuffer(0));
  #octets = new Uint8Array(this.#words.buffer);
  readonly #groupOf: Map<string, number>;
  /** Where no entry extensions may be: a CRL of version 1. */
  readonly #plain: boolean;
  #group = 0;

  constructor(issuer: string, plain: boolean) {
    this.groups = [[issuer]];
    this.#groupOf = new Map([[JSON.stringify([issuer]), 0]]);
    this.#plain = plain;
  }

  /** Words of a record. */
  get stride(): number {
    return RECORD.serialAt + this.#serialWords + (this.#hasInvalidityDates ? 1 : 0);
  }

  /** The records read. */
  finish(): UnsortedEntries {
    return {
      records: this.#words.buffer,
      stride: this.stride,
      entries: this.entries,
      hasInvalidityDates: this.#hasInvalidityDates,
      groups: this.groups,
    };
  }

  /** Reads all entries before `end` (a position in the CRL). Throws CrlError. */
  read(window: CrlWindow, end: number): void {
    while (window.position < end) {
      const left = end - window.position;
      window.ensure(Math.min(left, ELEMENT_LIMIT));
      const available = Math.min(window.filled - window.at, left);
      const start = window.at;
      window.at = this.#readAvailable(window, window.at + available, end);
      if (window.at === start) {
        window.fail(
          available === left
            ? 'an entry longer than the list of entries'
            : `an entry of over ${ELEMENT_LIMIT} bytes`,
        );
      }
    }
  }

  /** Reads the entries that lie whole before `limit` (an index into the window); where it stopped. */
  #readAvailable(window: CrlWindow, limit: number, listEnd: number): number {
    const { bytes } = window;
    let at = window.at;
    let entries = this.entries;
    let words = this.#words;
    let octets = this.#octets;
    let stride = this.stride;
    let serialBytes = this.#serialWords * 4;
    const fail = (message: string): never => {
      window.at = at;
      return window.fail(message);
    };

    while (limit - at >= SHORTEST_ENTRY) {
      if (bytes[at] !== TAG.sequence) fail('expected an entry (a SEQUENCE)');
      let length = bytes[at + 1] as number;
      let content = at + 2;
      if (length >= 0x80) {
        const count = length & 0x7f;
        if (count === 0 || count > 3) fail('an indefinite or oversized length');
        length = 0;
        for (let index = 0; index < count; index++)
          length = length * 256 + (bytes[content + index] as number);
        content += count;
        if (length < (count === 1 ? 0x80 : count === 2 ? 0x100 : 0x10000)) {
          fail('a length not written in the fewest octets');
        }
        if (length > ELEMENT_LIMIT) fail(`an entry of over ${ELEMENT_LIMIT} bytes`);
      }
      const stop = content + length;
      if (stop > limit) break;

      // userCertificate INTEGER
      const serialLength = bytes[content + 1] as number;
      let serial = content + 2;
      const date = serial + serialLength;
      if (bytes[content] !== TAG.integer || serialLength === 0 || serialLength >= 0x80 || date + 15 > stop) {
        fail('an entry without a serial number and a date');
      }
      const first = bytes[serial] as number;
      const second = bytes[serial + 1] as number;
      if (serialLength > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80))) {
        fail('an INTEGER with needless leading octets');
      }
      if (first === 0) serial++;
      const serialOctets = date - serial;
      if (serialOctets > SERIAL_LIMIT) fail(`a serial number of over ${SERIAL_LIMIT} octets`);

      // revocationDate Time
      let seconds: number;
      let after = date + 15;
      if (bytes[date] === TAG.utcTime && bytes[date + 1] === 13) {
        seconds = utcSeconds(bytes, date + 2);
      } else {
        const reader = new DerReader(bytes, date, stop);
        seconds = this.#guard(window, at, () => toSeconds(reader.time()));
        after = reader.position;
      }
      if (seconds === -1) fail('not a time of RFC 5280 section 4.1.2.5');

      // crlEntryExtensions
      let reason = 0;
      let invalidityDate: number | undefined;
      if (after !== stop) {
        if (this.#plain) fail('entry extensions in a CRL of version 1');
        if (stop - after === REASON_CODE.length + 1 && isReasonCode(bytes, after)) {
          reason = bytes[stop - 1] as number;
          if (REASONS[reason] === undefined) fail('a reason that does not exist');
        } else {
          const start = after;
          const extensions = this.#guard(window, at, () =>
            readEntryExtensions(new DerReader(bytes, start, stop)),
          );
          ({ reason, invalidityDate } = extensions);
          if (extensions.issuer !== undefined) this.#setIssuer(window, extensions.issuer);
        }
      }

      if (serialOctets > serialBytes || (invalidityDate !== undefined && !this.#hasInvalidityDates)) {
        this.entries = entries;
        const left = listEnd - (window.position - window.at + at);
        this.#widen((serialOctets + 3) >>> 2, invalidityDate !== undefined, left);
        words = this.#words;
        octets = this.#octets;
        stride = this.stride;
        serialBytes = this.#serialWords * 4;
      }
      const record = entries * stride;
      words[record] =
        serialOctets |
        (first >= 0x80 ? RECORD.negative : 0) |
        (reason << RECORD.reasonShift) |
        (this.#group << RECORD.groupShift);
      words[record + 1] = seconds;
      // Memory is fresh, so what fills the last word is zero.
      let target = (record + RECORD.serialAt) * 4;
      for (let from = serial; from < date; from++) octets[target++] = bytes[from] as number;
      if (invalidityDate !== undefined) words[record + stride - 1] = invalidityDate;
      entries++;
      at = stop;
    }
    this.entries = entries;
    return at;
  }

  /**
   * Makes room for longer records: for the entries read and as many as the bytes left of the list can hold. Memory that
   * is never written to is never given real pages by the operating system, so asking for too much costs nothing.
   */
  #widen(serialWords: number, withInvalidityDate: boolean, bytesLeft: number): void {
    const before = { words: this.#words, stride: this.stride, dated: this.#hasInvalidityDates };
    this.#serialWords = Math.max(serialWords, this.#serialWords);
    this.#hasInvalidityDates ||= withInvalidityDate;
    const { stride } = this;
    const capacity = this.entries + Math.ceil(bytesLeft / SHORTEST_ENTRY);
    this.#words = new Uint32Array(new SharedArrayBuffer(capacity * stride * 4));
    this.#octets = new Uint8Array(this.#words.buffer);
    const kept = before.stride - (before.dated ? 1 : 0);
    for (let entry = 0; entry < this.entries; entry++) {
      const from = entry * before.stride;
      const to = entry * stride;
      for (let word = 0; word < kept; word++) this.#words[to + word] = before.words[from + word] as number;
      if (before.dated) this.#words[to + stride - 1] = before.words[from + kept] as number;
    }
  }

  /** RFC 5280 section 5.3.3: certificateIssuer holds for its entry and those after it, up to the next one. */
  #setIssuer(window: CrlWindow, names: readonly string[]): void {
    this.namesIssuers = true;
    const key = JSON.stringify(names);
    let group = this.#groupOf.get(key);
    if (group === undefined) {
      group = this.groups.length;
      if (group >= GROUP_LIMIT) window.fail(`entries of over ${GROUP_LIMIT} certificate issuers`);
      this.groups.push(names);
      this.#groupOf.set(key, group);
    }
    this.#group = group;
  }

  #guard<T>(window: CrlWindow, at: number, read: () => T): T {
    try {
      return read();
    } catch (cause) {
      if (!(cause instanceof DerError)) throw cause;
      window.at = at;
      const problem = cause.message.replace(/ \(at byte \d+\)$/, '');
      throw new CrlError('malformed', `${problem} (in the entry at byte ${window.position})`, { cause });
    }
  }
}

/** SEQUENCE, INTEGER of one octet, UTCTime. */
const SHORTEST_ENTRY = 20;

const isReasonCode = (bytes: Uint8Array, at: number): boolean => {
  for (let index = 0; index < REASON_CODE.length; index++) {
    if (bytes[at + index] !== REASON_CODE[index]) return false;
  }
  return true;
};

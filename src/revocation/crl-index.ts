import { randomInt } from 'node:crypto';
import { CrlError } from './crl-error.ts';
import {
  hashRecord,
  RECORD,
  RECORD_LIMIT,
  REASONS,
  reasonOf,
  REMOVE_FROM_CRL,
  SERIAL_LIMIT,
} from './crl-record.ts';
import { sortByHash } from './sort-records.ts';
import type { RevocationReason } from './types.ts';

/**
 * The entries of one CRL, for all threads: records (crl-record.ts) in the order of their hashes, and a directory that
 * says for the first bits of a hash where its records begin. Looking up reads the directory once and then three
 * records on average, which lie together. A match is decided by comparing serial number and issuer whole, so there are
 * neither false hits nor false misses.
 */
export interface CrlIndex {
  readonly records: SharedArrayBuffer;
  /** Words of a record. */
  readonly stride: number;
  /** Number of the first record of each bucket, and of the end: 32 bits each. */
  readonly directory: SharedArrayBuffer;
  /** Bits of the hash that choose the bucket. */
  readonly bits: number;
  readonly seed: number;
  readonly entries: number;
  /** Whether the last word of a record is an invalidityDate. */
  readonly hasInvalidityDates: boolean;
  /**
   * Keys of the names of each issuer group. Group 0 is the CRL's own issuer; an indirect CRL has others
   * (RFC 5280 section 5.3.3: certificateIssuer may give one issuer several names).
   */
  readonly groups: readonly (readonly string[])[];
}

/** An entry as found. Times are ms since the epoch. */
export interface CrlEntry {
  readonly reason: RevocationReason;
  readonly revokedAt: number;
  readonly invalidSince: number | undefined;
}

/** Entries as read from the CRL, in its order. */
export type UnsortedEntries = Pick<
  CrlIndex,
  'records' | 'stride' | 'entries' | 'hasInvalidityDates' | 'groups'
>;

/** Records of one bucket. Serial numbers never come near; made-up ones must not make looking up slow. */
const BUCKET_LIMIT = 1024;

/**
 * Brings the records into order, where they lie, and makes the directory.
 *
 * @throws CrlError malformed for serial numbers chosen to collide, or one listed over and over
 */
export const buildCrlIndex = (unsorted: UnsortedEntries): CrlIndex => {
  const { records, stride, entries } = unsorted;
  // Two to four records a bucket.
  const bits = Math.max(1, 30 - Math.clz32(entries | 1));
  const seed = randomInt(2 ** 32);
  const directory = new Uint32Array(new SharedArrayBuffer(((1 << bits) + 1) * 4));
  const largest = sortByHash(new Uint32Array(records), { stride, entries, seed, bits, directory });
  if (largest > BUCKET_LIMIT) throw new CrlError('malformed', 'serial numbers that were chosen to collide');
  return { ...unsorted, directory: directory.buffer, bits, seed };
};

/** Asks an index for a serial number (content octets of the INTEGER) in an issuer group. */
export type CrlLookup = (group: number, serial: Uint8Array) => CrlEntry | undefined;

/** An index opened in this thread. Looking up allocates nothing but what it finds. */
export const openCrlIndex = (index: CrlIndex): CrlLookup => {
  const { stride, seed, hasInvalidityDates } = index;
  const words = new Uint32Array(index.records);
  const directory = new Uint32Array(index.directory);
  const shift = 32 - index.bits;
  // The serial number asked for, as a record.
  const asked = new Uint32Array(RECORD_LIMIT);
  const octets = new Uint8Array(asked.buffer);

  const readEntry = (at: number): CrlEntry => {
    const invalidity = hasInvalidityDates ? (words[at + stride - 1] as number) : 0;
    return {
      reason: REASONS[reasonOf(words[at] as number)] ?? 'unspecified',
      revokedAt: (words[at + 1] as number) * 1000,
      invalidSince: invalidity === 0 ? undefined : invalidity * 1000,
    };
  };

  return (group, serial) => {
    const negative = (serial[0] ?? 0) >= 0x80;
    const skipped = serial[0] === 0 ? 1 : 0;
    const length = serial.length - skipped;
    const end = RECORD.serialAt + ((length + 3) >>> 2);
    if (length > SERIAL_LIMIT || end > stride) return undefined;
    const head = length | (negative ? RECORD.negative : 0) | (group << RECORD.groupShift);
    asked[0] = head;
    asked[end - 1] = 0;
    for (let at = 0; at < length; at++) octets[RECORD.serialAt * 4 + at] = serial[at + skipped] as number;

    const bucket = hashRecord(asked, 0, seed) >>> shift;
    const last = (directory[bucket + 1] as number) * stride;
    let lifted = -1;
    next: for (let at = (directory[bucket] as number) * stride; at < last; at += stride) {
      if ((((words[at] as number) ^ head) & RECORD.keyMask) !== 0) continue;
      for (let word = RECORD.serialAt; word < end; word++)
        if (words[at + word] !== asked[word]) continue next;
      // Listed twice: what revokes outweighs what lifts a hold.
      if (reasonOf(words[at] as number) !== REMOVE_FROM_CRL) return readEntry(at);
      lifted = at;
    }
    return lifted === -1 ? undefined : readEntry(lifted);
  };
};

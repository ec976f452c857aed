import { hashRecord } from './crl-record.ts';

export interface RecordSort {
  /** Words of a record. */
  readonly stride: number;
  readonly entries: number;
  readonly seed: number;
  /** Bits of the hash to sort by. */
  readonly bits: number;
  /** Filled with the number of the first record of each bucket, and of the end. */
  readonly directory: Uint32Array;
}

/** Bits sorted by at first: few enough places to write to that all of them stay in the processor's caches. */
const FIRST_BITS = 8;

/**
 * Sorts records by the first `bits` bits of their hashes, in place (American flag sort: count, then put each record
 * straight into its bucket), first into a few large parts and then each part by itself, because a part fits into the
 * cache and all records do not. The hashes, 4 bytes a record, are kept while it lasts. Returns the size of the largest
 * bucket.
 */
export const sortByHash = (words: Uint32Array, sort: RecordSort): number => {
  const { entries, bits, directory, stride, seed } = sort;
  const hashes = new Uint32Array(entries);
  for (let record = 0; record < entries; record++) hashes[record] = hashRecord(words, record * stride, seed);

  const records: Records = { words, stride, hashes };
  const firstBits = Math.min(FIRST_BITS, bits);
  const restBits = bits - firstBits;
  const parts = new Uint32Array((1 << firstBits) + 1);
  permute(records, { from: 0, to: entries, skipped: 0, bits: firstBits, starts: parts });
  if (restBits === 0) directory.set(parts);
  for (let part = 0; restBits > 0 && part < 1 << firstBits; part++) {
    const starts = directory.subarray(part << restBits, ((part + 1) << restBits) + 1);
    const from = parts[part] as number;
    const to = parts[part + 1] as number;
    permute(records, { from, to, skipped: firstBits, bits: restBits, starts });
  }
  let largest = 0;
  for (let bucket = 0; bucket < 1 << bits; bucket++) {
    largest = Math.max(largest, (directory[bucket + 1] as number) - (directory[bucket] as number));
  }
  return largest;
};

interface Records {
  readonly words: Uint32Array;
  readonly stride: number;
  /** Of each record; moved along with it. */
  readonly hashes: Uint32Array;
}

interface Part {
  /** Numbers of records. */
  readonly from: number;
  readonly to: number;
  /** Leading bits of the hash that all of them share. */
  readonly skipped: number;
  /** Bits after those to sort by. */
  readonly bits: number;
  /** Filled with the start of each bucket, and the end. */
  readonly starts: Uint32Array;
}

const permute = ({ words, stride, hashes }: Records, { from, to, skipped, bits, starts }: Part): void => {
  const buckets = 1 << bits;
  const shift = 32 - bits;
  const ends = new Uint32Array(buckets);
  for (let record = from; record < to; record++) {
    const bucket = ((hashes[record] as number) << skipped) >>> shift;
    ends[bucket] = (ends[bucket] as number) + 1;
  }
  let sum = from;
  for (let bucket = 0; bucket < buckets; bucket++) {
    starts[bucket] = sum;
    sum += ends[bucket] as number;
    ends[bucket] = sum;
  }
  starts[buckets] = sum;

  /** Where the next record of each bucket goes. */
  const next = starts.slice(0, buckets);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const end = ends[bucket] as number;
    let record = next[bucket] as number;
    while (record < end) {
      const hash = hashes[record] as number;
      const home = (hash << skipped) >>> shift;
      if (home === bucket) {
        record++;
        continue;
      }
      const place = next[home] as number;
      next[home] = place + 1;
      hashes[record] = hashes[place] as number;
      hashes[place] = hash;
      let other = place * stride;
      const at = record * stride;
      for (let word = at; word < at + stride; word++, other++) {
        const kept = words[word] as number;
        words[word] = words[other] as number;
        words[other] = kept;
      }
    }
  }
};

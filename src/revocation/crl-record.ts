/**
 * How an entry of a CRL lies in shared memory, in 32-bit words:
 *
 * | word | content |
 * | --- | --- |
 * | 0 | bits 0 to 4: octets of the serial number; 5: it is negative; 6 to 9: reason; 16 to 31: issuer group |
 * | 1 | revocationDate, seconds since the epoch |
 * | 2 … | serial number without leading zero octet, filled up with zeros |
 * | last | invalidityDate, seconds since the epoch; 0 for none. Only where some entry of the CRL has one |
 *
 * All records of a CRL have the length of its longest: 24 bytes where serial numbers have 13 to 16 octets, 28 where
 * they have 17 to 20. With its share of the directory (crl-index.ts) an entry takes 25 or 29 bytes. A date before 1970
 * is kept as 1970, one after 2106 as 2106: nothing but what is told to people depends on it.
 */
export const RECORD = {
  lengthMask: 0x1f,
  negative: 1 << 5,
  reasonShift: 6,
  reasonMask: 0xf,
  groupShift: 16,
  /** What tells two entries apart besides the serial number's octets. */
  keyMask: 0xffff003f,
  /** Words before the serial number. */
  serialAt: 2,
} as const;

/** Octets. RFC 5280 allows 20; more cannot match any certificate accepted here, but is no reason to lose a CRL. */
export const SERIAL_LIMIT = 31;
/** Words of the longest record. */
export const RECORD_LIMIT = RECORD.serialAt + (SERIAL_LIMIT + 1) / 4 + 1;
export const GROUP_LIMIT = 0x10000;

/** RFC 5280 section 5.3.1. There is no 7. */
export const REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const;
export const REMOVE_FROM_CRL = 8;

export const reasonOf = (head: number): number => (head >>> RECORD.reasonShift) & RECORD.reasonMask;

/**
 * Hash of issuer group and serial number of the record at `at`, seeded at random for each index: a multiplication and
 * a rotation for each word, and MurmurHash3's finalizer, which lets every bit change every other.
 */
export const hashRecord = (words: Uint32Array, at: number, seed: number): number => {
  const head = (words[at] as number) & RECORD.keyMask;
  let hash = seed ^ head;
  const end = at + RECORD.serialAt + (((head & RECORD.lengthMask) + 3) >>> 2);
  for (let index = at + RECORD.serialAt; index < end; index++) {
    hash = Math.imul(hash ^ (words[index] as number), 0x9e3779b1);
    hash = (hash << 13) | (hash >>> 19);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

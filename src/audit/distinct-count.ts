/**
 * Estimates of how many different things were seen, in few bytes, that can be merged. Items are keyed hashes of at
 * least 8 octets.
 */

const REGISTERS = 256;
/** Flajolet et al., HyperLogLog (2007), figure 3, for 128 registers and more. */
const ALPHA = 0.7213 / (1 + 1.079 / REGISTERS);

export const newHyperLogLog = (): Uint8Array => new Uint8Array(REGISTERS);

/** HyperLogLog: 256 registers of an octet, standard error 1.04 / √256 = 6.5 %. */
export const addToHyperLogLog = (registers: Uint8Array, item: Buffer): void => {
  const index = item.readUInt8(0);
  const rank = Math.clz32(item.readUInt32BE(1)) + 1;
  if (rank > (registers[index] ?? 0)) registers[index] = rank;
};

export const mergeHyperLogLog = (into: Uint8Array, other: Uint8Array): void => {
  // By index: a page of a year merges a hundred thousand of them.
  for (let index = 0; index < into.length; index++) {
    const rank = other[index] ?? 0;
    if (rank > (into[index] ?? 0)) into[index] = rank;
  }
};

export const countHyperLogLog = (registers: Uint8Array): number => {
  let sum = 0;
  let empty = 0;
  for (const rank of registers) {
    sum += 2 ** -rank;
    if (rank === 0) empty += 1;
  }
  const estimate = (ALPHA * REGISTERS * REGISTERS) / sum;
  // Few items: how many registers are empty says more (linear counting, section 4 of the paper).
  return Math.round(
    estimate <= 2.5 * REGISTERS && empty > 0 ? REGISTERS * Math.log(REGISTERS / empty) : estimate,
  );
};

const BITS = 128;

export const newBitmap = (): Uint8Array => new Uint8Array(BITS / 8);

/** Linear counting (Whang et al., 1990) in 128 bits: good to about a hundred, full at about six hundred. */
export const addToBitmap = (bitmap: Uint8Array, item: Buffer): void => {
  const bit = item.readUInt8(0) % BITS;
  const at = bit >> 3;
  bitmap[at] = (bitmap[at] ?? 0) | (1 << (bit & 7));
};

export const mergeBitmap = (into: Uint8Array, other: Uint8Array): void => {
  for (const [index, bits] of other.entries()) into[index] = (into[index] ?? 0) | bits;
};

export const countBitmap = (bitmap: Uint8Array): number => {
  let empty = 0;
  for (const octet of bitmap) for (let bit = 0; bit < 8; bit++) if ((octet & (1 << bit)) === 0) empty += 1;
  return Math.round(BITS * Math.log(BITS / Math.max(empty, 1)));
};

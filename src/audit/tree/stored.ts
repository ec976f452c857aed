/**
 * Where the hashes of a tree are kept: one sequence, only ever added to. Each leaf adds its own hash and behind it the
 * hashes of the perfect subtrees that it completes, the smallest first. What is in it never changes as the tree grows,
 * and every hash a proof needs is one read away.
 */

/** A perfect subtree: its leaves are `index * 2^level` and the following `2^level`. */
export interface Subtree {
  readonly level: number;
  readonly index: number;
}

/** How many hashes are kept of a tree with `size` leaves. */
export const storedCount = (size: number): number => {
  let count = 0;
  for (let nodes = size; nodes > 0; nodes = Math.floor(nodes / 2)) count += nodes;
  return count;
};

/** Place in the sequence, from 0. */
export const storedPosition = ({ level, index }: Subtree): number => {
  const lastLeaf = (index + 1) * 2 ** level - 1;
  return storedCount(lastLeaf) + level;
};

/** How many leaves a sequence of so many hashes has; undefined where it ends in the middle of what a leaf adds. */
export const leavesOf = (count: number): number | undefined => {
  const size = leavesWithin(count);
  return storedCount(size) === count ? size : undefined;
};

/** Leaves whose hashes are all among the first `count`. */
export const leavesWithin = (count: number): number => {
  let [low, high] = [0, count + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (storedCount(middle) <= count) low = middle;
    else high = middle;
  }
  return low;
};

/** The perfect subtrees that a tree with `size` leaves is made of, the largest first. */
export const edgeParts = (size: number): readonly Subtree[] => partsOf(0, size);

/** The largest power of two smaller than `size`, which is at least 2 (RFC 9162 section 2.1.1). */
export const splitOf = (size: number): number => {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
};

/** Perfect subtrees of the leaves from `from` to before `to`; `from` is a multiple of a power of two >= `to - from`. */
export const partsOf = (from: number, to: number): readonly Subtree[] => {
  const parts: Subtree[] = [];
  for (let at = from; at < to;) {
    let level = 0;
    while (at + 2 ** (level + 1) <= to) level += 1;
    parts.push({ level, index: at / 2 ** level });
    at += 2 ** level;
  }
  return parts;
};

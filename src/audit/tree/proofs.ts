import type { StoredHashes } from './hash-files.ts';
import { nodeHash } from './merkle.ts';
import { splitOf } from './stored.ts';

type Ranges = Pick<StoredHashes, 'range'>;

/** That leaf `index` (from 0) is in the tree of the first `size` leaves: PATH of RFC 9162 section 2.1.3.1. */
export const inclusionProof = async (hashes: Ranges, index: number, size: number): Promise<Buffer[]> => {
  const path: Buffer[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + splitOf(to - from);
    if (index < middle) {
      path.unshift(await hashes.range(middle, to));
      to = middle;
    } else {
      path.unshift(await hashes.range(from, middle));
      from = middle;
    }
  }
  return path;
};

/**
 * That the tree of the first `size` leaves begins with that of the first `old`: PROOF of RFC 9162 section 2.1.4.1.
 * Empty where there is nothing to prove: `old` 0 or `size`.
 */
export const consistencyProof = async (hashes: Ranges, old: number, size: number): Promise<Buffer[]> => {
  if (old === 0 || old === size) return [];
  const path: Buffer[] = [];
  let [from, to] = [0, size];
  while (to !== old) {
    const middle = from + splitOf(to - from);
    if (old <= middle) {
      path.unshift(await hashes.range(middle, to));
      to = middle;
    } else {
      path.unshift(await hashes.range(from, middle));
      from = middle;
    }
  }
  if (from > 0) path.unshift(await hashes.range(from, to));
  return path;
};

/** RFC 9162 section 2.1.3.2. */
export const verifyInclusion = (
  leaf: Buffer,
  index: number,
  size: number,
  path: readonly Buffer[],
  root: Buffer,
): boolean => {
  if (index >= size) return false;
  let [fn, sn] = [index, size - 1];
  let hash = leaf;
  for (const node of path) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(node, hash);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      hash = nodeHash(hash, node);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && hash.equals(root);
};

export interface TreeHead {
  readonly size: number;
  readonly root: Buffer;
}

/** RFC 9162 section 2.1.4.2; every tree begins with the empty one, and with itself. */
export const verifyConsistency = (old: TreeHead, now: TreeHead, proof: readonly Buffer[]): boolean => {
  if (old.size > now.size) return false;
  if (old.size === 0) return proof.length === 0;
  if (old.size === now.size) return proof.length === 0 && old.root.equals(now.root);
  const [first, ...rest] = isPowerOfTwo(old.size) ? [old.root, ...proof] : proof;
  if (proof.length === 0 || first === undefined) return false;
  let [fn, sn] = [old.size - 1, now.size - 1];
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  let [oldRoot, root] = [first, first];
  for (const node of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      oldRoot = nodeHash(node, oldRoot);
      root = nodeHash(node, root);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      root = nodeHash(root, node);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && oldRoot.equals(old.root) && root.equals(now.root);
};

const half = (number: number): number => Math.floor(number / 2);
const isPowerOfTwo = (size: number): boolean => Number.isInteger(Math.log2(size));

import { hash } from 'node:crypto';
import { MAX_LINE_BYTES } from '../line.ts';

/** Size of a hash of the tree: SHA-256. */
export const HASH_BYTES = 32;

/** Root of the tree without leaves (RFC 9162 section 2.1.1). */
export const EMPTY_ROOT: Buffer = hash('sha256', '', 'buffer');

/** By way of a string: making a Buffer in the native call takes three times as long as the hash itself. */
const sha256 = (bytes: Uint8Array): Buffer => Buffer.from(hash('sha256', bytes, 'binary'), 'binary');

const leafInput = Buffer.alloc(MAX_LINE_BYTES + 1);
const nodeInput = Buffer.alloc(1 + 2 * HASH_BYTES, 0x01);

/** Hash of a leaf: SHA-256(0x00 || line), the line as it stands without its line end (RFC 9162 section 2.1.1). */
export const leafHash = (line: Uint8Array): Buffer => {
  leafInput.set(line, 1);
  return sha256(leafInput.subarray(0, line.length + 1));
};

/** Hash of an inner node: SHA-256(0x01 || left || right). */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => {
  nodeInput.set(left, 1);
  nodeInput.set(right, 1 + HASH_BYTES);
  return sha256(nodeInput);
};

/**
 * The right edge of a growing tree: the roots of its perfect subtrees, the largest first. With it a leaf is added, and
 * the root known, without any other hash.
 */
export class RightEdge {
  #size: number;
  #nodes: Buffer[];

  /** `nodes` are those of a tree with `size` leaves: `edgeParts` (stored.ts) says which. */
  constructor(size = 0, nodes: readonly Buffer[] = []) {
    this.#size = size;
    this.#nodes = [...nodes];
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Adds a leaf; puts behind `stored` what is kept of it: its hash, then those of the subtrees that it completes. */
  push(leaf: Buffer, stored: Buffer[]): void {
    let own = leaf;
    stored.push(own);
    for (let left = this.#size; left % 2 === 1; left = (left - 1) / 2) {
      own = nodeHash(this.#nodes.pop() ?? EMPTY_ROOT, own);
      stored.push(own);
    }
    this.#nodes.push(own);
    this.#size += 1;
  }

  root(): Buffer {
    return (
      this.#nodes.reduceRight<Buffer | undefined>(
        (right, left) => (right === undefined ? left : nodeHash(left, right)),
        undefined,
      ) ?? EMPTY_ROOT
    );
  }

  copy(): RightEdge {
    return new RightEdge(this.#size, this.#nodes);
  }
}

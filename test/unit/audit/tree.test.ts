import fc from 'fast-check';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashesPath, openStoredHashes } from '../../../src/audit/tree/hash-files.ts';
import { EMPTY_ROOT, leafHash, nodeHash, RightEdge } from '../../../src/audit/tree/merkle.ts';
import {
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/audit/tree/proofs.ts';
import { leavesOf, splitOf, storedCount } from '../../../src/audit/tree/stored.ts';

/** Leaves and roots that the implementations of Certificate Transparency are tested with. */
const CT_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const CT_ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** MTH as RFC 9162 section 2.1.1 writes it. */
const mth = (leaves: readonly Buffer[]): Buffer => {
  const [only] = leaves;
  if (only === undefined) return EMPTY_ROOT;
  if (leaves.length === 1) return only;
  const split = splitOf(leaves.length);
  return nodeHash(mth(leaves.slice(0, split)), mth(leaves.slice(split)));
};

/** A tree of `count` leaves with its stored hashes in several files. */
const grow = (count: number) => {
  const leaves = Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
  const folder = mkdtempSync(join(tmpdir(), 'onecert-tree-'));
  const edge = new RightEdge();
  for (let segment = 1, at = 0; at < count; segment++) {
    const stored: Buffer[] = [];
    for (const end = Math.min(count, at + 7 * segment); at < end; at++)
      edge.push(leaves[at] ?? EMPTY_ROOT, stored);
    writeFileSync(hashesPath(folder, segment), Buffer.concat(stored));
  }
  return { leaves, folder, edge };
};

describe('the Merkle tree', () => {
  it('has the roots of Certificate Transparency', () => {
    const edge = new RightEdge();
    expect(edge.root().toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    const roots = CT_LEAVES.map((leaf) => {
      edge.push(leafHash(Buffer.from(leaf, 'hex')), []);
      return edge.root().toString('hex');
    });
    expect(roots).toEqual(CT_ROOTS);
  });

  it('proves every leaf and every earlier state of every tree up to 40 leaves, and nothing else', async () => {
    const { leaves, folder } = grow(40);
    const hashes = await openStoredHashes(folder);
    expect(hashes.leaves).toBe(40);
    for (let size = 1; size <= 40; size++) {
      const root = mth(leaves.slice(0, size));
      expect((await hashes.edgeAt(size)).root()).toEqual(root);
      for (let index = 0; index < size; index++) {
        const leaf = leaves[index] ?? EMPTY_ROOT;
        const path = await inclusionProof(hashes, index, size);
        expect(verifyInclusion(leaf, index, size, path, root)).toBe(true);
        expect(verifyInclusion(leaf, index, size, [...path, root], root)).toBe(false);
        expect(verifyInclusion(leaf, index, size, path.slice(1), root)).toBe(path.length === 0);
        if (size > 1) expect(verifyInclusion(leaf, (index + 1) % size, size, path, root)).toBe(false);
      }
      for (let old = 0; old <= size; old++) {
        const head = { size: old, root: mth(leaves.slice(0, old)) };
        const proof = await consistencyProof(hashes, old, size);
        expect(verifyConsistency(head, { size, root }, proof)).toBe(true);
        if (old === 0) continue;
        expect(verifyConsistency({ size: old, root: EMPTY_ROOT }, { size, root }, proof)).toBe(false);
        expect(verifyConsistency(head, { size, root: EMPTY_ROOT }, proof)).toBe(false);
        expect(verifyConsistency(head, { size, root }, [...proof, root])).toBe(false);
      }
    }
    await hashes.close();
  });

  it('knows where hashes are kept, up to numbers no log reaches', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 45 }), (size) => {
        expect(leavesOf(storedCount(size))).toBe(size);
        expect(storedCount(size + 1) - storedCount(size)).toBeGreaterThanOrEqual(1);
      }),
    );
    expect(leavesOf(2)).toBeUndefined();
  });
});

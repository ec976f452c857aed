import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../../storage/storage-error.ts';
import { HASH_BYTES, nodeHash, RightEdge, EMPTY_ROOT } from './merkle.ts';
import { edgeParts, leavesWithin, partsOf, storedPosition, type Subtree } from './stored.ts';

/** The part of the stored hashes that the entries of one segment added: 32 octets each, nothing else. */
export interface HashFile {
  /** Of the segment. */
  readonly number: number;
  readonly path: string;
  /** Place of its first hash in the whole sequence. */
  readonly from: number;
  /** Whole hashes in it. */
  readonly count: number;
}

export const hashesPath = (folder: string, segment: number): string =>
  join(folder, `${String(segment).padStart(8, '0')}.hashes`);

/**
 * The files of stored hashes, in order. They stay when their segments are retired.
 *
 * @throws StorageError where one is missing
 */
export const listHashFiles = async (folder: string): Promise<readonly HashFile[]> => {
  const numbers = (await readdir(folder))
    .flatMap((name) => /^(\d{8})\.hashes$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
  const files: HashFile[] = [];
  let from = 0;
  for (const [index, number] of numbers.entries()) {
    const path = hashesPath(folder, number);
    if (number !== index + 1) {
      throw new StorageError(`${hashesPath(folder, index + 1)}: the hashes of this segment are missing`);
    }
    const count = Math.floor((await stat(path)).size / HASH_BYTES);
    files.push({ number, path, from, count });
    from += count;
  }
  return files;
};

/** Reads single hashes of the tree. */
export interface StoredHashes {
  /** Leaves whose hashes are all there. */
  readonly leaves: number;
  /** Which segment an entry is, or was, in. Undefined beyond `leaves`. */
  segmentOf(index: number): number | undefined;
  /** @throws StorageError where it is not there */
  read(subtree: Subtree): Promise<Buffer>;
  /** Hash of the leaves from `from` to before `to` as one tree: MTH(D[from:to]) of RFC 9162 section 2.1.1. */
  range(from: number, to: number): Promise<Buffer>;
  edgeAt(size: number): Promise<RightEdge>;
  close(): Promise<void>;
}

/** @throws StorageError where the folder cannot be read, or a file is missing */
export const openStoredHashes = async (folder: string): Promise<StoredHashes> => {
  const files = await listHashFiles(folder);
  const last = files.at(-1);
  const total = last === undefined ? 0 : last.from + last.count;
  const handles = new Map<string, FileHandle>();

  const fileAt = (position: number): HashFile | undefined =>
    files.findLast((file) => file.from <= position && position < file.from + file.count);
  const read = async (subtree: Subtree): Promise<Buffer> => {
    const position = storedPosition(subtree);
    const file = fileAt(position);
    if (file === undefined) throw new StorageError(`${folder}: hash ${position} of the tree is not stored`);
    const handle = handles.get(file.path) ?? (await open(file.path, 'r'));
    handles.set(file.path, handle);
    const bytes = Buffer.alloc(HASH_BYTES);
    const { bytesRead } = await handle.read(bytes, 0, HASH_BYTES, (position - file.from) * HASH_BYTES);
    if (bytesRead !== HASH_BYTES) throw new StorageError(`${file.path}: the file became shorter`);
    return bytes;
  };
  const readAll = async (parts: readonly Subtree[]): Promise<Buffer[]> => {
    const hashes: Buffer[] = [];
    for (const part of parts) hashes.push(await read(part));
    return hashes;
  };

  return {
    leaves: leavesWithin(total),
    segmentOf: (index) => fileAt(storedPosition({ level: 0, index }))?.number,
    read,
    range: async (from, to) =>
      (await readAll(partsOf(from, to))).reduceRight<Buffer | undefined>(
        (right, left) => (right === undefined ? left : nodeHash(left, right)),
        undefined,
      ) ?? EMPTY_ROOT,
    edgeAt: async (size) => new RightEdge(size, await readAll(edgeParts(size))),
    close: async () => {
      for (const handle of handles.values()) await handle.close();
      handles.clear();
    },
  };
};

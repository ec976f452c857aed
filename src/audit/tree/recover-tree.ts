import { open, readFile, stat } from 'node:fs/promises';
import { StorageError } from '../../storage/storage-error.ts';
import { readLine } from '../line.ts';
import type { RecoveredLog } from '../recover-log.ts';
import { listSegments, readLines, segmentPath, type SegmentFile } from '../segment-files.ts';
import { hashesPath, openStoredHashes } from './hash-files.ts';
import { HASH_BYTES, leafHash, RightEdge } from './merkle.ts';
import { leavesOf, storedCount } from './stored.ts';

export interface RecoveredTree {
  readonly edge: RightEdge;
  /** Bytes of the last segment's hashes. */
  readonly size: number;
  /** Segments whose hashes were made anew: all, of a log that an earlier version wrote. */
  readonly rebuilt: number;
}

/**
 * Makes the tree of a recovered log, and its stored hashes whole: those of the last segment are made from its entries,
 * as are those of a closed segment where they are missing or too few; of a retired one they have to be there.
 *
 * @throws StorageError where segments or the hashes of retired ones are missing
 */
export const recoverTree = async (folder: string, log: RecoveredLog): Promise<RecoveredTree> => {
  const segments = await listSegments(folder);
  const first = segments[0]?.number ?? 1;
  let leaves = 0;
  for (let retired = 1; retired < first; retired++) leaves = await leavesBehind(folder, retired, leaves);

  let edge: RightEdge | undefined;
  let rebuilt = 0;
  let size = 0;
  for (const [index, segment] of segments.entries()) {
    if (segment.number !== first + index) throw missing(segmentPath(folder, first + index));
    const isLast = index === segments.length - 1;
    const end = isLast ? log.head.seq : await endOf(segments.slice(index + 1), log);
    const bytes = (storedCount(end) - storedCount(leaves)) * HASH_BYTES;
    const path = hashesPath(folder, segment.number);
    const found = (await stat(path).catch(() => undefined))?.size;
    if (isLast || found !== bytes) {
      edge ??= await storedEdge(folder, leaves);
      if (edge.size !== leaves) throw missing(segment.path);
      if (await rebuild(segment, path, edge)) rebuilt += 1;
      if (edge.size !== end) throw missing(segmentPath(folder, segment.number + 1));
    } else edge = undefined;
    leaves = end;
    size = bytes;
  }
  return { edge: edge ?? (await storedEdge(folder, leaves)), size, rebuilt };
};

const missing = (path: string): StorageError =>
  new StorageError(
    `${path}: missing, or not whole; run "onecert audit verify", keep the folder as evidence and start with an empty one`,
  );

/** Number of the last entry before these segments' first. */
const endOf = async (following: readonly SegmentFile[], log: RecoveredLog): Promise<number> => {
  for (const { path } of following) {
    for await (const lines of readLines(path)) {
      const [line] = lines;
      const entry = line?.ended === true ? readLine(line.bytes) : undefined;
      if (line !== undefined && entry === undefined) throw missing(path);
      if (entry !== undefined) return entry.seq - 1;
      break;
    }
  }
  return log.head.seq;
};

const leavesBehind = async (folder: string, retired: number, leaves: number): Promise<number> => {
  const path = hashesPath(folder, retired);
  const found = await stat(path).catch(() => {
    throw missing(segmentPath(folder, retired));
  });
  const behind = leavesOf(storedCount(leaves) + found.size / HASH_BYTES);
  if (behind === undefined) throw missing(path);
  return behind;
};

const storedEdge = async (folder: string, size: number): Promise<RightEdge> => {
  if (size === 0) return new RightEdge();
  const hashes = await openStoredHashes(folder);
  try {
    return await hashes.edgeAt(size);
  } finally {
    await hashes.close();
  }
};

/** Whether the file had other bytes than the entries give; fewer, at its end, are no reason to speak of it. */
const rebuild = async ({ path }: SegmentFile, file: string, edge: RightEdge): Promise<boolean> => {
  const stored: Buffer[] = [];
  for await (const lines of readLines(path)) {
    for (const { bytes, ended } of lines) if (ended) edge.push(leafHash(bytes), stored);
  }
  const right = Buffer.concat(stored);
  const found = await readFile(file).catch(() => undefined);
  if (found?.equals(right) === true) return false;
  const handle = await open(file, found === undefined ? 'wx+' : 'r+', 0o600);
  try {
    await handle.truncate(0);
    await handle.writeFile(right);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return found === undefined ? right.length > 0 : !right.subarray(0, found.length).equals(found);
};

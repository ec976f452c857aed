import { cp, mkdir, open, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../../storage/storage-error.ts';
import {
  checkpointsPath,
  latestCheckpoint,
  readCheckpoints,
  verifierKeysPath,
} from '../checkpoint/checkpoints-file.ts';
import { readLine } from '../line.ts';
import { listSegments, readLines, segmentPath, type SegmentFile } from '../segment-files.ts';
import { hashesPath } from '../tree/hash-files.ts';
import { jsonOf, readRetiredSegments, retiredPath, type RetiredSegment } from './retired-segments.ts';

/**
 * The closed segments, from the oldest on, all of whose entries were written before a date and are covered by a
 * checkpoint. The log is to be verified first.
 *
 * @throws StorageError where the log has no checkpoints: what is retired could not be proven any more
 */
export const planRetirement = async (folder: string, before: number): Promise<readonly RetiredSegment[]> => {
  const covered = (await latestCheckpoint(folder))?.size;
  if (covered === undefined) {
    throw new StorageError(`${folder}: the log has no checkpoints, so nothing retired could be proven later`);
  }
  const planned: RetiredSegment[] = [];
  for (const segment of (await listSegments(folder)).slice(0, -1)) {
    const ends = await endsOf(segment);
    if (ends.written >= before || ends.last > covered) break;
    const { first, last, lastHash } = ends;
    planned.push({ segment: segment.number, first, last, lastHash });
  }
  return planned;
};

const endsOf = async ({ path }: SegmentFile) => {
  let first: Buffer | undefined;
  let last: Buffer | undefined;
  for await (const lines of readLines(path)) {
    first ??= lines[0] && Buffer.from(lines[0].bytes);
    const end = lines.at(-1);
    if (end !== undefined) last = Buffer.from(end.bytes);
  }
  const [begin, end] = [first && readLine(first), last && readLine(last)];
  if (begin === undefined || end === undefined || last === undefined) {
    throw new StorageError(`${path}: this is not what the gateway wrote; run "onecert audit verify"`);
  }
  const { written } = jsonOf(last.toString('utf8')) as { written: number };
  return { first: begin.seq, last: end.seq, lastHash: end.hash, written };
};

/**
 * Copies segments to an archive that can be verified by itself: with the hashes of all before them, the checkpoints up
 * to their end, and the keys. May be added to.
 */
export const archiveSegments = async (
  folder: string,
  segments: readonly RetiredSegment[],
  archive: string,
): Promise<void> => {
  await mkdir(archive, { recursive: true, mode: 0o700 });
  const last = segments.at(-1);
  if (last === undefined) return;
  for (const { segment } of segments)
    await copyFile(segmentPath(folder, segment), segmentPath(archive, segment));
  for (let segment = 1; segment <= last.segment; segment++) {
    await copyFile(hashesPath(folder, segment), hashesPath(archive, segment));
  }
  await copyFile(verifierKeysPath(folder), verifierKeysPath(archive));
  const kept = new Set((await listSegments(archive)).map(({ number }) => number));
  const gone = (await readRetiredSegments(folder)).filter(({ segment }) => !kept.has(segment));
  if (gone.length > 0) {
    await writeWhole(retiredPath(archive), gone.map((each) => `${JSON.stringify(each)}\n`).join(''));
  }
  const notes: string[] = [];
  for await (const read of readCheckpoints(folder)) {
    if ('checkpoint' in read && read.checkpoint.size <= last.last) notes.push(read.checkpoint.text);
  }
  await writeWhole(checkpointsPath(archive), notes.join('\n'));
};

const copyFile = async (from: string, to: string): Promise<void> => {
  await cp(from, `${to}.new`, { preserveTimestamps: true });
  await putInPlace(to);
};

const writeWhole = async (path: string, text: string): Promise<void> => {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await putInPlace(path);
};

/** On the disk before the original goes. */
const putInPlace = async (path: string): Promise<void> => {
  for (const each of [`${path}.new`, join(path, '..')]) {
    if (each !== `${path}.new`) await rename(`${path}.new`, path);
    const handle = await open(each, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
};

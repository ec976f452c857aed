import { stat, truncate } from 'node:fs/promises';
import { StorageError } from '../storage/storage-error.ts';
import { EMPTY_LOG, readLine, type Head } from './line.ts';
import { listSegments, readLines, type RawLine, type SegmentFile } from './segment-files.ts';

/** Where writing goes on after a start. */
export interface RecoveredLog {
  readonly segment: number;
  /** Bytes of the segment that are whole entries; the file has exactly these. */
  readonly size: number;
  readonly head: Head;
  /** Bytes of an unfinished line that a killed process or a power cut left, now cut off. */
  readonly cut: number;
}

/**
 * Finds the end of the log by reading its last segment, and cuts an unfinished line off. Only what a torn write
 * can leave is cut: half a line, or a hole of NULs. Anything else that does not fit the chain was done to the
 * file by somebody, and is left as evidence.
 *
 * @throws StorageError when the last segment is not a chain, naming file and line
 */
export const recoverLog = async (folder: string): Promise<RecoveredLog> => {
  const segments = await listSegments(folder);
  const last = segments.at(-1);
  if (last === undefined) return { segment: 1, size: 0, head: EMPTY_LOG, cut: 0 };
  const { head, size } = await scan(last);
  const cut = (await stat(last.path)).size - size;
  if (cut > 0) await truncate(last.path, size);
  return { segment: last.number, size, head: head ?? (await headBefore(segments)), cut };
};

/** A segment that was begun and has no entry yet follows the end of the one before. */
const headBefore = async (segments: readonly SegmentFile[]): Promise<Head> => {
  for (const segment of segments.slice(0, -1).reverse()) {
    const { head } = await scan(segment);
    if (head !== undefined) return head;
  }
  return EMPTY_LOG;
};

interface Scan {
  readonly head: Head | undefined;
  /** Bytes of whole entries. */
  readonly size: number;
}

const scan = async ({ path }: SegmentFile): Promise<Scan> => {
  let head: Head | undefined;
  let size = 0;
  let torn = false;
  let number = 0;
  for await (const lines of readLines(path)) {
    for (const line of lines) {
      number += 1;
      const next: Head | undefined = torn ? undefined : following(head, line);
      if (next === undefined) {
        if (!isTorn(line)) throw broken(path, number);
        torn = true;
      } else {
        head = next;
        size = line.offset + line.bytes.length + 1;
      }
    }
  }
  return { head, size };
};

const following = (head: Head | undefined, { bytes, ended }: RawLine): Head | undefined => {
  const line = ended ? readLine(bytes) : undefined;
  if (line?.sound !== true) return undefined;
  const follows = head === undefined || (line.prev === head.hash && line.seq === head.seq + 1);
  return follows ? { seq: line.seq, hash: line.hash } : undefined;
};

const isTorn = ({ bytes, ended, tooLong }: RawLine): boolean => bytes.includes(0) || (!ended && !tooLong);

const broken = (path: string, line: number): StorageError =>
  new StorageError(
    `${path}:${line}: this is not what the gateway wrote; run "onecert audit verify", keep the folder as evidence and start with an empty one`,
  );

import { open, type FileHandle } from 'node:fs/promises';
import { GENESIS, MAX_LINE_BYTES, readLine } from './line.ts';
import type { ReadEntry } from './seal-entry.ts';
import { listSegments, segmentPath } from './segment-files.ts';

/** Where a reader stands: behind the entry `seq`, whose hash the next one must follow. */
export interface AuditCursor {
  readonly segment: number;
  /** Bytes of the segment that have been read. */
  readonly offset: number;
  /** Of the last entry read; 0 where there is none yet. */
  readonly seq: number;
  /** `hash` of that entry. */
  readonly hash: string;
}

/** Before the first entry of whatever segments there are. */
export const BEGINNING: AuditCursor = { segment: 0, offset: 0, seq: 0, hash: GENESIS };

export interface FeedEntry {
  readonly seq: number;
  readonly hash: string;
  /** The line's bytes as text, without its end. */
  readonly line: string;
  readonly entry: ReadEntry;
  readonly segment: number;
  readonly offset: number;
  /** In bytes, without the line's end. */
  readonly length: number;
}

export interface FeedBatch {
  /** In order. */
  readonly entries: readonly FeedEntry[];
  /** Behind the last of them: what a reader remembers. */
  readonly cursor: AuditCursor;
  /** Nothing more is there to be read now. */
  readonly atEnd: boolean;
  /** Entries between two numbers are not there: their segments have been retired, or lost. */
  readonly missing?: { readonly after: number; readonly before: number };
  /**
   * What was read earlier is not what stands there now (a power cut took the end, a log was put back): the entries
   * begin at the start of a segment again, and numbers may come a second time.
   */
  readonly rewound: boolean;
  /** Lines that are no entries, or whose hash is wrong; `onecert audit verify` says which. */
  readonly unsound: number;
}

export interface AuditFeed {
  /** At most `limit` entries, also none; resolves soon, it never waits for entries to come. */
  next(limit: number): Promise<FeedBatch>;
  readonly cursor: AuditCursor;
  close(): Promise<void>;
}

export interface FeedOptions {
  readonly folder: string;
  readonly from?: AuditCursor;
  /** No entry beyond this number is read: what is behind it may not have been taken. Default: no bound. */
  readonly upTo?: () => number;
}

const CHUNK = 256 * 1024;

/**
 * Reads a log forward, also while it is written: one piece of a segment at a time, in memory that does not grow. A
 * segment may be retired under it; the feed goes on with the first one that is left.
 */
export const openAuditFeed = ({
  folder,
  from = BEGINNING,
  upTo = () => Infinity,
}: FeedOptions): AuditFeed => {
  const buffer = Buffer.allocUnsafe(CHUNK + MAX_LINE_BYTES);
  let cursor = from;
  let file: { readonly number: number; readonly handle: FileHandle } | undefined;
  /** The first line has to follow what was read the last time. Later ones are what they are: verifying is another's job. */
  let resuming = from.seq > 0;

  const release = async (): Promise<void> => {
    await file?.handle.close();
    file = undefined;
  };
  /** The segment the cursor is in, or the first one behind it; undefined where there is none. */
  const openSegment = async (): Promise<FileHandle | undefined> => {
    if (file?.number === cursor.segment) return file.handle;
    await release();
    for (let tries = 0; tries < 3; tries++) {
      const found = (await listSegments(folder).catch(absent))?.find(
        ({ number }) => number >= cursor.segment,
      );
      if (found === undefined) return undefined;
      const handle = await open(found.path, 'r').catch(absent);
      if (handle === undefined) continue;
      if (found.number !== cursor.segment) cursor = { ...cursor, segment: found.number, offset: 0 };
      file = { number: found.number, handle };
      return handle;
    }
    return undefined;
  };
  /** Goes on with the next segment, once this one is read to its end and will not grow. */
  const nextSegment = async (handle: FileHandle): Promise<boolean> => {
    const following = (await listSegments(folder)).find(({ number }) => number > cursor.segment);
    if (following === undefined) return false;
    const { size } = await handle.stat();
    const { bytesRead } = await handle.read(buffer, 0, CHUNK, cursor.offset);
    // Something was added before the next segment was begun. Behind the last line end there may be half a line.
    if (size > cursor.offset && buffer.subarray(0, bytesRead).includes(0x0a)) return true;
    await release();
    cursor = { ...cursor, segment: following.number, offset: 0 };
    return true;
  };
  const begin = async (): Promise<void> => {
    await release();
    cursor = { ...cursor, offset: 0 };
    resuming = false;
  };

  const readPiece = async (
    handle: FileHandle,
    limit: number,
  ): Promise<FeedBatch & { readonly dry: boolean }> => {
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, cursor.offset);
    const { segment } = cursor;
    const entries: FeedEntry[] = [];
    let unsound = 0;
    let missing: FeedBatch['missing'];
    let at = 0;
    let bounded = false;
    while (entries.length < limit) {
      const end = buffer.subarray(0, bytesRead).indexOf(0x0a, at);
      if (end === -1) break;
      const bytes = buffer.subarray(at, end);
      const chained = readLine(bytes);
      const entry = chained?.sound === true ? parse(bytes) : undefined;
      if (chained !== undefined && entry !== undefined && chained.seq > upTo()) {
        bounded = true;
        break;
      }
      const follows = entry !== undefined && chained?.prev === cursor.hash;
      const isLater = chained !== undefined && entry !== undefined && chained.seq > cursor.seq + 1;
      if (resuming && !follows && !isLater) {
        await begin();
        return { entries: [], cursor, atEnd: false, rewound: true, unsound: 0, dry: false };
      }
      resuming = false;
      if (chained === undefined || entry === undefined) {
        unsound += 1;
        at = end + 1;
        cursor = { ...cursor, offset: cursor.offset + bytes.length + 1 };
        continue;
      }
      if (isLater && cursor.seq > 0) {
        // A gap is told of before what comes behind it.
        if (entries.length > 0) break;
        missing = { after: cursor.seq, before: chained.seq };
      }
      entries.push({
        seq: chained.seq,
        hash: chained.hash,
        line: bytes.toString('utf8'),
        entry,
        segment,
        offset: cursor.offset,
        length: bytes.length,
      });
      at = end + 1;
      cursor = {
        segment,
        offset: cursor.offset + bytes.length + 1,
        seq: chained.seq,
        hash: chained.hash,
      };
    }
    if (at === 0 && !bounded && bytesRead > MAX_LINE_BYTES && entries.length === 0) {
      // Longer than any line: not the log's own.
      cursor = { ...cursor, offset: cursor.offset + bytesRead };
      unsound += 1;
    }
    const dry = at === 0 && (bounded || bytesRead <= MAX_LINE_BYTES);
    return {
      entries,
      cursor,
      atEnd: bounded,
      rewound: false,
      unsound,
      dry: dry && !bounded,
      ...(missing !== undefined && entries[0]?.seq === missing.before && { missing }),
    };
  };

  return {
    next: async (limit) => {
      for (;;) {
        const handle = await openSegment();
        const nothing = { entries: [], cursor, rewound: false, unsound: 0 };
        if (handle === undefined) return { ...nothing, cursor, atEnd: true };
        if ((await handle.stat()).size < cursor.offset) {
          await begin();
          return { ...nothing, cursor, atEnd: false, rewound: true };
        }
        const { dry, ...batch } = await readPiece(handle, limit);
        if (!dry) return batch;
        if (!(await nextSegment(handle))) return { ...batch, atEnd: true };
      }
    },
    get cursor() {
      return cursor;
    },
    close: release,
  };
};

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code !== 'ENOENT') throw error;
};

const parse = (bytes: Buffer): ReadEntry | undefined => {
  try {
    return JSON.parse(bytes.toString('utf8')) as ReadEntry;
  } catch {
    return undefined;
  }
};

/** A line without its end; undefined where it is no entry, or its hash is wrong. */
export const readEntry = (
  line: Buffer | string,
): Pick<FeedEntry, 'seq' | 'hash' | 'line' | 'entry'> | undefined => {
  const bytes = Buffer.isBuffer(line) ? line : Buffer.from(line);
  const chained = readLine(bytes);
  const entry = chained?.sound === true ? parse(bytes) : undefined;
  if (chained === undefined || entry === undefined) return undefined;
  return { seq: chained.seq, hash: chained.hash, line: bytes.toString('utf8'), entry };
};

/** One line of a segment; undefined where the segment has gone, or the line's hash is wrong. */
export const readEntryAt = async (
  folder: string,
  { segment, offset, length }: Pick<FeedEntry, 'segment' | 'offset' | 'length'>,
): Promise<Pick<FeedEntry, 'seq' | 'hash' | 'line' | 'entry'> | undefined> => {
  const file = await open(segmentPath(folder, segment), 'r').catch(absent);
  if (file === undefined) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
    return readEntry(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
};

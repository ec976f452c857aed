import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_LINE_BYTES } from './line.ts';

const NAME = /^(\d{8})\.log$/;

export interface SegmentFile {
  readonly number: number;
  readonly path: string;
}

export const segmentPath = (folder: string, number: number): string =>
  join(folder, `${String(number).padStart(8, '0')}.log`);

/** The segments of a log, in order. Files with other names are not the log's and are passed over. */
export const listSegments = async (folder: string): Promise<readonly SegmentFile[]> => {
  const names = await readdir(folder);
  return names
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
    .map((number) => ({ number, path: segmentPath(folder, number) }));
};

export interface RawLine {
  /** Without its line end. A view of a buffer that is used again: valid until the next step of the loop. */
  readonly bytes: Buffer;
  /** Where the line begins in the file. */
  readonly offset: number;
  /** False for what stands behind the last line end. */
  readonly ended: boolean;
  /** Longer than MAX_LINE_BYTES. Where it also has no end, `bytes` is its beginning and nothing more is read. */
  readonly tooLong: boolean;
}

const CHUNK = 1024 * 1024;

/**
 * The lines of a file, an array for each megabyte read, in memory that does not grow with the file or its lines.
 * Bytes written behind the end while reading may or may not be seen.
 */
export async function* readLines(path: string): AsyncGenerator<readonly RawLine[]> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK + MAX_LINE_BYTES);
    let held = 0;
    let position = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, held, CHUNK, position);
      position += bytesRead;
      const filled = held + bytesRead;
      const offset = position - filled;
      const { lines, rest } = splitLines(buffer.subarray(0, filled), offset);
      const remaining = filled - rest;
      if (remaining > MAX_LINE_BYTES || bytesRead === 0) {
        const bytes = buffer.subarray(rest, Math.min(filled, rest + MAX_LINE_BYTES));
        const tooLong = remaining > MAX_LINE_BYTES;
        yield remaining === 0 ? lines : [...lines, { bytes, offset: offset + rest, ended: false, tooLong }];
        return;
      }
      yield lines;
      buffer.copyWithin(0, rest, filled);
      held = remaining;
    }
  } finally {
    await file.close();
  }
}

const splitLines = (bytes: Buffer, offset: number): { lines: RawLine[]; rest: number } => {
  const lines: RawLine[] = [];
  let rest = 0;
  for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, rest)) {
    const tooLong = end - rest > MAX_LINE_BYTES;
    lines.push({ bytes: bytes.subarray(rest, end), offset: offset + rest, ended: true, tooLong });
    rest = end + 1;
  }
  return { lines, rest };
};

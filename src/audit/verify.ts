import { StorageError } from '../storage/storage-error.ts';
import { EMPTY_LOG, readLine, type ChainedLine, type Head } from './line.ts';
import { listSegments, readLines, type RawLine, type SegmentFile } from './segment-files.ts';

export interface AuditLogProblem {
  readonly file: string;
  /** From 1; 0 where the file as a whole is meant. */
  readonly line: number;
  readonly what: string;
}

export interface AuditLogReport {
  readonly ok: boolean;
  /** Whole entries read, up to the problem where there is one. */
  readonly entries: number;
  /** 0 where the log has no entry. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** SHA-256 of the last entry, base64url: with `lastSeq` the head to note for the next time. */
  readonly lastHash: string;
  readonly problem?: AuditLogProblem;
}

/**
 * Reads the whole log and follows its chain: changed, dropped, doubled and reordered entries and missing segments
 * are found, and with a `head` noted earlier also a log cut off at its end or written anew from there on. May run
 * beside the gateway: what it is just writing at the end is no problem. Memory does not grow with the log.
 *
 * @throws StorageError when the folder cannot be read
 */
export const verifyAuditLog = async (folder: string, head?: Head): Promise<AuditLogReport> => {
  const segments = await segmentsOf(folder);
  const chain = new Chain(head);
  for (const [index, segment] of segments.entries()) {
    const missing = index + 1 === segment.number ? undefined : `segment ${index + 1} is missing`;
    const problem =
      missing === undefined
        ? await chain.follow(segment, index === segments.length - 1)
        : { file: segment.path, line: 0, what: `${missing}: it should stand before this one` };
    if (problem !== undefined) return chain.report(problem);
  }
  return chain.report(chain.cutOff(segments.at(-1)?.path ?? folder));
};

const segmentsOf = async (folder: string): Promise<readonly SegmentFile[]> => {
  try {
    return await listSegments(folder);
  } catch (cause) {
    throw new StorageError(`${folder}: the audit log cannot be read: ${(cause as Error).message}`, { cause });
  }
};

class Chain {
  #head = EMPTY_LOG;
  #entries = 0;
  readonly #noted: Head | undefined;

  constructor(noted: Head | undefined) {
    this.#noted = noted;
  }

  async follow(segment: SegmentFile, isLast: boolean): Promise<AuditLogProblem | undefined> {
    let number = 0;
    for await (const lines of readLines(segment.path)) {
      for (const line of lines) {
        number += 1;
        const what = this.#problemOf(line, isLast);
        if (what !== undefined) return { file: segment.path, line: number, what };
      }
    }
    return undefined;
  }

  #problemOf({ bytes, ended, tooLong }: RawLine, isLast: boolean): string | undefined {
    const isBeingWritten = isLast && !ended && (!tooLong || bytes.every((byte) => byte === 0));
    if (isBeingWritten) return undefined;
    if (tooLong) return 'the line is longer than any entry';
    if (!ended) return 'the line has no end';
    const line = readLine(bytes);
    if (line === undefined) return 'this is not an entry of this log';
    if (!line.sound) return `entry ${line.seq} was changed: its hash does not fit it`;
    return this.#misplaced(line) ?? this.#take(line);
  }

  #misplaced({ seq, prev }: ChainedLine): string | undefined {
    const expected = this.#head.seq + 1;
    if (seq > expected) return `entries ${expected} to ${seq - 1} are missing before entry ${seq}`;
    if (seq < expected) return `entry ${seq} stands again or out of order where ${expected} is expected`;
    if (prev !== this.#head.hash) return `entry ${seq} does not follow the entry before it: one was replaced`;
    return undefined;
  }

  #take({ seq, hash }: ChainedLine): string | undefined {
    if (seq === this.#noted?.seq && hash !== this.#noted.hash) {
      return `entry ${seq} is another one than the head noted earlier: the log was written anew`;
    }
    this.#head = { seq, hash };
    this.#entries += 1;
    return undefined;
  }

  cutOff(file: string): AuditLogProblem | undefined {
    const noted = this.#noted?.seq ?? 0;
    if (this.#head.seq >= noted) return undefined;
    return {
      file,
      line: 0,
      what: `the log ends with entry ${this.#head.seq}, but the head noted earlier is entry ${noted}: entries were cut off`,
    };
  }

  report(problem: AuditLogProblem | undefined): AuditLogReport {
    return {
      ok: problem === undefined,
      entries: this.#entries,
      firstSeq: this.#entries === 0 ? 0 : 1,
      lastSeq: this.#head.seq,
      lastHash: this.#head.hash,
      ...(problem && { problem }),
    };
  }
}

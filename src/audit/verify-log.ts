import { announcedKey } from './checkpoint/key-entries.ts';
import { RETIREMENT } from './retirement/carry-out.ts';
import { jsonOf, type RetiredSegment, retiredPath } from './retirement/retired-segments.ts';
import { EMPTY_LOG, readLine, type ChainedLine, type Head } from './line.ts';
import { readLines, type RawLine, type SegmentFile } from './segment-files.ts';
import { hashesPath } from './tree/hash-files.ts';
import { leafHash, RightEdge } from './tree/merkle.ts';
import type { CheckpointCheck } from './verify-checkpoints.ts';
import { HashReader } from './verify-hashes.ts';

export interface AuditLogProblem {
  readonly file: string;
  /** From 1; in a file of hashes, the entry of the segment; 0 where the file as a whole is meant. */
  readonly line: number;
  readonly what: string;
}

const CHANGE = Buffer.from('"event":"change"');

/** Follows chain and tree from the first entry on. */
export class LogWalk {
  readonly #folder: string;
  readonly #noted: Head | undefined;
  readonly #checkpoints: CheckpointCheck;
  readonly #edge = new RightEdge();
  #head = EMPTY_LOG;
  #entries = 0;
  #firstSeq = 0;
  #retired = 0;
  /** Segments that entries say were retired: from the first to this one. */
  #recordedRetired = 0;

  constructor(folder: string, noted: Head | undefined, checkpoints: CheckpointCheck) {
    this.#folder = folder;
    this.#noted = noted;
    this.#checkpoints = checkpoints;
  }

  get counts() {
    const { seq: lastSeq, hash: lastHash } = this.#head;
    return { entries: this.#entries, firstSeq: this.#firstSeq, lastSeq, lastHash, retired: this.#retired };
  }

  async follow(
    { path, number: segment }: SegmentFile,
    isLast: boolean,
  ): Promise<AuditLogProblem | undefined> {
    const hashes = await HashReader.open(hashesPath(this.#folder, segment));
    let number = 0;
    try {
      for await (const lines of readLines(path)) {
        for (const line of lines) {
          number += 1;
          const what = this.#problemOf(line, isLast);
          if (what !== undefined) return { file: path, line: number, what };
          if (!line.ended) continue;
          this.#edge.push(leafHash(line.bytes), hashes.expected);
          hashes.mark();
          const early = this.#checkpoints.isDue(this.#edge.size)
            ? await this.#compare(hashes, isLast)
            : undefined;
          if (early !== undefined) return early;
        }
        const problem = await hashes.compare(isLast);
        if (problem !== undefined) return problem;
      }
      return hashes.end() ?? this.#uncovered(hashes, isLast);
    } finally {
      await hashes.close();
    }
  }

  async #compare(hashes: HashReader, mayEnd: boolean): Promise<AuditLogProblem | undefined> {
    return (await hashes.compare(mayEnd)) ?? (await this.#checkpoints.reached(this.#edge));
  }

  /** Hashes may be behind the entries, but are on the disk before a checkpoint covers them. */
  #uncovered(hashes: HashReader, isLast: boolean): AuditLogProblem | undefined {
    const missing = this.#edge.size - hashes.missing < this.#checkpoints.counts.covered;
    return isLast && missing ? hashes.tooShort() : undefined;
  }

  /** Of a retired segment the leaves come from the stored hashes; its last hash goes on with the chain. */
  async followRetired({
    segment,
    first,
    last,
    lastHash,
  }: RetiredSegment): Promise<AuditLogProblem | undefined> {
    const misplaced = (what: string): AuditLogProblem => ({
      file: retiredPath(this.#folder),
      line: segment,
      what,
    });
    if (first !== this.#head.seq + 1 || last < first) {
      return misplaced(`retired segment ${segment} does not begin with entry ${this.#head.seq + 1}`);
    }
    const hashes = await HashReader.open(hashesPath(this.#folder, segment));
    try {
      for (let seq = first; seq <= last; seq++) {
        const leaf = await hashes.next();
        if (leaf === undefined) return hashes.tooShort();
        const stored: Buffer[] = [];
        this.#edge.push(leaf, stored);
        for (const inner of stored.slice(1)) {
          if ((await hashes.next())?.equals(inner) !== true) return hashes.wrong(seq - first + 1);
        }
        if (!this.#checkpoints.isDue(this.#edge.size)) continue;
        const problem = await this.#checkpoints.reached(this.#edge);
        if (problem !== undefined) return problem;
      }
      if ((await hashes.next(1)) !== undefined) return hashes.tooLong();
    } finally {
      await hashes.close();
    }
    this.#retired += last - first + 1;
    const replaced = this.#take({ seq: last, hash: lastHash });
    return replaced === undefined ? undefined : misplaced(replaced);
  }

  #problemOf({ bytes, ended, tooLong }: RawLine, isLast: boolean): string | undefined {
    const isBeingWritten = isLast && !ended && (!tooLong || bytes.every((byte) => byte === 0));
    if (isBeingWritten) return undefined;
    if (tooLong) return 'the line is longer than any entry';
    if (!ended) return 'the line has no end';
    const line = readLine(bytes);
    if (line === undefined) return 'this is not an entry of this log';
    if (!line.sound) return `entry ${line.seq} was changed: its hash does not fit it`;
    const problem = this.#misplaced(line) ?? this.#take(line);
    if (problem !== undefined) return problem;
    this.#entries += 1;
    if (this.#firstSeq === 0) this.#firstSeq = line.seq;
    if (bytes.includes(CHANGE)) this.#noteChange(line.seq, bytes.toString('utf8'));
    return undefined;
  }

  #misplaced({ seq, prev }: ChainedLine): string | undefined {
    const expected = this.#head.seq + 1;
    if (seq > expected) return `entries ${expected} to ${seq - 1} are missing before entry ${seq}`;
    if (seq < expected) return `entry ${seq} stands again or out of order where ${expected} is expected`;
    if (prev !== this.#head.hash) return `entry ${seq} does not follow the entry before it: one was replaced`;
    return undefined;
  }

  #take({ seq, hash }: Head): string | undefined {
    if (seq === this.#noted?.seq && hash !== this.#noted.hash) {
      return `entry ${seq} is another one than the head noted earlier: the log was written anew`;
    }
    this.#head = { seq, hash };
    return undefined;
  }

  #noteChange(seq: number, line: string): void {
    const key = announcedKey(line);
    if (key !== undefined) this.#checkpoints.announced({ seq, key });
    const entry = jsonOf(line) as Record<string, unknown> | undefined;
    if (entry?.['event'] !== 'change' || entry['what'] !== RETIREMENT) return;
    this.#recordedRetired = Math.max(this.#recordedRetired, Number(entry['segments']) || 0);
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

  /** A segment that is gone without an entry that says so was taken away by somebody. */
  unrecorded(retired: readonly RetiredSegment[]): AuditLogProblem | undefined {
    if (retired.length <= this.#recordedRetired) return undefined;
    const line = this.#recordedRetired + 1;
    const what = `no entry of the log says that segment ${line} was retired`;
    return { file: retiredPath(this.#folder), line, what };
  }
}

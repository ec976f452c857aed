import { open, type FileHandle } from 'node:fs/promises';
import { HASH_BYTES } from './tree/merkle.ts';
import type { AuditLogProblem } from './verify-log.ts';

const CHUNK = 64 * 1024 * HASH_BYTES;

/** Reads the stored hashes of one segment beside its entries. */
export class HashReader {
  /** What has to come next in the file, made from the entries. */
  readonly expected: Buffer[] = [];
  readonly #path: string;
  readonly #file: FileHandle | undefined;
  /** For each entry not yet compared, how many hashes it and those before it have. */
  #marks: number[] = [];
  #entries = 0;
  #position = 0;
  #ended = false;
  /** Entries whose hashes are not there. */
  missing = 0;
  #chunk = Buffer.alloc(0);

  /** Bytes that were there before the entries were read: hashes are written behind their entries. */
  readonly #least: number;

  private constructor(path: string, file: FileHandle | undefined, least: number) {
    this.#path = path;
    this.#file = file;
    this.#least = least;
  }

  static async open(path: string): Promise<HashReader> {
    const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return new HashReader(path, file, (await file?.stat())?.size ?? 0);
  }

  /** The hashes of one more entry are expected. */
  mark(): void {
    this.#marks.push(this.expected.length);
  }

  /** `mayEnd`: the gateway writes the file, and is behind. */
  async compare(mayEnd: boolean): Promise<AuditLogProblem | undefined> {
    const right = Buffer.concat(this.expected);
    const marks = this.#marks;
    this.expected.length = 0;
    this.#marks = [];
    const before = this.#entries;
    this.#entries += marks.length;
    if (this.#ended) {
      this.missing += marks.length;
      return undefined;
    }
    const found = await this.#read(right.length);
    const wrongAt = firstDifference(found, right);
    if (wrongAt < found.length) return this.wrong(before + entryAt(marks, wrongAt));
    if (found.length === right.length) return undefined;
    if (!mayEnd) return this.tooShort();
    this.#ended = true;
    this.missing += marks.length - marks.filter((count) => count * HASH_BYTES <= found.length).length;
    return undefined;
  }

  end(): AuditLogProblem | undefined {
    return this.#position < this.#least ? this.tooLong() : undefined;
  }

  /** The next hash, whatever it is; with `length` 1, whether there is anything. */
  async next(length = HASH_BYTES): Promise<Buffer | undefined> {
    if (this.#chunk.length < length) this.#chunk = Buffer.concat([this.#chunk, await this.#read(CHUNK)]);
    if (this.#chunk.length < length) return undefined;
    const hash = Buffer.from(this.#chunk.subarray(0, length));
    this.#chunk = this.#chunk.subarray(length);
    return hash;
  }

  wrong(line: number): AuditLogProblem {
    return {
      file: this.#path,
      line,
      what: `the stored hashes of entry ${line} of this segment are not its own`,
    };
  }

  tooShort(): AuditLogProblem {
    const what =
      this.#file === undefined ? 'the hashes of this segment are missing' : 'hashes are missing at the end';
    return { file: this.#path, line: 0, what };
  }

  tooLong(): AuditLogProblem {
    return { file: this.#path, line: 0, what: 'the file has more hashes than its segment entries' };
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #read(length: number): Promise<Buffer> {
    if (this.#file === undefined || length === 0) return Buffer.alloc(0);
    const { buffer, bytesRead } = await this.#file.read(
      Buffer.allocUnsafe(length),
      0,
      length,
      this.#position,
    );
    this.#position += bytesRead;
    return buffer.subarray(0, bytesRead);
  }
}

const firstDifference = (some: Buffer, others: Buffer): number => {
  if (some.equals(others.subarray(0, some.length))) return some.length;
  return some.findIndex((byte, index) => byte !== others[index]);
};

/** Which entry, from 1, the byte belongs to. */
const entryAt = (marks: readonly number[], at: number): number =>
  marks.findIndex((count) => count * HASH_BYTES > at) + 1;

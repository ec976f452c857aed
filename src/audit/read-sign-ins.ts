import { open } from 'node:fs/promises';
import { MAX_LINE_BYTES, readLine } from './line.ts';
import { listSegments } from './segment-files.ts';

/** A sign-in as the log has it; number and hash are what it is found and proved by. */
export interface SignInRecord {
  readonly seq: number;
  /** SHA-256 of the entry, base64url (line.ts). */
  readonly hash: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly from: string;
  readonly proof: string;
  readonly authority: string;
  readonly thumbprint: string;
}

export interface ReadSignInsOptions {
  /** How many at most. */
  readonly limit?: number;
  /** How far back is looked, in bytes of log. */
  readonly maxBytes?: number;
}

const CHUNK = 1024 * 1024;
const UNIFIED_ID = /^[\w-]{1,64}$/;

/**
 * The latest sign-ins of one identity, the latest first: the newest segments are searched backwards for its unified id,
 * and only lines that hold it are read. Bounded: who has signed in long ago may get none. A line whose hash is not its
 * own is left out.
 */
export const readSignIns = async (
  folder: string,
  unifiedId: string,
  { limit = 20, maxBytes = 64 * 1024 * 1024 }: ReadSignInsOptions = {},
): Promise<readonly SignInRecord[]> => {
  if (!UNIFIED_ID.test(unifiedId)) return [];
  const sought = Buffer.from(`"unifiedId":"${unifiedId}"`);
  const found: SignInRecord[] = [];
  let left = maxBytes;
  for (const { path } of (await listSegments(folder)).toReversed()) {
    const file = await open(path, 'r');
    try {
      for (let end = (await file.stat()).size; end > 0 && left > 0;) {
        // Chunks overlap by the longest line, so that each line is whole in the chunk that its end is in.
        const start = Math.max(0, end - CHUNK);
        const from = Math.max(0, start - MAX_LINE_BYTES);
        const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(end - from), 0, end - from, from);
        const chunk = buffer.subarray(0, bytesRead);
        for (const line of linesWith(chunk, sought, from === 0, start - from)) {
          const record = signInOf(line, unifiedId);
          if (record !== undefined && found.push(record) === limit) return found;
        }
        left -= bytesRead;
        end = start;
      }
    } finally {
      await file.close();
    }
    if (left <= 0) break;
  }
  return found;
};

/**
 * The lines that hold `sought`, from the last to the first, of those whose end stands at `floor` or behind; a line that
 * begins before the chunk, or has not been written to its end, is none.
 */
function* linesWith(chunk: Buffer, sought: Buffer, isWhole: boolean, floor: number): Generator<Buffer> {
  for (let at = chunk.lastIndexOf(sought); at !== -1;) {
    const begin = chunk.lastIndexOf(0x0a, at) + 1;
    const end = chunk.indexOf(0x0a, at);
    if (end !== -1 && end < floor) return;
    if (end !== -1 && (begin > 0 || isWhole)) yield chunk.subarray(begin, end);
    // A negative place would count from the end.
    if (begin <= sought.length) return;
    at = chunk.lastIndexOf(sought, begin - 1 - sought.length);
  }
}

const signInOf = (line: Buffer, unifiedId: string): SignInRecord | undefined => {
  const chained = readLine(line);
  if (chained === undefined || !chained.sound) return undefined;
  const entry = JSON.parse(line.toString('utf8')) as Record<string, unknown>;
  if (entry['event'] !== 'sign-in' || entry['unifiedId'] !== unifiedId) return undefined;
  const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '');
  return {
    seq: chained.seq,
    hash: chained.hash,
    at: Number(entry['at']),
    from: text('from'),
    proof: text('proof'),
    authority: text('authority'),
    thumbprint: text('thumbprint'),
  };
};

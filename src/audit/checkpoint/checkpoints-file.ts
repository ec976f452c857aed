import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readLines } from '../segment-files.ts';
import { parseCheckpoint, type Checkpoint } from './checkpoint.ts';
import { parseSignature, parseVerifierKey, type VerifierKey } from './note.ts';

/**
 * `checkpoints`: signed notes in the order they were made, an empty line between them, only ever added to. One that a
 * witness has cosigned stands there again with its cosignature.
 */
export const checkpointsPath = (folder: string): string => join(folder, 'checkpoints');

/** `verifier-keys`: the public keys of this log, one a line, the newest last. */
export const verifierKeysPath = (folder: string): string => join(folder, 'verifier-keys');

/** A checkpoint and the line, from 1, that it begins at; or what stands there that is none. */
export type CheckpointRead =
  | { readonly line: number; readonly checkpoint: Checkpoint }
  | { readonly line: number; readonly problem: string };

const isTornLine = [
  /^[^\n]*$/,
  /^\d{0,16}$/,
  /^[A-Za-z0-9+/]{0,43}=?$/,
  /^$/,
  /^(?:\u2014(?: (?:\S+(?: (?:[A-Za-z0-9+/]*={0,2})?)?)?)?)?$/,
] as const;

/**
 * All checkpoints in the first `limit` bytes of the file. What a write cut short can leave at the end is passed over.
 * Memory does not grow with the file.
 */
export async function* readCheckpoints(
  folder: string,
  limit = Infinity,
): AsyncGenerator<CheckpointRead, void, undefined> {
  let number = 0;
  let begin = 1;
  let lines: string[] = [];
  const problem = (what: string): CheckpointRead => ({ line: number, problem: what });
  const take = (): CheckpointRead => {
    const checkpoint = parseCheckpoint(`${lines.join('\n')}\n`);
    return checkpoint === undefined
      ? { line: begin, problem: 'this is not a checkpoint' }
      : { line: begin, checkpoint };
  };
  for await (const batch of readLines(checkpointsPath(folder))) {
    for (const { bytes, ended, offset } of batch) {
      if (offset + bytes.length + (ended ? 1 : 0) > limit) break;
      number += 1;
      const text = bytes.toString('utf8');
      if (Buffer.compare(Buffer.from(text), bytes) !== 0) return void (yield problem('this is not UTF-8'));
      if (!ended) {
        const isTorn = lines.length > 5 || isTornLine[Math.min(lines.length, 4)]?.test(text) === true;
        const isWhole = lines.length === 4 && text.endsWith('=') && parseSignature(text) === undefined;
        if (!isTorn || isWhole)
          return void (yield problem('this is not a checkpoint, nor the beginning of one'));
        if (lines.length > 4) yield take();
        return;
      }
      if (lines.length > 4 && text === '') {
        const read = take();
        yield read;
        if ('problem' in read) return;
        lines = [];
        begin = number + 1;
      } else {
        lines.push(text);
        if (lines.length > 4 + 32) return void (yield problem('this checkpoint has too many signatures'));
        if (lines.length <= 5 && !fits(lines)) return void (yield problem('this is not a checkpoint'));
      }
    }
  }
  if (lines.length > 4) yield take();
}

const fits = (lines: readonly string[]): boolean => {
  const at = lines.length - 1;
  const text = lines[at] ?? '';
  if (at === 0) return text !== '';
  return at === 4 ? text.startsWith('\u2014 ') : isTornLine[at as 1 | 2 | 3].test(text);
};

const TAIL = 64 * 1024;
const NOTE = /^[^\n]+\n\d+\n[A-Za-z0-9+/]{43}=\n\n(?:\u2014 [^\n]+\n)+$/;

export interface CheckpointsEnd {
  /** The last ones, the latest last; undefined entries are none. */
  readonly checkpoints: readonly Checkpoint[];
  /** Bytes up to the end of the last. */
  readonly size: number;
  /** What stands behind it. */
  readonly rest: Buffer;
}

/** The end of the file: some hundred checkpoints. Verifies nothing. */
export const readCheckpointsEnd = async (folder: string): Promise<CheckpointsEnd> => {
  const path = checkpointsPath(folder);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (found === undefined) return { checkpoints: [], size: 0, rest: Buffer.alloc(0) };
  const from = Math.max(0, found.size - TAIL);
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(found.size - from),
      0,
      found.size - from,
      from,
    );
    const bytes = buffer.subarray(0, bytesRead);
    // Every signature line ends in ASCII: bytes and characters agree on where they end.
    const text = bytes.toString('latin1');
    const pieces = text.split(/(?<=\n\u00e2\u0080\u0094 [^\n]*\n)\n/);
    const whole = (from === 0 ? pieces : pieces.slice(1)).map((piece) =>
      Buffer.from(piece, 'latin1').toString('utf8'),
    );
    const last = whole.at(-1);
    const isLastWhole = last !== undefined && NOTE.test(last);
    const restLength = isLastWhole || last === undefined ? 0 : (pieces.at(-1) ?? '').length;
    const checkpoints = whole.flatMap((piece) => (NOTE.test(piece) ? (parseCheckpoint(piece) ?? []) : []));
    // The empty line before what is cut off goes with it.
    const separator = restLength > 0 && pieces.length > 1 ? 1 : 0;
    const size = found.size - restLength - separator;
    return { checkpoints, size, rest: bytes.subarray(bytes.length - restLength) };
  } finally {
    await file.close();
  }
};

/** The latest checkpoint that fits; the last of those of one size, which is the one with most cosignatures. */
export const latestCheckpoint = async (
  folder: string,
  isWanted: (checkpoint: Checkpoint) => boolean = () => true,
): Promise<Checkpoint | undefined> => {
  let latest: Checkpoint | undefined;
  for (const checkpoint of (await readCheckpointsEnd(folder)).checkpoints) {
    if (isWanted(checkpoint) && checkpoint.size >= (latest?.size ?? 0)) latest = checkpoint;
  }
  return latest;
};

/** The keys that the folder itself names; whoever must not trust the folder has them from elsewhere. */
export const readVerifierKeys = async (folder: string): Promise<readonly VerifierKey[]> => {
  const text = await readFile(verifierKeysPath(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => parseVerifierKey(line) ?? []);
};

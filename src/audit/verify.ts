import { readdir, stat } from 'node:fs/promises';
import { StorageError } from '../storage/storage-error.ts';
import { checkpointsPath, readVerifierKeys } from './checkpoint/checkpoints-file.ts';
import { NOTE_SIGNATURE, type VerifierKey } from './checkpoint/note.ts';
import { anchorOf, TrustedKeys, type EarlierKey, type LedToKey } from './checkpoint/trusted-keys.ts';
import type { Head } from './line.ts';
import { readRetiredSegments, retiredPath, type RetiredSegment } from './retirement/retired-segments.ts';
import { listSegments, segmentPath, type SegmentFile } from './segment-files.ts';
import { CheckpointCheck, type OutsideCheckpoint } from './verify-checkpoints.ts';
import { LogWalk, type AuditLogProblem } from './verify-log.ts';

export type { AuditLogProblem } from './verify-log.ts';

export interface VerifyOptions {
  /** A head noted earlier: entries cut off, or written anew before it, are found. */
  readonly head?: Head;
  /** Public keys of the log, the newest last: trust begins with that. Where none is given, those that the folder names. */
  readonly keys?: readonly VerifierKey[];
  /** A checkpoint kept elsewhere: the log has to be what it was then, and what was added. */
  readonly checkpoint?: OutsideCheckpoint;
  /** Witnesses, each of which has to have cosigned. */
  readonly witnesses?: readonly VerifierKey[];
  /** The folder is an archive of retired segments: the entry that retired those before them stands elsewhere. */
  readonly archive?: boolean;
}

export interface AuditLogReport {
  readonly ok: boolean;
  /** Whole entries read, up to the problem where there is one. */
  readonly entries: number;
  /** The first that has not been retired; 0 where there is none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** SHA-256 of the last entry, base64url: with `lastSeq` the head to note for the next time. */
  readonly lastHash: string;
  /** Entries retired: their hashes were verified. */
  readonly retired: number;
  /** Checkpoints verified; and how many entries the largest covers. */
  readonly checkpoints: number;
  readonly covered: number;
  /** The largest tree that each witness has cosigned, and when: ms since the epoch. */
  readonly cosigned: readonly { readonly witness: string; readonly size: number; readonly at: number }[];
  /** Whether the keys came from the folder that was verified. */
  readonly keysFromFolder: boolean;
  /** Keys not given that the log announces under checkpoints of those given. */
  readonly ledTo: readonly LedToKey[];
  /** Keys not given that signed before the first checkpoint of one given: their trees are the beginning of it. */
  readonly earlier: readonly EarlierKey[];
  readonly problem?: AuditLogProblem;
}

/**
 * Reads the whole log and follows its chain, its tree and its checkpoints: changed, dropped, doubled and reordered
 * entries, missing segments, hashes and checkpoints that do not belong together are found; with a head or checkpoint
 * noted elsewhere, or a witness, also a log cut off at its end or written anew with all its keys. May run beside the
 * gateway: what it is just writing at the end is no problem. Memory does not grow with the log.
 *
 * @throws StorageError when the folder cannot be read
 */
export const verifyAuditLog = async (
  folder: string,
  options: VerifyOptions = {},
): Promise<AuditLogReport> => {
  try {
    return await verifyOnce(folder, options);
  } catch (error) {
    // Segments may be retired while they are read.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return verifyOnce(folder, options);
    throw error;
  }
};

const verifyOnce = async (folder: string, options: VerifyOptions): Promise<AuditLogReport> => {
  const given = options.keys ?? [];
  const keysFromFolder = given.length === 0;
  // Before the checkpoints: a key that comes meanwhile has signed none of those that are looked at.
  const before = await readVerifierKeys(folder);
  const anchor = await anchorOf(
    folder,
    keysFromFolder ? before : given,
    keysFromFolder || options.archive === true,
  );
  // What is signed by now covers entries that are in the files by now; what is signed later is not looked at.
  const limit = (await stat(checkpointsPath(folder)).catch(() => undefined))?.size;
  // A segment is there before its hashes.
  const hashed = await hashedSegments(folder);
  const segments = await segmentsOf(folder);
  const noted = await readVerifierKeys(folder);
  const witnesses = options.witnesses ?? [];
  const checkpoints = new CheckpointCheck({
    folder,
    limit,
    hasKey: (keysFromFolder ? noted : given).some(({ type }) => type === NOTE_SIGNATURE),
    keys: new TrustedKeys({ anchor: anchor ?? newestOf(noted), given, noted, witnesses }),
    witnesses,
    outside: options.checkpoint,
  });
  const walk = new LogWalk(folder, options.head, checkpoints);
  try {
    const problem = await firstProblem(folder, { segments, hashed }, walk, checkpoints, options);
    return {
      ok: problem === undefined,
      ...walk.counts,
      ...checkpoints.counts,
      keysFromFolder,
      ...(problem && { problem }),
    };
  } finally {
    await checkpoints.close();
  }
};

/** Of a log that begins the key was noted just now. */
const newestOf = (keys: readonly VerifierKey[]): VerifierKey | undefined =>
  keys.findLast(({ type }) => type === NOTE_SIGNATURE);

const firstProblem = async (
  folder: string,
  { segments, hashed }: { readonly segments: readonly SegmentFile[]; readonly hashed: number },
  walk: LogWalk,
  checkpoints: CheckpointCheck,
  { archive = false }: VerifyOptions,
): Promise<AuditLogProblem | undefined> => {
  const retired = await retiredOf(folder);
  if ('what' in retired) return retired;
  const begin = await checkpoints.begin();
  if (begin !== undefined) return begin;
  const byNumber = new Map(segments.map((segment) => [segment.number, segment]));
  const last = Math.max(retired.length, segments.at(-1)?.number ?? 0, hashed);
  for (let number = 1; number <= last; number++) {
    const problem = await walkSegment(number, byNumber.get(number), retired[number - 1], walk, {
      path: segmentPath(folder, number),
      isLast: number === segments.at(-1)?.number,
    });
    if (problem !== undefined) return problem;
  }
  const end = segments.at(-1)?.path ?? folder;
  return walk.cutOff(end) ?? (archive ? undefined : walk.unrecorded(retired)) ?? (await checkpoints.end(end));
};

const walkSegment = async (
  number: number,
  segment: SegmentFile | undefined,
  retired: RetiredSegment | undefined,
  walk: LogWalk,
  { path, isLast }: { readonly path: string; readonly isLast: boolean },
): Promise<AuditLogProblem | undefined> => {
  // Recorded and not yet gone: a retirement cut short, or under way.
  if (segment !== undefined) return walk.follow(segment, isLast);
  if (retired === undefined) {
    return { file: path, line: 0, what: `segment ${number} is missing` };
  }
  return walk.followRetired(retired);
};

/** Number of the last segment that there are hashes of. */
const hashedSegments = async (folder: string): Promise<number> => {
  const names = await readdir(folder).catch(() => []);
  return Math.max(0, ...names.map((name) => Number(/^(\d{8})\.hashes$/.exec(name)?.[1] ?? 0)));
};

const segmentsOf = async (folder: string): Promise<readonly SegmentFile[]> => {
  try {
    return await listSegments(folder);
  } catch (cause) {
    throw new StorageError(`${folder}: the audit log cannot be read: ${(cause as Error).message}`, { cause });
  }
};

const retiredOf = async (folder: string): Promise<readonly RetiredSegment[] | AuditLogProblem> => {
  try {
    return await readRetiredSegments(folder);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const [, line = '0', what = error.message] = /:(\d+): (.*)$/.exec(error.message) ?? [];
    return { file: retiredPath(folder), line: Number(line), what };
  }
};

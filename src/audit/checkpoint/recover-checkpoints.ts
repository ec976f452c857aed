import { existsSync, readFileSync } from 'node:fs';
import { StorageError } from '../../storage/storage-error.ts';
import { openStoredHashes } from '../tree/hash-files.ts';
import type { RightEdge } from '../tree/merkle.ts';
import { signersOf } from './checkpoint.ts';
import { keysAnnouncedAfter } from './key-entries.ts';
import { NOTE_SIGNATURE, verifierKey, type VerifierKey } from './note.ts';
import {
  checkpointsPath,
  readCheckpointsEnd,
  readVerifierKeys,
  verifierKeysPath,
} from './checkpoints-file.ts';

export interface RecoveredCheckpoints {
  /** Bytes of the file that are whole checkpoints. */
  readonly size: number;
  /** Size of the tree that the latest is of; undefined where there is none. */
  readonly latest: number | undefined;
  /** Keys of the log that have signed the latest. */
  readonly signedBy: readonly VerifierKey[];
  /** Public keys of the log and of witnesses that are noted beside it, the newest last. */
  readonly noted: readonly VerifierKey[];
}

/**
 * Finds the end of the checkpoints, and whether the log still is what the latest one says. A checkpoint is signed only
 * when what it covers is on the disk: a log that is shorter was cut.
 *
 * @param own public keys of the versions that will sign; none where nothing is to be signed
 * @throws StorageError where it is not, naming the file
 */
export const recoverCheckpoints = async (
  folder: string,
  tree: RightEdge,
  own: readonly VerifierKey[],
): Promise<RecoveredCheckpoints> => {
  const path = checkpointsPath(folder);
  const { checkpoints, size, rest } = await readCheckpointsEnd(folder);
  const noted = await readVerifierKeys(folder);
  const hasKey = noted.some(({ type }) => type === NOTE_SIGNATURE);
  if (checkpoints.length === 0) {
    if (hasKey && tree.size > 0) throw evidence(`${path}: missing, though the log has a key`);
    if (rest.length > 0 && !isTorn(rest)) throw evidence(`${path}: this is not what the gateway wrote`);
    await refuseForeignKeys(folder, 0, own);
    return { size: 0, latest: undefined, signedBy: [], noted };
  }
  if (!isTorn(rest)) throw evidence(`${path}: its end is not what the gateway wrote`);
  const latest = checkpoints.reduce((a, b) => (b.size >= a.size ? b : a));
  // The log may have had another name.
  const ownThen = own.map(({ key }) => verifierKey(latest.origin, key));
  const signedBy = signersOf(latest, [...ownThen, ...noted])?.log ?? [];
  if (hasKey && signedBy.length === 0) {
    throw evidence(`${path}: the latest checkpoint is not signed with the key of this log`);
  }
  // What is noted beside the log anybody can have noted who can write there, and an old key may have been stolen.
  if (own.length > 0 && !signedBy.some((key) => ownThen.includes(key))) {
    throw evidence(
      `${path}: the latest checkpoint is signed with no version of audit.key; where this gateway stood still while one was retired, put that file back into the folder of keys, start, and retire it again; otherwise`,
    );
  }
  refuseLostKey(folder, noted, own);
  if (latest.size > tree.size) {
    throw evidence(
      `${folder}: the log has ${tree.size} entries, the latest checkpoint ${latest.size}: it was cut`,
    );
  }
  if (!(await rootAt(folder, tree, latest.size)).equals(latest.root)) {
    throw evidence(`${folder}: the log is another one than its checkpoint of ${latest.size} entries says`);
  }
  if (latest.size < tree.size) await refuseForeignKeys(folder, latest.size, own);
  return { size, latest: latest.size, signedBy, noted };
};

const includesKey = (keys: readonly VerifierKey[], wanted: VerifierKey): boolean =>
  keys.some(({ text }) => text === wanted.text);

/** From its announcement on, only what the newest key has signed is a checkpoint of the log: none could follow. */
const refuseLostKey = (folder: string, noted: readonly VerifierKey[], own: readonly VerifierKey[]): void => {
  const ofThisName = noted.filter(({ name, type }) => type === NOTE_SIGNATURE && name === own[0]?.name);
  const newest = ofThisName.at(-1);
  if (newest === undefined || includesKey(own, newest)) return;
  if (own.some((key) => !includesKey(ofThisName, key))) return;
  throw new StorageError(
    `${verifierKeysPath(folder)}: the log is signed with ${newest.text}, and the folder of keys has only versions of audit.key before it: put that one's file back`,
  );
};

/**
 * What came after the latest checkpoint, anybody can have written who can write the folder: an announcement of a key that
 * is none of ours is never signed.
 */
const refuseForeignKeys = async (
  folder: string,
  after: number,
  own: readonly VerifierKey[],
): Promise<void> => {
  if (own.length === 0) return;
  for (const { seq, key } of await keysAnnouncedAfter(folder, after)) {
    if (includesKey(own, key)) continue;
    throw evidence(`${folder}: entry ${seq} announces a key that is no version of audit.key`);
  }
};

const rootAt = async (folder: string, tree: RightEdge, size: number): Promise<Buffer> => {
  if (size === tree.size) return tree.root();
  const hashes = await openStoredHashes(folder);
  try {
    return await hashes.range(0, size);
  } finally {
    await hashes.close();
  }
};

/** Half a note, or a hole that a power cut left. */
const isTorn = (rest: Buffer): boolean =>
  rest.length < 16 * 1024 && (rest.at(-1) !== 0x0a || rest.length < 400);

const evidence = (what: string): StorageError =>
  new StorageError(
    `${what}; run "onecert audit verify", keep the folder as evidence and start with an empty one`,
  );

/**
 * What the file of keys has to be, where it is not that yet: earlier keys stay, those of the log that sign now stand at its
 * end, the newest last.
 */
export const noteVerifierKeys = (
  folder: string,
  witnesses: readonly string[],
  own: readonly string[],
): string | undefined => {
  const path = verifierKeysPath(folder);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const known = text.split('\n').filter((line) => line !== '');
  const others = known.filter((key) => !own.includes(key));
  const added = witnesses.filter((key) => !known.includes(key));
  const lines = [...others, ...added, ...own];
  const isNoted = lines.length === known.length && lines.every((line, index) => line === known[index]);
  return isNoted ? undefined : lines.map((line) => `${line}\n`).join('');
};

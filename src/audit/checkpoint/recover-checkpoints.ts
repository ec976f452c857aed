import { existsSync, readFileSync } from 'node:fs';
import { StorageError } from '../../storage/storage-error.ts';
import { openStoredHashes } from '../tree/hash-files.ts';
import type { RightEdge } from '../tree/merkle.ts';
import { signersOf } from './checkpoint.ts';
import { NOTE_SIGNATURE } from './note.ts';
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
}

/**
 * Finds the end of the checkpoints, and whether the log still is what the latest one says. A checkpoint is signed only
 * when what it covers is on the disk: a log that is shorter was cut.
 *
 * @throws StorageError where it is not, naming the file
 */
export const recoverCheckpoints = async (folder: string, tree: RightEdge): Promise<RecoveredCheckpoints> => {
  const path = checkpointsPath(folder);
  const { checkpoints, size, rest } = await readCheckpointsEnd(folder);
  const keys = await readVerifierKeys(folder);
  if (checkpoints.length === 0) {
    if (keys.some(({ type }) => type === NOTE_SIGNATURE) && tree.size > 0)
      throw evidence(`${path}: missing, though the log has a key`);
    if (rest.length > 0 && !isTorn(rest)) throw evidence(`${path}: this is not what the gateway wrote`);
    return { size: 0, latest: undefined };
  }
  if (!isTorn(rest)) throw evidence(`${path}: its end is not what the gateway wrote`);
  const latest = checkpoints.reduce((a, b) => (b.size >= a.size ? b : a));
  // Where a start was cut short, the key is not noted yet.
  if (keys.some(({ type }) => type === NOTE_SIGNATURE) && signersOf(latest, keys)?.log !== true) {
    throw evidence(`${path}: the latest checkpoint is not signed with the key of this log`);
  }
  if (latest.size > tree.size) {
    throw evidence(
      `${folder}: the log has ${tree.size} entries, the latest checkpoint ${latest.size}: it was cut`,
    );
  }
  if (!(await rootAt(folder, tree, latest.size)).equals(latest.root)) {
    throw evidence(`${folder}: the log is another one than its checkpoint of ${latest.size} entries says`);
  }
  return { size, latest: latest.size };
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

/** What the file of keys has to be, where one of these is not in it yet. */
export const noteVerifierKeys = (folder: string, keys: readonly string[]): string | undefined => {
  const path = verifierKeysPath(folder);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const known = text.split('\n');
  const added = keys.filter((key) => !known.includes(key));
  return added.length === 0 ? undefined : text + added.map((key) => `${key}\n`).join('');
};

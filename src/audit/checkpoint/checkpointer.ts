import { renameSync, writeFileSync } from 'node:fs';
import { openSyncedFile, type SyncedFile } from '../synced-file.ts';
import type { RightEdge } from '../tree/merkle.ts';
import type { TreeWriter } from '../tree/tree-writer.ts';
import { checkpointBody } from './checkpoint.ts';
import { checkpointsPath, verifierKeysPath } from './checkpoints-file.ts';
import type { NoteSigner } from './note.ts';

/** Signs what is on the disk. In the log's thread. */
export interface Checkpointer {
  /** `state` is on the disk now: a checkpoint of it, now or when the last one is old enough. */
  synced(state: RightEdge): void;
  /** A checkpoint of `state`, at once, where there is none yet. `state` is on the disk. Whether there is one now. */
  signNow(state: RightEdge): boolean;
  /** Keeps a checkpoint that witnesses have cosigned. */
  keep(note: string): void;
  /** From now on checkpoints are signed with all of these. */
  signWith(signers: readonly NoteSigner[]): void;
  close(): void;
}

export interface CheckpointerOptions {
  readonly folder: string;
  /** Name of the log: the first line of its checkpoints. */
  readonly origin: string;
  /** At least one; each signs every checkpoint. */
  readonly signers: readonly NoteSigner[];
  readonly everyMs: number;
  readonly tree: TreeWriter;
  /** Bytes of the file that are whole checkpoints. */
  readonly size: number;
  /** Size of the tree of the latest one. */
  readonly latest: number | undefined;
  readonly onCheckpoint: (note: string, size: number) => void;
  /** A checkpoint could not be kept; the log goes on, the next one is tried again. */
  readonly onFailure: (error: Error) => void;
}

export const openCheckpointer = (options: CheckpointerOptions): Checkpointer => {
  const { folder, origin, everyMs, tree } = options;
  let { signers } = options;
  let file: SyncedFile = openSyncedFile(checkpointsPath(folder), options.size);
  let signedSize = options.latest ?? -1;
  let signedAt = -Infinity;
  let waiting: RightEdge | undefined;
  let timer: NodeJS.Timeout | undefined;
  let signing = false;

  const append = (note: string): void => {
    if (!file.inPlace) {
      // Where it cannot be opened, the one before is still there: it may come back into place.
      const next = openSyncedFile(checkpointsPath(folder));
      file.close();
      file = next;
    }
    file.append(Buffer.from(file.size === 0 ? note : `\n${note}`));
  };
  /** The hashes that proofs against it need are on the disk. */
  const sign = (state: RightEdge): string => {
    const body = checkpointBody(origin, state.size, state.root());
    const note = `${body}\n${signers.map((signer) => signer.sign(body)).join('')}`;
    append(note);
    signedSize = state.size;
    signedAt = performance.now();
    return note;
  };
  const attempt = (work: () => void): boolean => {
    try {
      work();
      return true;
    } catch (error) {
      options.onFailure(error as Error);
      return false;
    }
  };
  const signWaiting = async (): Promise<void> => {
    timer = undefined;
    const state = waiting;
    if (state === undefined || signing || state.size <= signedSize) return;
    waiting = undefined;
    signing = true;
    try {
      await tree.sync();
      if (state.size > signedSize) {
        const note = sign(state);
        await file.sync();
        // A later one may have been signed and told at once meanwhile.
        if (signedSize === state.size) options.onCheckpoint(note, state.size);
      }
    } catch (error) {
      signedAt = performance.now();
      options.onFailure(error as Error);
    } finally {
      signing = false;
      later();
    }
  };
  const later = (): void => {
    if (waiting === undefined || waiting.size <= signedSize || signing || timer !== undefined) return;
    const due = signedAt + everyMs - performance.now();
    if (due <= 0) void signWaiting();
    else timer = setTimeout(() => void signWaiting(), due);
  };

  return {
    synced: (state) => {
      waiting = state;
      later();
    },
    signNow: (state) => {
      if (state.size <= signedSize) return true;
      return attempt(() => {
        tree.syncNow();
        const note = sign(state);
        file.syncNow();
        options.onCheckpoint(note, state.size);
      });
    },
    keep: (note) => void attempt(() => append(note)),
    signWith: (next) => {
      signers = next;
    },
    close: () => {
      clearTimeout(timer);
      waiting = undefined;
      attempt(() => file.syncNow());
      file.close();
    },
  };
};

/** Written beside and put in place: whole or not at all. */
export const writeVerifierKeys = (folder: string, text: string): void => {
  const path = verifierKeysPath(folder);
  writeFileSync(`${path}.new`, text, { mode: 0o644, flush: true });
  renameSync(`${path}.new`, path);
};

import type { AuditEntry } from '../entry.ts';
import type { LogFile } from '../log-file.ts';
import type { TreeWriter } from '../tree/tree-writer.ts';
import type { LogKey, WriterStart } from '../writer-protocol.ts';
import { openCheckpointer, writeVerifierKeys, type Checkpointer } from './checkpointer.ts';
import type { LogSigner } from './key-entries.ts';
import { NOTE_SIGNATURE, noteSigner, type VerifierKey } from './note.ts';
import { noteVerifierKeys, type RecoveredCheckpoints } from './recover-checkpoints.ts';
import { createKeyTakeUp } from './take-up-keys.ts';

/** Signs the log's checkpoints, with the versions of the key as they come and go. In the log's thread. */
export interface Signing {
  readonly checkpointer: Checkpointer;
  /** @throws where one is no Ed25519 key; nothing has changed then */
  useKeys(keys: readonly LogKey[]): void;
  /** From now on entries can be recorded: of the versions that came and went while nobody wrote the log. */
  begin(record: (entry: AuditEntry) => Promise<void>): void;
  /** Resolves when no change of versions is being recorded any more. */
  settle(): Promise<void>;
}

export interface SigningOptions {
  readonly folder: string;
  readonly checkpoints: NonNullable<WriterStart['checkpoints']>;
  readonly signers: readonly LogSigner[];
  readonly recovered: RecoveredCheckpoints;
  readonly tree: TreeWriter;
  readonly file: Pick<LogFile, 'syncNow'>;
  readonly onCheckpoint: (note: string, size: number) => void;
  readonly onFailure: (error: Error) => void;
  readonly retryMs: number;
}

/** @throws where one is no Ed25519 key, or the name cannot be one of a note */
export const logSigners = (origin: string, keys: readonly LogKey[]): readonly LogSigner[] =>
  keys.map(({ version, key }) => ({ version, ...noteSigner(origin, Buffer.from(key).toString('utf8')) }));

/** The first checkpoint is of what was found, forced to the disk now: a killed process may have left it unsynced. */
export const startSigning = (options: SigningOptions): Signing => {
  const { folder, signers, recovered, tree, file, onFailure, retryMs } = options;
  const { origin, everyMs, witnesses } = options.checkpoints;
  const checkpointer = openCheckpointer({
    folder,
    origin,
    signers,
    everyMs,
    tree,
    size: recovered.size,
    latest: recovered.latest,
    onCheckpoint: options.onCheckpoint,
    onFailure,
  });
  const note = (noted: readonly LogSigner[]): void => {
    const own = noted.map(({ verifierKey }) => verifierKey.text);
    const text = noteVerifierKeys(folder, witnesses, own);
    if (text !== undefined) writeVerifierKeys(folder, text);
  };
  const signNow = (): boolean => {
    file.syncNow();
    return checkpointer.signNow(tree.state());
  };
  signNow();
  const known = knownOf(signers, recovered.noted, origin);
  note(known);

  let takeUp: ReturnType<typeof createKeyTakeUp> | undefined;
  let wanted = signers;
  return {
    checkpointer,
    useKeys: (keys) => {
      wanted = logSigners(origin, keys);
      takeUp?.use(wanted);
    },
    begin: (record) => {
      const lost = recovered.signedBy.filter(
        ({ name, text }) => name === origin && !signers.some(({ verifierKey }) => verifierKey.text === text),
      );
      takeUp = createKeyTakeUp({ checkpointer, known, lost, record, signNow, note, onFailure, retryMs });
      takeUp.use(wanted);
    },
    settle: async () => takeUp?.close(),
  };
};

/**
 * Versions that no entry needs to announce: up to the newest that is noted beside the log, which is noted when its
 * announcement is on the disk; of a log that begins, the first.
 */
const knownOf = (
  signers: readonly LogSigner[],
  noted: readonly VerifierKey[],
  origin: string,
): readonly LogSigner[] => {
  const isNoted = ({ verifierKey }: LogSigner): boolean =>
    noted.some(({ text }) => text === verifierKey.text);
  const isFirst = !noted.some(({ name, type }) => type === NOTE_SIGNATURE && name === origin);
  return signers.slice(0, isFirst ? 1 : signers.findLastIndex(isNoted) + 1);
};

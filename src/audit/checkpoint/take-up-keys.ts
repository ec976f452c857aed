import { setTimeout as delay } from 'node:timers/promises';
import type { AuditEntry } from '../entry.ts';
import type { Checkpointer } from './checkpointer.ts';
import { keyEntry, type LogSigner } from './key-entries.ts';
import type { VerifierKey } from './note.ts';

/** Takes up versions of the key that come and go. In the log's thread. */
export interface KeyTakeUp {
  /** All kept versions, the oldest first; at least one. */
  use(signers: readonly LogSigner[]): void;
  /** Resolves when nothing is being recorded any more. */
  close(): Promise<void>;
}

export interface KeyTakeUpOptions {
  readonly checkpointer: Pick<Checkpointer, 'signWith'>;
  /** Versions that the log knows: those that sign from its beginning, or that an entry has announced. */
  readonly known: readonly LogSigner[];
  /** Keys that signed the latest checkpoint, and are no version any more. */
  readonly lost: readonly VerifierKey[];
  /** Records an entry; resolves when it is on the disk. */
  readonly record: (entry: AuditEntry) => Promise<void>;
  /** A checkpoint of all that is in the log, at once; whether there is one. */
  readonly signNow: () => boolean;
  /** Notes public keys beside the log. */
  readonly note: (signers: readonly LogSigner[]) => void;
  readonly onFailure: (error: Error) => void;
  /** ms to wait where the log cannot be written. */
  readonly retryMs: number;
}

/**
 * An entry announces a version that comes, under checkpoints that those before sign as well: whoever knows one of them
 * learns the next from the log itself. It signs before it is announced, so that every checkpoint which covers the
 * announcement has its signature: verification asks for that (trusted-keys.ts).
 */
export const createKeyTakeUp = ({
  checkpointer,
  record,
  signNow,
  note,
  onFailure,
  retryMs,
  ...start
}: KeyTakeUpOptions): KeyTakeUp => {
  let { known, lost } = start;
  /** Announced, and no checkpoint that covers it yet. */
  let isUncovered = false;
  let wanted = known;
  let running: Promise<void> | undefined;
  const stop = new AbortController();

  const attempt = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      onFailure(error as Error);
    }
  };
  const welcome = async (added: readonly LogSigner[]): Promise<void> => {
    const newest = Math.max(...known.map(({ version }) => version));
    const all = [...known, ...added].sort((a, b) => a.version - b.version);
    checkpointer.signWith(all);
    for (const { version, verifierKey } of added) {
      // An old one that was put back is not what signs from now on.
      await record(keyEntry('made', version, version > newest ? verifierKey : undefined, Date.now()));
    }
    known = all;
    isUncovered = true;
  };
  /** While those before still sign, too. */
  const cover = (): void => {
    if (!signNow()) throw new Error('no checkpoint covers the announcement');
    isUncovered = false;
    attempt(() => note(known));
  };
  const dismiss = async (gone: readonly LogSigner[]): Promise<void> => {
    for (const key of lost) await record(keyEntry('retired', undefined, key, Date.now()));
    lost = [];
    for (const { version, verifierKey } of gone) {
      await record(keyEntry('retired', version, verifierKey, Date.now()));
    }
    known = without(known, gone);
    checkpointer.signWith(known);
    attempt(signNow);
  };
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      try {
        const added = without(wanted, known);
        if (added.length > 0) await welcome(added);
        if (isUncovered) cover();
        const gone = without(known, wanted);
        if (gone.length > 0 || lost.length > 0) await dismiss(gone);
        else if (without(wanted, known).length === 0) return;
      } catch {
        // Log or checkpoints cannot be written, which has been said: this is done once they can.
        await delay(retryMs, undefined, { signal: stop.signal }).catch(() => undefined);
      }
    }
  };
  return {
    use: (signers) => {
      wanted = signers;
      running ??= run().finally(() => {
        running = undefined;
      });
    },
    close: async () => {
      stop.abort();
      await running;
    },
  };
};

const without = (some: readonly LogSigner[], others: readonly LogSigner[]): readonly LogSigner[] =>
  some.filter(({ verifierKey }) => !others.some((other) => other.verifierKey.text === verifierKey.text));

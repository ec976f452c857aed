import type { Checkpointer } from './checkpoint/checkpointer.ts';
import type { AuditEntry } from './entry.ts';
import { chainLine, type Head } from './line.ts';
import type { LogFile } from './log-file.ts';
import type { TreeWriter } from './tree/tree-writer.ts';

/** Entries that are written together, and whom to tell. */
export interface Group {
  /** Each a JSON object, as JSON.stringify writes it. */
  readonly entries: readonly string[];
  /** Whether somebody waits for the fsync. */
  readonly wantsSync: boolean;
  written(): void;
  synced(): void;
  /** Neither written() (unless it came already) nor synced() will come. */
  refused(reason: string): void;
}

export interface LogWriterOptions {
  readonly file: LogFile;
  readonly head: Head;
  readonly tree: TreeWriter;
  /** Undefined where nobody has handed in a key. */
  readonly checkpointer: Checkpointer | undefined;
  /** How long entries nobody waits for may stay unsynced. */
  readonly syncWithinMs: number;
  readonly probeEveryMs: number;
  /** ms since the epoch. */
  readonly clock: () => number;
  /** Called when writing stops (with the reason) and when it goes on. */
  readonly onHealth: (healthy: boolean, reason: string) => void;
  /** Called after each write(). */
  readonly onAppend: (entries: number, bytes: number) => void;
  /** Called after each fsync with how long it took. */
  readonly onSync: (ms: number) => void;
}

export interface LogWriter {
  write(group: Group): void;
  /** Syncs and closes; the log cannot be written afterwards. Throws where the end could not be synced. */
  close(): void;
  readonly head: Head;
  readonly healthy: boolean;
}

interface Outage {
  readonly since: number;
  readonly reason: string;
  refused: number;
}

/**
 * Writes groups of entries as one chain: one write() a group; one fdatasync for all groups that wait when it
 * begins, while the next are being written. Where writing or syncing fails, nothing more is accepted until the
 * file holds again exactly the entries that were chained; the outage itself becomes an entry.
 */
export const createLogWriter = (options: LogWriterOptions): LogWriter => {
  const { file, clock, onHealth, tree, checkpointer } = options;
  let { head } = options;
  let waiting: Group[] = [];
  let syncing = false;
  let timer: NodeJS.Timeout | undefined;
  let outage: Outage | undefined;
  let probe: NodeJS.Timeout | undefined;

  const append = (entries: readonly string[]): Buffer => {
    const written = clock();
    let next = head;
    let text = '';
    for (const entry of entries) {
      const chained = chainLine(next, written, entry);
      next = chained.head;
      text += `${chained.line}\n`;
    }
    const lines = Buffer.from(text);
    file.append(lines);
    head = next;
    options.onAppend(entries.length, lines.length);
    return lines;
  };

  const fail = (error: unknown): Outage => {
    const reason = error instanceof Error ? error.message : String(error);
    outage ??= { since: clock(), reason, refused: 0 };
    probe ??= setInterval(recover, options.probeEveryMs);
    clearTimeout(timer);
    timer = undefined;
    onHealth(false, reason);
    return outage;
  };

  /** A failed write is no reason to leave those waiting who were written before it. */
  const syncWaiting = (): void => {
    const left = waiting;
    waiting = [];
    try {
      if (left.length > 0) file.syncNow();
      left.forEach((group) => group.synced());
    } catch (error) {
      left.forEach((group) => group.refused((error as Error).message));
    }
  };

  const tryAppend = (entries: readonly string[]): Buffer | undefined => {
    try {
      return append(entries);
    } catch (error) {
      outage = fail(error);
      syncWaiting();
      return undefined;
    }
  };

  const recover = (): void => {
    if (outage === undefined || syncing) return;
    try {
      file.restore();
      tree.add(append([JSON.stringify(endOf(outage, clock()))]), file.segment);
      file.syncNow();
      tree.flush();
    } catch {
      return;
    }
    clearInterval(probe);
    probe = undefined;
    const { reason } = outage;
    outage = undefined;
    onHealth(true, reason);
  };

  const sync = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (syncing || outage !== undefined) return;
    syncing = true;
    const covered = waiting;
    waiting = [];
    const began = performance.now();
    const state = tree.state();
    syncAll().then(
      () => {
        syncing = false;
        options.onSync(performance.now() - began);
        covered.forEach((group) => group.synced());
        checkpointer?.synced(state);
        syncLater();
      },
      (error: Error) => {
        syncing = false;
        const left = [...covered, ...waiting];
        waiting = [];
        fail(error);
        left.forEach((group) => group.refused(error.message));
      },
    );
  };

  /** Hashes that cannot be written are as bad as entries: proofs would be missing. */
  const syncAll = async (): Promise<void> => {
    tree.flush();
    await file.sync();
  };

  const syncLater = (): void => {
    if (waiting.length > 0) sync();
    else if (file.dirty) timer ??= setTimeout(sync, options.syncWithinMs);
  };

  return {
    write: (group) => {
      const lines = outage === undefined ? tryAppend(group.entries) : undefined;
      if (lines === undefined) {
        outage ??= fail(new Error('the log cannot be written'));
        outage.refused += group.entries.length;
        group.refused(outage.reason);
        return;
      }
      group.written();
      // Whoever waited to be written has been told: the tree keeps nobody waiting.
      tree.add(lines, file.segment);
      if (group.wantsSync) waiting.push(group);
      syncLater();
    },
    close: () => {
      clearTimeout(timer);
      clearInterval(probe);
      try {
        syncWaiting();
        if (outage === undefined) {
          file.syncNow();
          tree.syncNow();
          checkpointer?.signNow(tree.state());
        }
      } finally {
        checkpointer?.close();
        tree.close();
        file.close();
      }
    },
    get head() {
      return head;
    },
    get healthy() {
      return outage === undefined;
    },
  };
};

const endOf = (outage: Outage, now: number): AuditEntry => ({
  event: 'recovery',
  at: now,
  what: 'outage',
  since: outage.since,
  reason: outage.reason,
  refused: outage.refused,
});

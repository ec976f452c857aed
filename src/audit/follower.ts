import { Worker } from 'node:worker_threads';
import { StorageError } from '../storage/storage-error.ts';
import type { ExporterStats } from './export/exporter.ts';
import type { FollowerOrder, FollowerReport, FollowerStart } from './follower-protocol.ts';

export interface AuditFollower {
  /** Resolves true when the index has taken in the entry with this number, false where it has not in time. */
  caughtUp(seq: number, withinMs: number): Promise<boolean>;
  /** Resolves when nothing of the follower's opens or finds entries by this key any more. */
  forget(holder: string): Promise<void>;
  rebuild(): Promise<void>;
  stats(): { readonly seq: number; readonly exports: readonly ExporterStats[] };
  close(): Promise<void>;
}

export interface AuditFollowerOptions extends FollowerStart {
  /** Number of the last entry that the log has taken. */
  readonly written: () => number;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, fields: object) => void;
  readonly everyMs?: number;
}

// Compiled, the thread's file has another ending.
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/**
 * Starts the thread that follows the log.
 *
 * @throws StorageError where index or keys cannot be opened
 */
export const startAuditFollower = async ({
  written,
  log,
  everyMs = 200,
  ...start
}: AuditFollowerOptions): Promise<AuditFollower> => {
  const thread = new Worker(new URL(`./follower-thread${extension}`, import.meta.url), {
    name: 'audit-follower',
    workerData: start satisfies FollowerStart,
  });
  const order = (message: FollowerOrder): void => thread.postMessage(message);
  const waiting = new Set<{ readonly seq: number; readonly resolve: (reached: boolean) => void }>();
  const asked = new Map<number, PromiseWithResolvers<void>>();
  let stats: { seq: number; exports: readonly ExporterStats[] } = { seq: 0, exports: [] };
  let asks = 0;
  let told = -1;
  let ended = false;
  const ready = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();

  thread.on('message', (message: FollowerReport) => {
    if ('ready' in message) ready.resolve();
    else if ('failed' in message) ready.reject(new StorageError(message.failed));
    else if ('closed' in message) closed.resolve();
    else if ('level' in message) log(message.level, message.message, message.fields);
    else if ('answer' in message) {
      const one = asked.get(message.answer);
      asked.delete(message.answer);
      if (message.error === undefined) one?.resolve();
      else one?.reject(new Error(message.error));
    } else {
      stats = message;
      for (const one of waiting) if (one.seq <= stats.seq) one.resolve(true);
    }
  });
  thread.on('error', (error: Error) => {
    log('error', 'the thread that follows the audit log has failed: no index, no exports until a restart', {
      reason: error.message,
    });
    ready.reject(error);
  });
  thread.on('exit', () => {
    ended = true;
    closed.resolve();
    for (const one of waiting) one.resolve(false);
    for (const one of asked.values())
      one.reject(new Error('the thread that follows the audit log has ended'));
    asked.clear();
  });
  await ready.promise;

  const tell = (): void => {
    const upTo = written();
    if (upTo !== told) order({ upTo });
    told = upTo;
  };
  tell();
  const timer = setInterval(tell, everyMs);
  const ask = (make: (ask: number) => FollowerOrder): Promise<void> => {
    if (ended) return Promise.reject(new Error('the thread that follows the audit log has ended'));
    const one = Promise.withResolvers<void>();
    const number = asks++;
    asked.set(number, one);
    tell();
    order(make(number));
    return one.promise;
  };

  return {
    caughtUp: async (seq, withinMs) => {
      if (stats.seq >= seq) return true;
      if (ended) return false;
      tell();
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const one = { seq, resolve };
      waiting.add(one);
      const late = setTimeout(resolve, withinMs, false);
      const reached = await promise;
      clearTimeout(late);
      waiting.delete(one);
      return reached;
    },
    forget: (holder) => ask((number) => ({ forget: holder, ask: number })),
    rebuild: () => ask((number) => ({ rebuild: true, ask: number })),
    stats: () => stats,
    close: async () => {
      clearInterval(timer);
      if (!ended) {
        tell();
        order({ close: true });
      }
      await closed.promise;
    },
  };
};

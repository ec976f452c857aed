import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { StorageError } from '../storage/storage-error.ts';
import type { AuditSink } from './entry.ts';
import { createAuditSink } from './sink.ts';
import {
  STAT,
  STATS_BYTES,
  type AuditStats,
  type WriterOrder,
  type WriterReport,
  type WriterStart,
} from './writer-protocol.ts';

export interface AuditWriterOptions {
  /** Made where absent. */
  readonly folder: string;
  /** For operators: the log stopped, went on, was repaired. */
  readonly log?: (
    level: 'info' | 'warn' | 'error',
    message: string,
    fields: Record<string, string | number>,
  ) => void;
  /** The writer thread is dead: nothing can be recorded any more, and so nothing answered. */
  readonly onFailed?: (error: Error) => void;
  readonly segmentBytes?: number;
  readonly syncWithinMs?: number;
  readonly probeEveryMs?: number;
}

export interface AuditWriter {
  /** For this thread. */
  readonly sink: AuditSink;
  /** For another thread's createAuditSink: to be transferred to it. */
  connect(): MessagePort;
  stats(): AuditStats;
  /**
   * Writes and syncs what the sinks have handed over, and ends the thread. Threads with sinks of their own close
   * those first. Rejects with a StorageError where the end of the log could not be synced.
   */
  close(): Promise<void>;
}

const DEFAULTS = { segmentBytes: 64 * 1024 * 1024, syncWithinMs: 50, probeEveryMs: 250 };

/**
 * Starts the one thread that writes the audit log.
 *
 * @throws StorageError where the folder cannot be used: not writable, in use by another process, not a chain
 */
export const startAuditWriter = async (options: AuditWriterOptions): Promise<AuditWriter> => {
  const { folder, log = () => undefined } = options;
  const stats = new SharedArrayBuffer(STATS_BYTES);
  const workerData: WriterStart = {
    folder,
    segmentBytes: options.segmentBytes ?? DEFAULTS.segmentBytes,
    syncWithinMs: options.syncWithinMs ?? DEFAULTS.syncWithinMs,
    probeEveryMs: options.probeEveryMs ?? DEFAULTS.probeEveryMs,
    stats,
  };
  const thread = new Worker(new URL(`./writer-thread${extension}`, import.meta.url), {
    name: 'audit-writer',
    workerData,
  });
  const order = (message: WriterOrder, transfer: MessagePort[] = []): void =>
    thread.postMessage(message, transfer);
  const connect = (): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    order({ connect: port1 }, [port1]);
    return port2;
  };

  const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  let closeFailure: string | undefined;
  thread.on('message', (message: WriterReport) => {
    if ('healthy' in message) {
      const { healthy, reason } = message;
      if (healthy) log('info', 'the audit log can be written again', { reason });
      else
        log('error', 'the audit log cannot be written: nothing is answered until it can', { folder, reason });
    } else if ('closed' in message) {
      closeFailure = message.error;
    } else if ('recovered' in message) {
      log('warn', 'an unfinished line was cut off the audit log', message.recovered);
    }
  });
  thread.on('error', (error: Error) => {
    new Float64Array(stats)[STAT.healthy] = 0;
    log('error', 'the audit writer has failed: the gateway has to be started again', {
      reason: error.message,
    });
    options.onFailed?.(error);
  });
  await ready(thread);
  const sink = createAuditSink(connect());

  return {
    sink,
    connect,
    stats: () => {
      const cells = new Float64Array(stats);
      return Object.fromEntries(
        Object.entries(STAT).map(([name, cell]) => [name, cells[cell] ?? 0]),
      ) as AuditStats;
    },
    close: async () => {
      await sink.close();
      order({ close: true });
      await ended;
      if (closeFailure !== undefined) {
        throw new StorageError(`the end of the audit log could not be synced: ${closeFailure}`);
      }
    },
  };
};

// Compiled, the thread's file has another ending.
const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

const ready = (thread: Worker): Promise<void> =>
  new Promise((resolve, reject) => {
    const settle = (message: WriterReport): void => {
      if ('failed' in message) reject(new StorageError(message.failed));
      else if ('ready' in message) resolve();
      else return;
      thread.off('message', settle).off('error', reject);
    };
    thread.on('message', settle).once('error', reject);
  });

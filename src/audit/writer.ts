import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { StorageError } from '../storage/storage-error.ts';
import type { AuditSink } from './entry.ts';
import { createAuditSink } from './sink.ts';
import {
  createWitnessClient,
  type WitnessClient,
  type WitnessSettings,
  type WitnessState,
} from './witness/witness-client.ts';
import {
  STAT,
  STATS_BYTES,
  type AuditStats,
  type LogKey,
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
  /** Signed checkpoints; none where absent. */
  readonly checkpoints?: CheckpointSettings;
  readonly segmentBytes?: number;
  readonly syncWithinMs?: number;
  readonly probeEveryMs?: number;
}

export interface CheckpointSettings {
  /** Names this log among all logs of the world: no spaces, no "+" (C2SP tlog-checkpoint). */
  readonly origin: string;
  /** All kept versions of the key, the oldest first: each signs every checkpoint. */
  readonly keys: readonly LogKey[];
  /** At most one in so long, ms. */
  readonly everyMs?: number;
  readonly witnesses?: readonly WitnessSettings[];
}

export interface AuditWriter {
  /** For this thread. */
  readonly sink: AuditSink;
  /** For another thread's createAuditSink: to be transferred to it. */
  connect(): MessagePort;
  /**
   * Takes up versions of the key that came, and gives up those that went: an entry in the log tells of each, and the next
   * checkpoint, made at once, is signed with what is kept.
   */
  useKeys(keys: readonly LogKey[]): void;
  stats(): AuditStats;
  witnesses(): readonly WitnessState[];
  /**
   * Writes and syncs what the sinks have handed over, and ends the thread. Threads with sinks of their own close
   * those first. Rejects with a StorageError where the end of the log could not be synced.
   */
  close(): Promise<void>;
}

const DEFAULTS = {
  segmentBytes: 64 * 1024 * 1024,
  syncWithinMs: 50,
  probeEveryMs: 250,
  checkpointEveryMs: 1_000,
};

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
    checkpoints: options.checkpoints && {
      origin: options.checkpoints.origin,
      keys: options.checkpoints.keys.map(logKey),
      everyMs: options.checkpoints.everyMs ?? DEFAULTS.checkpointEveryMs,
      witnesses: (options.checkpoints.witnesses ?? []).map(({ key }) => key.text),
    },
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

  const witnesses = (options.checkpoints?.witnesses ?? []).map((witness): WitnessClient =>
    createWitnessClient({ folder, witness, log, onCosigned: (cosigned) => order({ cosigned }) }),
  );
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
    } else if ('checkpoint' in message) {
      for (const witness of witnesses) witness.offer(message.checkpoint);
    } else if ('checkpointFailed' in message) {
      log('error', 'a checkpoint of the audit log could not be kept', { reason: message.checkpointFailed });
    } else if ('keysFailed' in message) {
      log('error', 'a version of audit.key cannot be taken up, those before go on signing', {
        reason: message.keysFailed,
      });
    } else if ('rebuilt' in message) {
      log('warn', 'stored hashes of the audit log were made anew', { segments: message.rebuilt });
    } else if ('retired' in message) {
      log('info', 'segments of the audit log were retired', { segments: message.retired });
    } else if ('retirementFailed' in message) {
      log('error', 'segments of the audit log could not be retired', { reason: message.retirementFailed });
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
    useKeys: (keys) => order({ keys: keys.map(logKey) }),
    stats: () => {
      const cells = new Float64Array(stats);
      return Object.fromEntries(
        Object.entries(STAT).map(([name, cell]) => [name, cells[cell] ?? 0]),
      ) as AuditStats;
    },
    witnesses: () => witnesses.map(({ state }) => state),
    close: async () => {
      await sink.close();
      await Promise.all(witnesses.map((witness) => witness.close()));
      order({ close: true });
      await ended;
      if (closeFailure !== undefined) {
        throw new StorageError(`the end of the audit log could not be synced: ${closeFailure}`);
      }
    },
  };
};

/** Nothing but what the thread needs. */
const logKey = ({ version, key }: LogKey): LogKey => ({ version, key });

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

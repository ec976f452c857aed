import type { MessagePort } from 'node:worker_threads';
import type { AuditEntry, AuditSink } from './entry.ts';
import { RESERVED_FIELDS } from './line.ts';
import type { Acknowledgement, Batch } from './writer-protocol.ts';

/** The audit log cannot be written now; nothing that must be recorded may be answered. */
export class AuditUnavailableError extends Error {
  override readonly name = 'AuditUnavailableError';
}

export interface ClosableAuditSink extends AuditSink {
  /** Takes no more entries; resolves when all that were taken are settled. */
  close(): Promise<void>;
}

/** UTF-16 units of an entry's JSON: so that a line is under MAX_LINE_BYTES whatever stands in it. */
const MAX_ENTRY = 16_384;

/** Entries that may wait: a bound on memory where the writer is stuck, far above any load. */
const MAX_WAITING = 131_072;

type Done = (error?: Error) => void;

/** After this long without an answer the writer counts as stuck (a disk that hangs): no more is handed to it. */
const STALL_MS = 5_000;

interface Waiting {
  readonly batch: number;
  /** When it was handed over: performance.now(). */
  readonly since: number;
  readonly dones: readonly Done[];
}

/**
 * A thread's end of the audit log. Entries recorded in one event-loop turn go to the writer in one message and
 * come back in one acknowledgement. `done` is called exactly once, never before record() has returned.
 */
export const createAuditSink = (
  port: MessagePort,
  { stallMs = STALL_MS }: { readonly stallMs?: number } = {},
): ClosableAuditSink => {
  let unavailable: string | undefined;
  let closing = false;
  let number = 0;
  let entries: string[] = [];
  let written: Done[] = [];
  let synced: Done[] = [];
  let waitingCount = 0;
  const waitingWritten: Waiting[] = [];
  const waitingSynced: Waiting[] = [];
  let onIdle: (() => void) | undefined;

  const settle = (dones: readonly Done[], error?: Error): void => {
    waitingCount -= dones.length;
    for (const done of dones) callBack(done, error);
    if (waitingCount === 0) onIdle?.();
  };

  const flush = (): void => {
    if (entries.length === 0) return;
    number += 1;
    const message: Batch = {
      batch: number,
      entries,
      written: written.length,
      synced: synced.length,
    };
    const since = performance.now();
    if (written.length > 0) waitingWritten.push({ batch: number, since, dones: written });
    if (synced.length > 0) waitingSynced.push({ batch: number, since, dones: synced });
    entries = [];
    written = [];
    synced = [];
    port.postMessage(message);
  };

  const acknowledge = (waiting: Waiting[], upTo: number): void => {
    while (waiting[0] !== undefined && waiting[0].batch <= upTo) settle(waiting.shift()?.dones ?? []);
  };

  const refuse = (waiting: Waiting[], from: number, to: number, reason: string): void => {
    const kept = waiting.filter(({ batch }) => batch < from || batch > to);
    const refused = waiting.filter(({ batch }) => batch >= from && batch <= to);
    waiting.splice(0, waiting.length, ...kept);
    for (const { dones } of refused) settle(dones, new AuditUnavailableError(reason));
  };

  const isStuck = (): boolean => {
    if (waitingCount === 0) return false;
    const oldest = Math.min(waitingWritten[0]?.since ?? Infinity, waitingSynced[0]?.since ?? Infinity);
    return performance.now() - oldest > stallMs;
  };

  const refusal = (): string | undefined => {
    if (closing) return 'the audit log is closing';
    if (unavailable !== undefined) return unavailable;
    if (waitingCount >= MAX_WAITING) return 'too many audit entries wait to be written';
    return isStuck() ? 'the audit log does not answer' : undefined;
  };

  port.on('message', (message: Acknowledgement) => {
    if ('healthy' in message) {
      unavailable = message.healthy ? undefined : message.reason;
    } else if ('refused' in message) {
      const [from, to] = message.refused;
      refuse(waitingWritten, from, to, message.reason);
      refuse(waitingSynced, from, to, message.reason);
    } else {
      if ('written' in message) acknowledge(waitingWritten, message.written);
      if ('synced' in message) acknowledge(waitingSynced, message.synced);
    }
  });
  port.on('close', () => {
    unavailable = 'the audit writer has ended';
    flush();
    refuse(waitingWritten, 0, Infinity, unavailable);
    refuse(waitingSynced, 0, Infinity, unavailable);
  });

  return {
    record: (entry, durability, done) => {
      const reason = refusal();
      if (reason !== undefined) {
        setImmediate(done, new AuditUnavailableError(reason));
        return;
      }
      const text = encode(entry);
      if (text instanceof Error) {
        setImmediate(done, text);
        return;
      }
      if (entries.length === 0) setImmediate(flush);
      entries.push(text);
      (durability === 'synced' ? synced : written).push(done);
      waitingCount += 1;
    },
    get healthy() {
      return refusal() === undefined;
    },
    close: async () => {
      closing = true;
      flush();
      if (waitingCount > 0) {
        await new Promise<void>((resolve) => {
          onIdle = resolve;
        });
      }
      port.close();
    },
  };
};

const encode = (entry: AuditEntry): string | Error => {
  for (const name of RESERVED_FIELDS) {
    if (entry[name] !== undefined) return new TypeError(`an audit entry may not have a field "${name}"`);
  }
  const text = JSON.stringify(entry);
  return text.length <= MAX_ENTRY
    ? text
    : new RangeError(`an audit entry may not be longer than ${MAX_ENTRY}`);
};

/** One caller's exception keeps no other from being told; it surfaces as an uncaught one. */
const callBack = (done: Done, error: Error | undefined): void => {
  try {
    done(error);
  } catch (thrown) {
    queueMicrotask(() => {
      throw thrown;
    });
  }
};

import type { AuditSink } from '../audit/entry.ts';

/** An entry of the gateway's own life, fsynced. Rejects when it cannot be kept. */
export const recordLife = (sink: AuditSink, event: 'start' | 'stop'): Promise<void> =>
  new Promise((resolve, reject) => {
    sink.record({ event, at: Date.now() }, 'synced', (error) =>
      error === undefined ? resolve() : reject(error),
    );
  });

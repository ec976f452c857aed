import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { createAuditSink } from '../../../src/audit/sink.ts';

/** A data-plane thread as far as the audit log is concerned: ten calls in each event-loop turn. */
const { auditPort, thread, count } = workerData as { auditPort: MessagePort; thread: number; count: number };
const sink = createAuditSink(auditPort);
let sent = 0;
let acknowledged = 0;

const turn = (): void => {
  for (let index = 0; index < 10 && sent < count; index++) {
    sink.record({ event: 'call', at: Date.now(), thread, number: sent++ }, 'written', (error) => {
      if (error === undefined) acknowledged += 1;
    });
  }
  if (sent < count) setImmediate(turn);
  else void sink.close().then(() => parentPort?.postMessage(acknowledged));
};
turn();

import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { AuditEntry } from '../../src/audit/entry.ts';
import { createAuditSink } from '../../src/audit/sink.ts';

/** Keeps 128 calls waiting for their entry, as a busy data-plane thread does. */
const { auditPort, count } = workerData as { auditPort: MessagePort; count: number };
const sink = createAuditSink(auditPort);
let sent = 0;
let acknowledged = 0;

const entry = (): AuditEntry => ({
  event: 'call',
  at: Date.now(),
  reference: '01JDABCDEFGHJKMNPQRSTVWXYZ',
  from: '192.0.2.1',
  unifiedId: 'A1b2C3d4E5f6A1b2C3d4E5',
  thumbprint: 'A1b2C3d4E5f6A1b2C3d4E5f6A1b2C3d4E5f6A1b2C3d',
  authority: 'yuean',
  verdict: 'A1b2C3d4E5f6A1b2C3d4E5',
  department: 'tax',
  service: 'joint-tax-registration',
  method: 'GET',
  path: '/joint-tax/applications',
});

const next = (): void => {
  if (sent === count) return;
  sent += 1;
  sink.record(entry(), 'written', (error) => {
    if (error !== undefined) throw error;
    acknowledged += 1;
    if (acknowledged === count) void sink.close().then(() => parentPort?.postMessage('done'));
    else next();
  });
};
for (let waiting = 0; waiting < 128; waiting++) next();

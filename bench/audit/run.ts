import { mkdtempSync, rmSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { startAuditWriter } from '../../src/audit/writer.ts';
import { verifyAuditLog } from '../../src/audit/verify.ts';

/**
 * Entries a second that two threads get acknowledged by the audit log (hash chain, one writer, synced in the
 * background), against appending the same lines to a file with nothing else. `node bench/audit/run.ts [entries]`.
 */
const entries = Number(process.argv[2] ?? 200_000);
const ROUNDS = 3;

const throughLog = async (folder: string): Promise<number> => {
  const writer = await startAuditWriter({ folder });
  const began = performance.now();
  const threads = [1, 2].map((thread) => {
    const auditPort = writer.connect();
    return new Worker(new URL('./recording-thread.ts', import.meta.url), {
      workerData: { auditPort, thread, count: entries / 2 },
      transferList: [auditPort],
    });
  });
  await Promise.all(
    threads.map(
      (thread) =>
        new Promise<void>((resolve, reject) => {
          thread.once('message', () => resolve());
          thread.once('error', reject);
        }),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  await writer.close();
  return entries / seconds;
};

/** As many in flight as the threads above have together. */
const throughAppendFile = async (folder: string): Promise<number> => {
  const file = join(folder, 'plain.log');
  const line = `${JSON.stringify({ event: 'call', at: Date.now(), padding: 'x'.repeat(350) })}\n`;
  const count = Math.min(entries, 20_000);
  let left = count;
  const began = performance.now();
  const one = async (): Promise<void> => {
    while (left-- > 0) await appendFile(file, line);
  };
  await Promise.all(Array.from({ length: 256 }, one));
  return count / ((performance.now() - began) / 1000);
};

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;

const logged: number[] = [];
const appended: number[] = [];
for (let round = 1; round <= ROUNDS; round++) {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-bench-audit-'));
  logged.push(await throughLog(join(folder, 'audit')));
  appended.push(await throughAppendFile(folder));
  const report = await verifyAuditLog(join(folder, 'audit'));
  if (!report.ok || report.entries !== entries) throw new Error('the log does not verify');
  rmSync(folder, { recursive: true });
}
const rate = (numbers: readonly number[]): string => Math.round(median(numbers)).toLocaleString('en');
console.log(`${cpus()[0]?.model ?? '?'}, ${availableParallelism()} processors; median of ${ROUNDS} rounds`);
console.log(`audit log, two threads     ${rate(logged)} entries/s`);
console.log(`fs.appendFile, 256 at once ${rate(appended)} lines/s`);
console.log(`ratio                      ${(median(logged) / median(appended)).toFixed(1)}`);

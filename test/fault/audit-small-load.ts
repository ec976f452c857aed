import { readFileSync, writeSync } from 'node:fs';
import { startAuditWriter } from '../../src/audit/writer.ts';

/**
 * One thread that records as fast as it is acknowledged, with small segments and a checkpoint after each sync, and says
 * which entries were: the process is meant to be killed, also while it starts. Arguments: folder, round, PEM of the key; "end" where it is to end by itself at once.
 */
const [folder = '', round = '', pem = '', end] = process.argv.slice(2);
const writer = await startAuditWriter({
  folder,
  segmentBytes: 16 * 1024,
  syncWithinMs: 5,
  checkpoints: {
    origin: 'gateway.example/audit/one',
    keys: [{ version: 0, key: readFileSync(pem) }],
    everyMs: 0,
  },
});
let number = 0;
let said = '';
const say = (): void => {
  try {
    said = said.slice(writeSync(1, said));
  } catch (error) {
    // The pipe is full: whoever reads it is busy.
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
};
const next = (): void => {
  const reference = `${round}-${number++}`;
  const durability = number % 3 === 0 ? 'synced' : 'written';
  writer.sink.record(
    { event: 'call', at: Date.now(), reference, service: 'joint-tax' },
    durability,
    (error) => {
      if (error !== undefined) throw error;
      said += `${reference}\n`;
      say();
      next();
    },
  );
};
if (end === 'end') await writer.close();
else for (let inFlight = 0; inFlight < 4; inFlight++) next();

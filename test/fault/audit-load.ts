import { writeSync } from 'node:fs';
import { isMainThread, Worker, workerData, type MessagePort } from 'node:worker_threads';
import { createAuditSink } from '../../src/audit/sink.ts';
import { startAuditWriter } from '../../src/audit/writer.ts';

/** POSIX: a write of so many octets to a pipe is never mixed with another's (Linux). */
const PIPE_BUF = 4_096;

/**
 * Two threads that record as fast as they are acknowledged, and say on standard output which entries were, after
 * they were: the process is meant to be killed. Arguments: folder, round.
 */
const load = (port: MessagePort, name: string): void => {
  const sink = createAuditSink(port);
  let number = 0;
  let said = '';
  const say = (): void => {
    try {
      // Whole lines, and no more than a pipe takes in one piece: the other thread writes to it too.
      const piece = said.length <= PIPE_BUF ? said : said.slice(0, said.lastIndexOf('\n', PIPE_BUF - 1) + 1);
      said = said.slice(writeSync(1, piece));
    } catch (error) {
      // The pipe is full: whoever reads it is busy.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    if (said !== '') setImmediate(say);
  };
  const next = (): void => {
    const reference = `${name}-${number++}`;
    const durability = number % 50 === 0 ? 'synced' : 'written';
    sink.record({ event: 'call', at: Date.now(), reference, service: 'joint-tax' }, durability, (error) => {
      if (error !== undefined) throw error;
      if (said === '') setImmediate(say);
      said += `${reference}\n`;
      next();
    });
  };
  for (let inFlight = 0; inFlight < 64; inFlight++) next();
};

if (isMainThread) {
  const [folder = '', round = ''] = process.argv.slice(2);
  const writer = await startAuditWriter({ folder, segmentBytes: 1024 * 1024 });
  for (const thread of ['a', 'b']) {
    const port = writer.connect();
    new Worker(new URL(import.meta.url), {
      workerData: { port, name: `${round}-${thread}` },
      transferList: [port],
    });
  }
} else {
  const { port, name } = workerData as { port: MessagePort; name: string };
  load(port, name);
}

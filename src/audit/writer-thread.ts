import { existsSync, mkdirSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { openCheckpointer, writeVerifierKeys, type Checkpointer } from './checkpoint/checkpointer.ts';
import { noteSigner } from './checkpoint/note.ts';
import { noteVerifierKeys, recoverCheckpoints } from './checkpoint/recover-checkpoints.ts';
import type { AuditEntry } from './entry.ts';
import { lockFolder, type FolderLock } from './lock-folder.ts';
import { openLogFile, type LogFile } from './log-file.ts';
import { createLogWriter, type Group, type LogWriter } from './log-writer.ts';
import { recoverLog, type RecoveredLog } from './recover-log.ts';
import { requestPath } from './retirement/request-path.ts';
import { recoverTree } from './tree/recover-tree.ts';
import { openTreeWriter, type TreeWriter } from './tree/tree-writer.ts';
import {
  STAT,
  type Acknowledgement,
  type Batch,
  type WriterOrder,
  type WriterReport,
  type WriterStart,
} from './writer-protocol.ts';

/** Most entries written together: bounds how long the first of them waits for the last. */
const GROUP_ENTRIES = 4096;

const start = workerData as WriterStart;
const stats = new Float64Array(start.stats);
const ports = new Set<MessagePort>();
const queue: { readonly port: MessagePort; readonly batch: Batch }[] = [];
let scheduled = false;
let keepCosigned: (note: string) => void = () => undefined;

const report = (message: WriterReport): void => parentPort?.postMessage(message);
const answer = (port: MessagePort, message: Acknowledgement): void => port.postMessage(message);
const count = (cell: keyof typeof STAT, value: number): void => {
  stats[STAT[cell]] = (stats[STAT[cell]] ?? 0) + value;
};

/** What was found in the folder, made whole. */
const recover = async () => {
  const log = await recoverLog(start.folder);
  const tree = await recoverTree(start.folder, log);
  return { log, tree, checkpoints: await recoverCheckpoints(start.folder, tree.edge) };
};

/** How often is looked whether somebody asks for segments to be retired. */
const LOOK_MS = 250;

interface Opened {
  readonly writer: LogWriter;
  /** Resolves when nothing is being retired any more. */
  readonly stopLooking: () => Promise<void>;
}

const open = async (): Promise<Opened> => {
  const { log: recovered, tree: found, checkpoints } = await recover();
  const file = openLogFile({
    folder: start.folder,
    segment: recovered.segment,
    size: recovered.size,
    segmentBytes: start.segmentBytes,
    lockAgain: () => {
      const taken = lockFolder(start.folder);
      lock?.release();
      lock = taken;
    },
    beforeNext: () => {
      tree.syncNow();
      checkpointer?.signNow(tree.state());
    },
  });
  const tree = openTreeWriter({
    folder: start.folder,
    segment: recovered.segment,
    size: found.size,
    edge: found.edge,
  });
  const checkpointer = startCheckpoints(tree, checkpoints, file);
  keepCosigned = (note) => checkpointer?.keep(note);
  const writer = createLogWriter({
    file,
    head: recovered.head,
    tree,
    checkpointer,
    syncWithinMs: start.syncWithinMs,
    probeEveryMs: start.probeEveryMs,
    clock: Date.now,
    onHealth: (healthy, reason) => {
      stats[STAT.healthy] = healthy ? 1 : 0;
      report({ healthy, reason });
      for (const port of ports) answer(port, { healthy, reason });
    },
    onAppend: (entries, bytes) => {
      count('entries', entries);
      count('bytes', bytes);
      count('groups', 1);
      stats[STAT.seq] = writer.head.seq;
      stats[STAT.segment] = file.segment;
    },
    onSync: (ms) => {
      count('syncs', 1);
      count('syncSeconds', ms / 1000);
      stats[STAT.longestSyncSeconds] = Math.max(stats[STAT.longestSyncSeconds] ?? 0, ms / 1000);
    },
  });
  stats[STAT.healthy] = 1;
  stats[STAT.seq] = writer.head.seq;
  stats[STAT.segment] = file.segment;
  if (recovered.cut > 0) noteCut(writer, recovered);
  if (found.rebuilt > 0) report({ rebuilt: found.rebuilt });
  return { writer, stopLooking: lookForRetirement(writer, () => file.segment) };
};

/** The first checkpoint is of what was found, forced to the disk now: a killed process may have left it unsynced. */
const startCheckpoints = (
  tree: TreeWriter,
  { size, latest }: { readonly size: number; readonly latest: number | undefined },
  file: LogFile,
): Checkpointer | undefined => {
  if (start.checkpoints === undefined) return undefined;
  const { origin, key, everyMs, witnesses } = start.checkpoints;
  const signer = noteSigner(origin, key);
  const checkpointer = openCheckpointer({
    folder: start.folder,
    signer,
    everyMs,
    tree,
    size,
    latest,
    onCheckpoint: (checkpoint, covered) => {
      stats[STAT.checkpoint] = covered;
      report({ checkpoint, size: covered });
    },
    onFailure: (error) => report({ checkpointFailed: error.message }),
  });
  stats[STAT.checkpoint] = latest ?? 0;
  file.syncNow();
  checkpointer.signNow(tree.state());
  const keys = noteVerifierKeys(start.folder, [...witnesses, signer.verifierKey.text]);
  if (keys !== undefined) writeVerifierKeys(start.folder, keys);
  return checkpointer;
};

const lookForRetirement = (writer: LogWriter, segment: () => number): (() => Promise<void>) => {
  let looking: Promise<void> | undefined;
  const record = (entry: AuditEntry): Promise<void> =>
    new Promise((resolve, reject) => {
      writer.write({
        entries: [JSON.stringify(entry)],
        wantsSync: true,
        written: () => undefined,
        synced: resolve,
        refused: (reason) => reject(new Error(reason)),
      });
    });
  const look = async (): Promise<void> => {
    try {
      const { carryOutRetirement } = await import('./retirement/carry-out.ts');
      const retired = await carryOutRetirement({ folder: start.folder, segment, record });
      if (retired !== undefined) report({ retired });
    } catch (error) {
      // During an outage: tried again, and said once it is over.
      if (writer.healthy) report({ retirementFailed: (error as Error).message });
    } finally {
      looking = undefined;
    }
  };
  const timer = setInterval(() => {
    if (existsSync(requestPath(start.folder))) looking ??= look();
  }, LOOK_MS);
  return async () => {
    clearInterval(timer);
    await looking;
  };
};

const noteCut = (writer: LogWriter, { segment, cut }: RecoveredLog): void => {
  const entry: AuditEntry = { event: 'recovery', at: Date.now(), what: 'torn-line', segment, bytes: cut };
  const nobody = (): void => undefined;
  writer.write({
    entries: [JSON.stringify(entry)],
    wantsSync: false,
    written: nobody,
    synced: nobody,
    refused: nobody,
  });
  report({ recovered: { segment, bytes: cut } });
};

/** Everything queued, in groups. Runs after all messages of this event-loop turn are in. */
const drain = (writer: LogWriter): void => {
  scheduled = false;
  while (queue.length > 0) {
    let entries = 0;
    let taken = 0;
    for (; taken < queue.length && entries < GROUP_ENTRIES; taken++) {
      entries += queue[taken]?.batch.entries.length ?? 0;
    }
    writer.write(groupOf(queue.splice(0, taken)));
    stats[STAT.queued] = queue.length;
  }
};

interface Range {
  from: number;
  to: number;
  written: boolean;
  synced: boolean;
}

const groupOf = (batches: readonly { port: MessagePort; batch: Batch }[]): Group => {
  const ranges = new Map<MessagePort, Range>();
  const entries: string[] = [];
  for (const { port, batch } of batches) {
    for (const entry of batch.entries) entries.push(entry);
    const range = ranges.get(port) ?? { from: batch.batch, to: 0, written: false, synced: false };
    range.to = batch.batch;
    range.written ||= batch.written > 0;
    range.synced ||= batch.synced > 0;
    ranges.set(port, range);
  }
  return {
    entries,
    wantsSync: [...ranges.values()].some(({ synced }) => synced),
    written: () => {
      for (const [port, { to, written }] of ranges) if (written) answer(port, { written: to });
    },
    synced: () => {
      for (const [port, { to, synced }] of ranges) if (synced) answer(port, { synced: to });
    },
    refused: (reason) => {
      count('refused', entries.length);
      for (const [port, { from, to }] of ranges) answer(port, { refused: [from, to], reason });
    },
  };
};

const connect = (writer: LogWriter, port: MessagePort): void => {
  ports.add(port);
  port.on('message', (batch: Batch) => {
    queue.push({ port, batch });
    if (scheduled) return;
    scheduled = true;
    setImmediate(drain, writer);
  });
  port.on('close', () => ports.delete(port));
  if (!writer.healthy) answer(port, { healthy: false, reason: 'the audit log cannot be written' });
};

/** What the sinks have posted so far is still taken. */
const close = (writer: LogWriter): string | undefined => {
  for (const port of ports) {
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
      queue.push({ port, batch: next.message as Batch });
    }
  }
  try {
    drain(writer);
    writer.close();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  } finally {
    for (const port of ports) port.close();
  }
};

const end = async ({ writer, stopLooking }: Opened): Promise<void> => {
  // What a retirement under way still records is written before the end.
  await stopLooking();
  const error = close(writer);
  lock?.release();
  report({ closed: true, error });
  parentPort?.close();
};

let lock: FolderLock | undefined;
try {
  mkdirSync(start.folder, { recursive: true, mode: 0o700 });
  lock = lockFolder(start.folder);
  const opened = await open();
  const { writer } = opened;
  parentPort?.on('message', (order: WriterOrder) => {
    if ('connect' in order) connect(writer, order.connect);
    else if ('cosigned' in order) keepCosigned(order.cosigned);
    else void end(opened);
  });
  report({ ready: true });
} catch (error) {
  lock?.release();
  report({ failed: (error as Error).message });
}

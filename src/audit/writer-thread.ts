import { mkdirSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { recoverCheckpoints } from './checkpoint/recover-checkpoints.ts';
import { logSigners, startSigning, type Signing } from './checkpoint/start-signing.ts';
import type { AuditEntry } from './entry.ts';
import { lockFolder, type FolderLock } from './lock-folder.ts';
import { openLogFile, type LogFile } from './log-file.ts';
import { createLogWriter, type Group, type LogWriter } from './log-writer.ts';
import { recoverLog, type RecoveredLog } from './recover-log.ts';
import { lookForRequests } from './retirement/look-for-requests.ts';
import { recoverTree } from './tree/recover-tree.ts';
import { openTreeWriter, type TreeWriter } from './tree/tree-writer.ts';
import {
  STAT,
  type Acknowledgement,
  type Batch,
  type LogKey,
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

const report = (message: WriterReport): void => parentPort?.postMessage(message);
const answer = (port: MessagePort, message: Acknowledgement): void => port.postMessage(message);
const count = (cell: keyof typeof STAT, value: number): void => {
  stats[STAT[cell]] = (stats[STAT[cell]] ?? 0) + value;
};

/** What was found in the folder, made whole. */
const recover = async () => {
  const log = await recoverLog(start.folder);
  const tree = await recoverTree(start.folder, log);
  const { origin = '', keys = [] } = start.checkpoints ?? {};
  const signers = logSigners(origin, keys);
  const own = signers.map(({ verifierKey }) => verifierKey);
  return { log, tree, signers, checkpoints: await recoverCheckpoints(start.folder, tree.edge, own) };
};

interface Opened {
  readonly writer: LogWriter;
  readonly signing: Signing | undefined;
  /** Resolves when nothing is being retired any more. */
  readonly stopLooking: () => Promise<void>;
}

const open = async (): Promise<Opened> => {
  const inFolder = await recover();
  const { log: recovered, tree: found } = inFolder;
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
      signing?.checkpointer.signNow(tree.state());
    },
  });
  const tree = openTreeWriter({
    folder: start.folder,
    segment: recovered.segment,
    size: found.size,
    edge: found.edge,
  });
  const signing = sign(tree, file, inFolder);
  const writer = createLogWriter({
    file,
    head: recovered.head,
    tree,
    checkpointer: signing?.checkpointer,
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
  const record = recordOf(writer);
  signing?.begin(record);
  const stopLooking = lookForRequests({
    folder: start.folder,
    segment: () => file.segment,
    record,
    onRetired: (retired) => report({ retired }),
    // During an outage: tried again, and said once it is over.
    onFailure: (error) => writer.healthy && report({ retirementFailed: error.message }),
  });
  return { writer, signing, stopLooking };
};

/** Undefined where nobody has handed in a key. */
const sign = (
  tree: TreeWriter,
  file: LogFile,
  { checkpoints: recovered, signers }: Awaited<ReturnType<typeof recover>>,
): Signing | undefined => {
  if (start.checkpoints === undefined) return undefined;
  stats[STAT.checkpoint] = recovered.latest ?? 0;
  return startSigning({
    folder: start.folder,
    checkpoints: start.checkpoints,
    signers,
    recovered,
    tree,
    file,
    onCheckpoint: (checkpoint, covered) => {
      stats[STAT.checkpoint] = covered;
      report({ checkpoint, size: covered });
    },
    onFailure: (error) => report({ checkpointFailed: error.message }),
    retryMs: 4 * start.probeEveryMs,
  });
};

/** Resolves when the entry is on the disk. */
const recordOf =
  (writer: LogWriter) =>
  (entry: AuditEntry): Promise<void> =>
    new Promise((resolve, reject) => {
      writer.write({
        entries: [JSON.stringify(entry)],
        wantsSync: true,
        written: () => undefined,
        synced: resolve,
        refused: (reason) => reject(new Error(reason)),
      });
    });

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

const useKeys = (signing: Signing | undefined, keys: readonly LogKey[]): void => {
  try {
    signing?.useKeys(keys);
  } catch (error) {
    report({ keysFailed: (error as Error).message });
  }
};

const end = async ({ writer, signing, stopLooking }: Opened): Promise<void> => {
  // What is still being recorded of a retirement, or of keys, is written before the end.
  await stopLooking();
  await signing?.settle();
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
  const { writer, signing } = opened;
  parentPort?.on('message', (order: WriterOrder) => {
    if ('connect' in order) connect(writer, order.connect);
    else if ('cosigned' in order) signing?.checkpointer.keep(order.cosigned);
    else if ('keys' in order) useKeys(signing, order.keys);
    else void end(opened);
  });
  report({ ready: true });
} catch (error) {
  lock?.release();
  report({ failed: (error as Error).message });
}

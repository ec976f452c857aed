import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { openKeyRing } from '../storage/key-ring.ts';
import { openAppendFile } from './export/append-file.ts';
import { startExporter } from './export/exporter.ts';
import { openSyslogTls } from './export/syslog-tls.ts';
import { followIndex } from './follow-index.ts';
import type { FollowerOrder, FollowerReport, FollowerStart } from './follower-protocol.ts';
import { createEntryOpener } from './open-entries.ts';
import { openAuditStores } from './open-stores.ts';

/**
 * Reads the log behind its writer: keeps the index up to it and sends entries to exports. A thread of its own, so that
 * opening and indexing entries is in nobody's way.
 */
if (parentPort === null) throw new Error('follower-thread.ts runs as a worker thread');
const port = parentPort;
const start = workerData as FollowerStart;
const report = (message: FollowerReport): void => port.postMessage(message);
const log = (level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>): void =>
  report({ level, message, fields });

/** A new version of the field key may come at any time. */
const KEYS_MS = 10_000;
const TELL_MS = 1_000;

const open = async () => {
  const ring = openKeyRing(start.keyFolder);
  const stores = await openAuditStores({ data: start.data, ring, shared: start.shared });
  const { keys, index } = stores;
  const opener = createEntryOpener(keys);
  let upTo = 0;
  const follower = await followIndex({ folder: start.folder, index, opener, upTo: () => upTo, log });
  const exporters = start.exports.map((settings) =>
    startExporter({
      name: settings.name,
      folder: start.folder,
      cursorFile: join(start.data, 'audit-exports', `${settings.name}.json`),
      target: settings.kind === 'syslog' ? openSyslogTls(settings) : openAppendFile(settings),
      ...(settings.opened && { opener }),
      upTo: () => upTo,
      log,
    }),
  );
  const reload = setInterval(() => {
    try {
      ring.reload();
    } catch (error) {
      log('warn', 'keys not taken up', { reason: (error as Error).message });
    }
  }, KEYS_MS);

  /** Told once, not at every look: a store may be away for long. */
  let behind = false;
  let pending: Promise<void> | undefined;
  let again = false;
  const catchUp = async (): Promise<void> => {
    do {
      again = false;
      try {
        report({ seq: await follower.catchUp(), exports: exporters.map(({ stats }) => stats) });
        if (behind) log('info', 'the index of the audit log is kept up again', {});
        behind = false;
      } catch (error) {
        const reason = (error as Error).message;
        if (!behind) log('warn', 'the index of the audit log could not be kept up', { reason });
        behind = true;
      }
    } while (again);
    pending = undefined;
  };
  /** One at a time; what comes meanwhile makes it look once more. */
  const look = (): Promise<void> => {
    if (pending !== undefined) again = true;
    return (pending ??= catchUp());
  };
  const telling = setInterval(() => {
    report({ seq: follower.seq, exports: exporters.map(({ stats }) => stats) });
  }, TELL_MS);
  const answer = (ask: number, work: () => Promise<unknown>): void =>
    void work().then(
      () => report({ answer: ask }),
      (error: unknown) => report({ answer: ask, error: (error as Error).message }),
    );

  port.on('message', (order: FollowerOrder) => {
    if ('upTo' in order) {
      ({ upTo } = order);
      void look();
    } else if ('forget' in order) {
      answer(order.ask, async () => {
        opener.forget(order.forget);
        // What was opened before it was forgotten is in the index first.
        await pending;
        await index.forget(order.forget);
      });
    } else if ('rebuild' in order) {
      answer(order.ask, async () => {
        await pending;
        await follower.rebuild();
        await look();
      });
    } else {
      void (async () => {
        clearInterval(reload);
        clearInterval(telling);
        await pending;
        await follower.close();
        await Promise.all(exporters.map((exporter) => exporter.close()));
        await stores.close();
        report({ closed: true });
        port.close();
      })();
    }
  });
  report({ ready: true });
};

await open().catch((error: unknown) => {
  report({ failed: (error as Error).message });
  port.close();
});

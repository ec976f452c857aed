import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { BEGINNING, openAuditFeed, type AuditCursor, type FeedBatch } from '../feed.ts';
import type { EntryOpener } from '../open-entries.ts';
import type { ExportedEntry, ExportTarget } from './export-target.ts';

const cursorSchema = z.strictObject({
  segment: z.number().int().nonnegative(),
  offset: z.number().int().nonnegative(),
  seq: z.number().int().nonnegative(),
  hash: z.string().length(43),
});

export interface ExporterStats {
  readonly name: string;
  /** Number of the last entry that has arrived. */
  readonly confirmed: number;
  /** Entries sent, also those sent again. */
  readonly sent: number;
  readonly failures: number;
  /** Whether the last attempt went well. */
  readonly up: boolean;
}

export interface Exporter {
  readonly stats: ExporterStats;
  /** Stops; what was sent is confirmed first, where that goes quickly. */
  close(): Promise<void>;
}

export interface ExporterParts {
  readonly name: string;
  readonly folder: string;
  /** Remembers what has arrived. */
  readonly cursorFile: string;
  readonly target: ExportTarget;
  /** Undefined: lines go out as they stand in the log. */
  readonly opener?: Pick<EntryOpener, 'open'>;
  readonly upTo?: () => number;
  readonly log: (level: 'info' | 'warn', message: string, fields: Record<string, unknown>) => void;
  /** At the latest so long after an entry was sent, it is made sure that it arrived. */
  readonly confirmMs?: number;
  readonly idleMs?: number;
  readonly backoffMs?: readonly [first: number, longest: number];
}

const BATCH = 500;
/** Most entries that may have to be sent again. */
const MOST_UNCONFIRMED = 50_000;
/** A receiver has so long to confirm when we end; what it does not is sent again at the next start. */
const CLOSING_MS = 5_000;

/** Sends a log's entries on, each at least once and in order; never in the way of those who write it. */
export const startExporter = (parts: ExporterParts): Exporter => {
  const { name, folder, target, opener, log, confirmMs = 10_000, idleMs = 200 } = parts;
  const [first, longest] = parts.backoffMs ?? [500, 60_000];
  const state = { confirmed: 0, sent: 0, failures: 0, up: true };
  const stopping = new AbortController();
  const stop = Promise.withResolvers<void>();
  stopping.signal.addEventListener('abort', () => stop.resolve());
  const pause = async (ms: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([promise, stop.promise]);
    clearTimeout(timer);
  };

  const textsOf = async ({ entries }: FeedBatch): Promise<readonly ExportedEntry[]> => {
    if (opener === undefined) return entries.map(({ seq, entry, line }) => ({ seq, entry, text: line }));
    const opened = await opener.open(entries.map(({ entry }) => entry));
    return entries.map(({ seq, entry }, index) => {
      const shown = opened[index] ?? entry;
      return { seq, entry: shown, text: JSON.stringify(shown) };
    });
  };

  /** Until it fails, or is to stop. */
  const run = async (from: AuditCursor): Promise<void> => {
    const { upTo } = parts;
    const feed = openAuditFeed({ folder, from, ...(upTo !== undefined && { upTo }) });
    let unconfirmed = 0;
    let since = 0;
    const confirm = async (): Promise<void> => {
      await target.confirm();
      await saveCursor(parts.cursorFile, feed.cursor);
      state.confirmed = feed.cursor.seq;
      state.up = true;
      unconfirmed = 0;
    };
    try {
      while (!stopping.signal.aborted) {
        const batch = await feed.next(BATCH);
        if (batch.rewound)
          log('warn', 'the audit log is not what was exported: a segment is sent again', { name });
        if (batch.missing !== undefined)
          log('warn', 'entries were retired before they were exported', { name, ...batch.missing });
        if (batch.entries.length > 0) {
          if (unconfirmed === 0) since = performance.now();
          await target.send(await textsOf(batch));
          unconfirmed += batch.entries.length;
          state.sent += batch.entries.length;
        }
        if (unconfirmed > 0 && (performance.now() - since >= confirmMs || unconfirmed >= MOST_UNCONFIRMED))
          await confirm();
        if (batch.atEnd) await pause(idleMs);
      }
      if (unconfirmed > 0) await confirm();
    } finally {
      await feed.close();
    }
  };

  const loop = async (): Promise<void> => {
    let backoff = first;
    while (!stopping.signal.aborted) {
      const before = state.confirmed;
      try {
        const from = await loadCursor(parts.cursorFile);
        state.confirmed = from.seq;
        await run(from);
      } catch (error) {
        state.failures += 1;
        if (state.up)
          log('warn', 'an export of the audit log is interrupted', { name, reason: reasonOf(error) });
        state.up = false;
        if (state.confirmed > before) backoff = first;
        await pause(backoff);
        backoff = Math.min(backoff * 2, longest);
      }
    }
  };
  const over = loop();

  return {
    get stats() {
      return { name, ...state };
    },
    close: async () => {
      stopping.abort();
      const late = setTimeout(() => void target.close(), CLOSING_MS);
      await over;
      clearTimeout(late);
      await target.close();
    },
  };
};

const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === undefined ? message : `${code}: ${message}`;
};

const loadCursor = async (file: string): Promise<AuditCursor> => {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return BEGINNING;
    throw error;
  }
  return cursorSchema.parse(JSON.parse(text));
};

const saveCursor = async (file: string, cursor: AuditCursor): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.new`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(cursor));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
};

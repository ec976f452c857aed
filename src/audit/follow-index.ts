import type { AuditIndex } from './audit-index.ts';
import { openAuditFeed } from './feed.ts';
import type { EntryOpener } from './open-entries.ts';
import { listSegments } from './segment-files.ts';

/** Entries taken in by one transaction. */
const BATCH = 1_000;

export interface IndexFollower {
  /** Takes in what has been written since; resolves with the number of the last entry taken in. */
  catchUp(): Promise<number>;
  /** Empties the index; the next catchUp() makes it again. */
  rebuild(): Promise<void>;
  readonly seq: number;
  close(): Promise<void>;
}

export interface IndexFollowerParts {
  readonly folder: string;
  readonly index: AuditIndex;
  readonly opener: Pick<EntryOpener, 'open'>;
  readonly upTo?: () => number;
  /** ms to leave to others after each batch. */
  readonly pauseMs?: number;
  readonly log?: (level: 'info' | 'warn', message: string, fields: Record<string, unknown>) => void;
}

/** Keeps an index up to the log. One at a time for each index. */
export const followIndex = async ({
  folder,
  index,
  opener,
  upTo,
  pauseMs = 0,
  log = () => undefined,
}: IndexFollowerParts): Promise<IndexFollower> => {
  const openFeed = async () =>
    openAuditFeed({ folder, from: await index.cursor(), ...(upTo !== undefined && { upTo }) });
  let feed = await openFeed();
  let firstSegment = 0;
  let closed = false;
  /** What was read was not kept, or it is not known whether it was. */
  let stale = false;

  const start = async (): Promise<void> => {
    await feed.close();
    await index.clear();
    feed = await openFeed();
  };
  const dropRetired = async (): Promise<void> => {
    const first = (await listSegments(folder).catch(() => []))[0]?.number ?? 0;
    if (first > firstSegment) await index.dropBefore(first);
    firstSegment = first;
  };

  return {
    catchUp: async () => {
      if (stale) {
        await feed.close();
        feed = await openFeed();
        stale = false;
      }
      await dropRetired();
      while (!closed) {
        const { entries, cursor, atEnd, rewound, unsound, missing } = await feed.next(BATCH);
        if (rewound) {
          log('warn', 'the audit log is not what the index was made of: the index is made again', {});
          await start();
          continue;
        }
        if (unsound > 0) log('warn', 'lines of the audit log are unsound: verify it', { lines: unsound });
        if (missing !== undefined) log('info', 'entries of the audit log are not there any more', missing);
        if (entries.length > 0 || unsound > 0) {
          stale = true;
          const opened = await opener.open(entries.map(({ entry }) => entry));
          await index.add(
            entries.map((place, at) => ({ place, entry: opened[at] ?? place.entry })),
            cursor,
          );
          stale = false;
        }
        if (atEnd) break;
        // A turn for the rest of this thread, and processor time for other threads.
        await new Promise<void>((resolve) =>
          pauseMs > 0 ? setTimeout(resolve, pauseMs) : setImmediate(resolve),
        );
      }
      return feed.cursor.seq;
    },
    rebuild: start,
    get seq() {
      return feed.cursor.seq;
    },
    close: async () => {
      closed = true;
      await feed.close();
    },
  };
};

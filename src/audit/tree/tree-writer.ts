import { openSyncedFile, type SyncedFile } from '../synced-file.ts';
import { hashesPath } from './hash-files.ts';
import { leafHash, type RightEdge } from './merkle.ts';

/** The tree of the log that is being written, and the hashes that are kept of it. Synchronous: in the log's thread. */
export interface TreeWriter {
  /** Adds lines, each with its line end, that stand in this segment. Never throws. */
  add(lines: Buffer, segment: number): void;
  /** Hands the hashes to the operating system. What cannot be written is kept, and written the next time. */
  flush(): void;
  /** Also forces them to the disk. */
  sync(): Promise<void>;
  syncNow(): void;
  /** The tree as it is now. */
  state(): RightEdge;
  close(): void;
}

/**
 * Hashes are written behind the entries and can always be made again from them: they are forced to the disk only before
 * a checkpoint is signed, and when their segment ends.
 */
export const openTreeWriter = (options: {
  readonly folder: string;
  readonly segment: number;
  /** Bytes of the segment's hashes that are right. */
  readonly size: number;
  readonly edge: RightEdge;
}): TreeWriter => {
  const { folder } = options;
  const edge = options.edge.copy();
  let { segment } = options;
  let file: SyncedFile = openSyncedFile(hashesPath(folder, segment), options.size);
  let pending: Buffer[] = [];
  let pendingSegment = segment;

  const flush = (): void => {
    if (pending.length === 0) return;
    if (pendingSegment !== segment) {
      const next = openSyncedFile(hashesPath(folder, pendingSegment), 0);
      file.close();
      file = next;
      segment = pendingSegment;
    }
    file.append(Buffer.concat(pending));
    pending = [];
  };
  return {
    add: (lines, of) => {
      pendingSegment = of;
      let from = 0;
      for (let end = lines.indexOf(0x0a); end !== -1; end = lines.indexOf(0x0a, from)) {
        edge.push(leafHash(lines.subarray(from, end)), pending);
        from = end + 1;
      }
    },
    flush,
    sync: async () => {
      flush();
      await file.sync();
    },
    syncNow: () => {
      flush();
      file.syncNow();
    },
    state: () => edge.copy(),
    close: () => file.close(),
  };
};

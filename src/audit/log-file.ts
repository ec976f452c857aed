import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  statSync,
  writeSync,
} from 'node:fs';
import { segmentPath } from './segment-files.ts';

/** The segment being written, and the next ones as it fills up. Synchronous: it has a thread of its own. */
export interface LogFile {
  /** Adds whole lines. When it throws, the file is as it was, or will be after `restore`. */
  append(lines: Buffer): void;
  /**
   * Forces everything appended before the call to the disk. One at a time. Rejects where that failed, or where
   * the file is no longer the one in the folder.
   */
  sync(): Promise<void>;
  syncNow(): void;
  /**
   * After a failure: brings the file back to exactly what was appended, and makes sure that there is room again.
   * Where the segment has vanished from its folder, the log goes on in the next one. Throws while it cannot.
   */
  restore(): void;
  close(): void;
  /** Number of the segment being written. */
  readonly segment: number;
  /** Whether something is not yet synced. */
  readonly dirty: boolean;
}

interface Segment {
  readonly fd: number;
  readonly path: string;
  readonly inode: number;
  size: number;
  /** What the disk is known to hold; `unsynced` are the bytes between it and `size`. */
  syncedSize: number;
  unsynced: Buffer[];
  syncing: boolean;
  retired: boolean;
}

/** Room that must be there before writing begins again, so that a nearly full disk does not flap. */
const HEADROOM = Buffer.alloc(256 * 1024);

export const openLogFile = (options: {
  readonly folder: string;
  readonly segment: number;
  /** Bytes of it that are whole entries. */
  readonly size: number;
  readonly segmentBytes: number;
  /** Takes the folder for this writer again, where it is another one than before. Throws while it cannot. */
  readonly lockAgain: () => void;
  /** The segment is full and whole on the disk, and the next one is not there yet. Throws where it must not be. */
  readonly beforeNext?: () => void;
}): LogFile => {
  const { folder, segmentBytes } = options;
  let number = options.segment;
  let current = openSegment(folder, number, options.size);

  const next = (): void => {
    const opened = openSegment(folder, number + 1, 0);
    number += 1;
    retire(current);
    current = opened;
  };
  const syncNow = (segment: Segment): void => {
    fdatasyncSync(segment.fd);
    assertInPlace(segment);
    settle(segment, segment.size, segment.unsynced.length);
  };

  return {
    append: (lines) => {
      if (current.size > 0 && current.size + lines.length > segmentBytes) {
        syncNow(current);
        options.beforeNext?.();
        next();
      }
      try {
        writeAll(current.fd, lines, current.size);
      } catch (error) {
        // What was written of it goes away; where even that fails, restore() tries again.
        attempt(() => ftruncateSync(current.fd, current.size));
        throw error;
      }
      current.size += lines.length;
      current.unsynced.push(lines);
    },
    sync: async () => {
      const segment = current;
      const { size } = segment;
      const count = segment.unsynced.length;
      segment.syncing = true;
      try {
        await new Promise<void>((resolve, reject) => {
          fdatasync(segment.fd, (error) => (error === null ? resolve() : reject(error)));
        });
        // A retired segment was synced whole, and more, before the next one began.
        if (segment.retired) return;
        assertInPlace(segment);
        if (segment.syncedSize < size) settle(segment, size, count);
      } finally {
        segment.syncing = false;
        if (segment.retired) closeSync(segment.fd);
      }
    },
    syncNow: () => syncNow(current),
    restore: () => {
      if (!isInPlace(current)) {
        const { unsynced } = current;
        options.lockAgain();
        next();
        current.unsynced = unsynced;
        current.size = unsynced.reduce((sum, lines) => sum + lines.length, 0);
      }
      rewrite(current);
      syncNow(current);
    },
    close: () => retire(current),
    get segment() {
      return number;
    },
    get dirty() {
      return current.syncedSize < current.size;
    },
  };
};

const openSegment = (folder: string, number: number, size: number): Segment => {
  const path = segmentPath(folder, number);
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  try {
    const { ino: inode, size: found } = fstatSync(fd);
    if (found !== size) throw new Error(`${path} has ${found} bytes, expected ${size}`);
    syncFolder(folder);
    return { fd, path, inode, size, syncedSize: size, unsynced: [], syncing: false, retired: false };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
};

/** A new file is on the disk only when its folder is. */
const syncFolder = (folder: string): void => {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
};

const retire = (segment: Segment): void => {
  segment.retired = true;
  if (!segment.syncing) closeSync(segment.fd);
};

const settle = (segment: Segment, size: number, count: number): void => {
  segment.syncedSize = size;
  segment.unsynced = segment.unsynced.slice(count);
};

const writeAll = (fd: number, bytes: Buffer, position: number): void => {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, position + done);
  }
};

/**
 * After a failed fsync the kernel may have dropped the pages it could not write and call the rest clean; the bytes
 * not known to be on the disk are therefore written again.
 */
const rewrite = (segment: Segment): void => {
  let position = segment.syncedSize;
  for (const lines of segment.unsynced) {
    writeAll(segment.fd, lines, position);
    position += lines.length;
  }
  try {
    writeAll(segment.fd, HEADROOM, segment.size);
  } finally {
    ftruncateSync(segment.fd, segment.size);
  }
};

const isInPlace = ({ path, inode }: Segment): boolean =>
  statSync(path, { throwIfNoEntry: false })?.ino === inode;

const assertInPlace = (segment: Segment): void => {
  if (!isInPlace(segment)) throw new Error(`${segment.path} was removed or replaced`);
};

const attempt = (work: () => void): void => {
  try {
    work();
  } catch {
    // the caller reports the failure that led here
  }
};

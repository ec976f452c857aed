import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  openSync,
  statSync,
  writeSync,
} from 'node:fs';

/** A file that is only added to, on a thread of its own. Its size is what was added, whatever a failed write left. */
export interface SyncedFile {
  append(bytes: Uint8Array): void;
  sync(): Promise<void>;
  syncNow(): void;
  /** Whether the path still leads to this file. */
  readonly inPlace: boolean;
  readonly size: number;
  /** A sync under way ends first. */
  close(): void;
}

/** Opens (or makes) the file and cuts it to `size` bytes, by default what it has. */
export const openSyncedFile = (path: string, size?: number): SyncedFile => {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  const found = fstatSync(fd);
  let end = size ?? found.size;
  let syncing = 0;
  let closed = false;
  try {
    if (found.size !== end) ftruncateSync(fd, end);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return {
    append: (bytes) => {
      for (let done = 0; done < bytes.length;) {
        done += writeSync(fd, bytes, done, bytes.length - done, end + done);
      }
      end += bytes.length;
    },
    sync: async () => {
      if (closed) return;
      syncing += 1;
      try {
        await new Promise<void>((resolve, reject) => {
          fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
        });
      } finally {
        syncing -= 1;
        if (closed && syncing === 0) closeSync(fd);
      }
    },
    syncNow: () => fdatasyncSync(fd),
    get inPlace() {
      return statSync(path, { throwIfNoEntry: false })?.ino === found.ino;
    },
    get size() {
      return end;
    },
    close: () => {
      if (closed) return;
      closed = true;
      if (syncing === 0) closeSync(fd);
    },
  };
};

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

export interface FileWatch {
  close(): void;
}

/**
 * Files longer than this (bytes) are no configuration but CRLs that lie beside it: they are told apart by inode, size
 * and times, since reading them each second would hold everything up.
 */
const READ_UP_TO = 256 * 1024;

/**
 * Calls `onChange` when the content of any file of `places` (files, and folders with all below them) has changed and
 * then stood still for one interval (so that a half-written file is not read). It looks at content, not at events or
 * times: this also sees symbolic links swapped under a mounted folder, and network file systems.
 */
export const watchFiles = (
  places: readonly string[],
  onChange: () => void,
  intervalMs = 1_000,
): FileWatch => {
  let settled = contentHash(places);
  let previous = settled;
  const timer = setInterval(() => {
    const current = contentHash(places);
    if (current === previous && current !== settled) {
      settled = current;
      onChange();
    }
    previous = current;
  }, intervalMs);
  timer.unref();
  return { close: () => clearInterval(timer) };
};

const contentHash = (places: readonly string[]): string => {
  const hash = createHash('sha256');
  for (const place of places) for (const file of filesOf(place)) hash.update(file).update(contentOf(file));
  return hash.digest('hex');
};

const filesOf = (place: string): string[] => {
  try {
    return readdirSync(place, { recursive: true, encoding: 'utf8' })
      .map((name) => join(place, name))
      .sort();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR' ? [place] : [];
  }
};

/** A file that cannot be read counts as absent: its reader will say what is wrong. Pipes and such are never opened. */
const contentOf = (file: string): Buffer | string => {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) return '';
    const { size, ino, mtimeMs, ctimeMs } = stats;
    return size <= READ_UP_TO ? readFileSync(file) : [size, ino, mtimeMs, ctimeMs].join(' ');
  } catch {
    return '';
  }
};

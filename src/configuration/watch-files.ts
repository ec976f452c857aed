import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FileWatch {
  close(): void;
}

/**
 * Calls `onChange` when the content of any file below `folders` has changed and then stood still for one
 * interval (so that a half-written file is not read). It looks at content, not at events or times: this also
 * sees symbolic links swapped under a mounted folder, and network file systems.
 */
export const watchFiles = (
  folders: readonly string[],
  onChange: () => void,
  intervalMs = 1_000,
): FileWatch => {
  let settled = contentHash(folders);
  let previous = settled;
  const timer = setInterval(() => {
    const current = contentHash(folders);
    if (current === previous && current !== settled) {
      settled = current;
      onChange();
    }
    previous = current;
  }, intervalMs);
  timer.unref();
  return { close: () => clearInterval(timer) };
};

const contentHash = (folders: readonly string[]): string => {
  const hash = createHash('sha256');
  for (const folder of folders)
    for (const file of filesBelow(folder)) hash.update(file).update(contentOf(file));
  return hash.digest('hex');
};

const filesBelow = (folder: string): string[] => {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .sort();
  } catch {
    return [];
  }
};

/** A file that cannot be read counts as absent: its reader will say what is wrong. */
const contentOf = (file: string): Buffer | string => {
  try {
    return readFileSync(file);
  } catch {
    return '';
  }
};

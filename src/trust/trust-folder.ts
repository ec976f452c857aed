import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../configuration/configuration-error.ts';

/** The folder of a trust list as it stood when it was read. What is checked, signed and used are these bytes. */
export interface TrustFolder {
  readonly folder: string;
  /** Names of the folders in it, one an authority, sorted. */
  readonly authorities: readonly string[];
  /** The files that count, by their path below `folder` with "/" between parts, in the order of those paths. */
  readonly files: ReadonlyMap<string, Buffer>;
  /**
   * Set for a list that is kept elsewhere, and read as if it stood in `folder`: its manifest and signature, and nothing
   * of the folder itself is looked at. What it names outside the folder is found from there all the same.
   */
  readonly beside?: ReadonlyMap<string, Buffer>;
}

const FILE_BYTES = 1024 * 1024;
const FILES = 5_000;
const DEPTH = 4;

/**
 * Reads every file that counts: all in the authorities' folders but hidden ones and CRLs (*.crl), which their
 * authority signs and renews by itself. Files beside those folders, such as a README, do not count.
 *
 * @throws ConfigurationError when something cannot be read, is larger than 1 MiB, or there are more than 5,000
 */
export const readTrustFolder = (folder: string): TrustFolder => {
  const files = new Map<string, Buffer>();
  const read = (path: string, depth: number): void => {
    for (const name of namesIn(join(folder, path))) {
      const below = `${path}/${name}`;
      const file = join(folder, below);
      const stat = guarded(file, () => statSync(file));
      if (stat.isDirectory()) {
        if (depth >= DEPTH) throw problem(file, 'too deep a folder');
        read(below, depth + 1);
      } else if (!name.toLowerCase().endsWith('.crl')) {
        if (!stat.isFile()) throw problem(file, 'not a file');
        if (stat.size > FILE_BYTES) throw problem(file, `larger than ${FILE_BYTES} bytes`);
        if (files.size >= FILES) throw problem(folder, `more than ${FILES} files`);
        files.set(
          below,
          guarded(file, () => readFileSync(file)),
        );
      }
    }
  };
  const authorities = namesIn(folder).filter((name) => isFolder(join(folder, name)));
  for (const authority of authorities) read(authority, 1);
  return { folder, authorities, files: new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1))) };
};

/** The folder that these files would make. Paths are relative to it, with "/" between parts. */
export const trustFolderOf = (
  folder: string,
  files: readonly { readonly path: string; readonly content: Buffer }[],
): TrustFolder => {
  const within = files.filter(({ path }) => path.includes('/'));
  const entries = (list: typeof files) =>
    list.map(({ path, content }) => [path, content] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    folder,
    authorities: [...new Set(within.map(({ path }) => path.slice(0, path.indexOf('/'))))].sort(),
    files: new Map(entries(within)),
    beside: new Map(entries(files.filter(({ path }) => !path.includes('/')))),
  };
};

/** Hidden names are passed over: .git, and the ..data of folders that Kubernetes mounts. */
const namesIn = (folder: string): string[] =>
  guarded(folder, () => readdirSync(folder))
    .filter((name) => !name.startsWith('.'))
    .sort();

const isFolder = (path: string): boolean => guarded(path, () => statSync(path)).isDirectory();

const guarded = <T>(file: string, run: () => T): T => {
  try {
    return run();
  } catch (cause) {
    throw problem(file, (cause as Error).message, cause);
  }
};

const problem = (file: string, message: string, cause?: unknown): ConfigurationError =>
  new ConfigurationError([{ file, line: 1, column: 1, path: '', message }], { cause });

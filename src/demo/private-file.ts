import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const UNFINISHED = /^\..*\.unfinished$/;

/**
 * Writes a file that only its owner may read, whole or not at all: a start that is killed half-way leaves either the
 * old content or the new.
 */
export const writePrivateFile = async (file: string, content: string | Uint8Array): Promise<void> => {
  const [, folder = '.', name = file] = /^(.*)\/([^/]+)$/.exec(file) ?? [];
  const unfinished = join(folder, `.${name}.${randomBytes(4).toString('hex')}.unfinished`);
  await writeFile(unfinished, content, { mode: 0o600 });
  await rename(unfinished, file);
};

/** Makes a folder that only its owner may enter, and clears what a killed start left in it. */
export const openPrivateFolder = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const left = (await readdir(folder)).filter((name) => UNFINISHED.test(name));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
};

/** The content of a file, or undefined where there is none. */
export const readIfThere = async (file: string): Promise<Buffer | undefined> => {
  try {
    return await readFile(file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
};

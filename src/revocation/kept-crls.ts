import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Validators } from './http-fetch.ts';

/** Where a CRL was got from: a URL, or the absolute path of a file. */
export interface Place {
  /** Identifier of the authority in the trust list. */
  readonly authority: string;
  readonly address: string;
}

/** What is kept beside a CRL so that a restart goes on where this process stopped. */
export interface KeptCrl extends Place, Validators {
  /** SHA-256 of the body as it was fetched, lower-case hex. */
  readonly sha256: string;
  /** SHA-256 of its DER: the same unless the body is PEM. */
  readonly fingerprint: string;
  /** ms since the epoch. */
  readonly fetchedAt: number;
}

const keptSchema = z.object({
  authority: z.string(),
  address: z.string(),
  sha256: z.string(),
  fingerprint: z.string(),
  fetchedAt: z.number(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
});

/** The folder in which the last good CRL of every place lies, so that a restart serves at once. */
export interface KeptCrls {
  /** All that is kept; what cannot be read is left out. */
  list(): Promise<readonly KeptCrl[]>;
  noteOf(place: Place): Promise<KeptCrl | undefined>;
  /** The file kept for a place; undefined where there is none. */
  fileOf(place: Place): Promise<string | undefined>;
  /** Where a new CRL for a place may be written before it is known to be good. */
  partOf(place: Place): string;
  /** Makes the place's part the one kept. Either the old or the new one is there at any moment. */
  keep(kept: KeptCrl): Promise<void>;
}

/** Opens the folder (made with mode 0700) and removes what a killed process left half done. */
export const openKeptCrls = async (folder: string): Promise<KeptCrls> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = await readdir(folder);
  await Promise.all(names.filter((name) => name.endsWith('.part')).map((name) => rm(join(folder, name))));

  const path = (place: Place, ending: string): string => join(folder, `${nameOf(place)}.${ending}`);
  return {
    list: async () => {
      const files = (await readdir(folder)).filter((name) => name.endsWith('.json'));
      const read = await Promise.all(files.map((name) => readKept(join(folder, name))));
      return read.filter((kept) => kept !== undefined);
    },
    noteOf: (place) => readKept(path(place, 'json')),
    fileOf: async (place) => {
      const file = path(place, 'crl');
      return stat(file).then(
        () => file,
        () => undefined,
      );
    },
    partOf: (place) => path(place, 'part'),
    keep: async (kept) => {
      // Should the process die in between, the note's fingerprint is not the body's, and its validators are not used.
      const note = path(kept, 'json.part');
      await writeFlushed(note, JSON.stringify(kept));
      await rename(note, path(kept, 'json'));
      await rename(path(kept, 'part'), path(kept, 'crl'));
      await flushFolder(folder);
    },
  };
};

const nameOf = ({ authority, address }: Place): string =>
  `${authority}-${createHash('sha256').update(address).digest('hex').slice(0, 32)}`;

const readKept = async (file: string): Promise<KeptCrl | undefined> => {
  try {
    const { etag, lastModified, ...kept } = keptSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    return { ...kept, etag, lastModified };
  } catch {
    return undefined;
  }
};

const writeFlushed = async (file: string, text: string): Promise<void> => {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

const flushFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

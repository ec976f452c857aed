import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { open, utimes, type FileHandle } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { startAuditWriter } from '../../audit/writer.ts';
import type { ArchiveOpener } from '../../storage/archive-key.ts';
import { StorageError } from '../../storage/storage-error.ts';
import { loadSettings } from '../load-configuration.ts';
import type { BackupManifest } from './entries.ts';
import { isWithin, placesOf } from './places.ts';
import { readBackup } from './read-backup.ts';

export interface RestoredBackup {
  readonly manifest: BackupManifest;
  /** What was put where. */
  readonly places: Readonly<Record<string, string>>;
}

/** Paths of gateway.yaml that are relative stay within the staging folder, however far up they lead. */
const DEPTH = 'a/b/c/d/e/f/g/h';

/**
 * Puts a backup into empty places, all of it or nothing: everything is read, verified and staged first. Its audit log
 * goes on with an entry that says which backup it is of: what was logged after the backup is missing, and whoever kept a
 * later head or checkpoint sees why.
 *
 * @param folder where gateway.yaml goes; the other places are what it says
 * @throws StorageError when a place is not empty, or the backup is not whole; nothing has changed then
 */
export const restoreBackup = async (
  file: string,
  opener: ArchiveOpener,
  folder: string,
  now: number = Date.now(),
): Promise<RestoredBackup> => {
  refuseUnlessEmpty(folder);
  mkdirSync(dirname(resolve(folder)), { recursive: true });
  const scratch = mkdtempSync(join(dirname(resolve(folder)), '.onecert-restore-'));
  try {
    const staged = join(scratch, DEPTH);
    const manifest = await stage(file, opener, staged);
    const moves = movesOf(staged, folder);
    for (const { to } of moves) refuseUnlessEmpty(to);
    await recordRestore(join(staged, 'data/audit'), manifest, now);
    putInPlace(moves);
    return { manifest, places: Object.fromEntries(moves.map(({ name, to }) => [name, to])) };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
};

const stage = async (file: string, opener: ArchiveOpener, staged: string): Promise<BackupManifest> => {
  let handle: FileHandle | undefined;
  let current: { readonly path: string; readonly modifiedAt: number } | undefined;
  try {
    return await readBackup(file, opener, {
      begin: async ({ path, modifiedAt }) => {
        current = { path: join(staged, path), modifiedAt };
        mkdirSync(dirname(current.path), { recursive: true, mode: 0o700 });
        handle = await open(current.path, 'wx', 0o600);
      },
      bytes: async (part) => {
        await handle?.write(part);
      },
      end: async () => {
        await handle?.sync();
        await handle?.close();
        handle = undefined;
        if (current !== undefined)
          await utimes(current.path, current.modifiedAt / 1000, current.modifiedAt / 1000);
      },
    });
  } finally {
    await handle?.close();
  }
};

interface Move {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

const movesOf = (staged: string, folder: string): readonly Move[] => {
  const config = join(staged, 'config');
  if (!existsSync(join(config, 'gateway.yaml'))) throw new StorageError('the backup holds no gateway.yaml');
  const { folders, files } = placesOf(config, loadSettings(config));
  // A path that gateway.yaml gives relative to itself is relative to where it goes; an absolute one is what it is.
  const target = (path: string): string =>
    isWithin(path, join(staged, '../../../../../../../..')) ? resolve(folder, relative(config, path)) : path;
  const parts = Object.entries({ ...folders, config }).map(([name, path]) => ({
    name,
    from: join(staged, name),
    to: name === 'config' ? resolve(folder) : target(path),
  }));
  const single = Object.entries(files).map(([name, path]) => ({
    name,
    from: join(staged, 'files', name),
    to: target(path),
  }));
  return [...parts, ...single].filter(({ from }) => existsSync(from));
};

const refuseUnlessEmpty = (place: string): void => {
  if (!existsSync(place)) return;
  if (!statSync(place).isDirectory() || readdirSync(place).length > 0) {
    throw new StorageError(`${place}: is not empty; a backup is restored into empty places only`);
  }
};

/** A failure takes back what was put in place already: all were empty before. */
const putInPlace = (moves: readonly Move[]): void => {
  const done: string[] = [];
  try {
    for (const { from, to } of moves) {
      mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
      done.push(to);
      move(from, to);
    }
  } catch (cause) {
    for (const each of done) rmSync(each, { recursive: true, force: true });
    throw new StorageError(`the backup could not be put in place: ${(cause as Error).message}`, { cause });
  }
};

const move = (from: string, to: string): void => {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    const beside = `${to}.restoring`;
    cpSync(from, beside, { recursive: true, preserveTimestamps: true });
    renameSync(beside, to);
  }
};

const recordRestore = async (
  folder: string,
  { id, madeAt, auditHead }: BackupManifest,
  at: number,
): Promise<void> => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const writer = await startAuditWriter({ folder });
  try {
    await new Promise<void>((done, fail) => {
      writer.sink.record(
        {
          event: 'recovery',
          at,
          what: 'restored from a backup',
          backup: id,
          backupMadeAt: madeAt,
          backupLastSeq: auditHead?.seq ?? 0,
        },
        'synced',
        (error) => (error === undefined ? done() : fail(error)),
      );
    });
  } finally {
    await writer.close();
  }
};

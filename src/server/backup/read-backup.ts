import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ArchiveOpener } from '../../storage/archive-key.ts';
import { openArchive } from '../../storage/archive-stream.ts';
import { StorageError } from '../../storage/storage-error.ts';
import {
  MANIFEST,
  manifestSchema,
  MAX_MANIFEST_BYTES,
  readEntries,
  type BackupEntry,
  type BackupManifest,
} from './entries.ts';

/** Where the files of a backup go while it is read; nothing for one that is only verified. */
export interface FileTaker {
  begin(entry: BackupEntry): Promise<void>;
  bytes(part: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/**
 * Reads a backup to its end: everything authentic, complete, and as its manifest says.
 *
 * @throws StorageError otherwise; what `taker` was given is not to be used then
 */
export const readBackup = async (
  file: string,
  opener: ArchiveOpener,
  taker?: FileTaker,
): Promise<BackupManifest> => {
  const found = new Map<string, { readonly size: number; readonly sha256: string }>();
  const manifest: Buffer[] = [];
  let entry: BackupEntry | undefined;
  let digest: Hash = createHash('sha256');
  let finished = false;
  try {
    await readEntries(openArchive(createReadStream(file) as AsyncIterable<Buffer>, opener), {
      begin: async (next) => {
        if (finished || found.has(next.path)) throw new StorageError('the backup holds a file twice');
        entry = next;
        digest = createHash('sha256');
        if (next.path !== MANIFEST) return taker?.begin(next);
        if (next.size > MAX_MANIFEST_BYTES) throw new StorageError('the manifest is too long');
      },
      bytes: async (part) => {
        digest.update(part);
        if (entry?.path !== MANIFEST) return taker?.bytes(part);
        manifest.push(Buffer.from(part));
      },
      end: async () => {
        const { path = '', size = 0 } = entry ?? {};
        finished = path === MANIFEST;
        if (finished) return;
        found.set(path, { size, sha256: digest.digest('base64url') });
        return taker?.end();
      },
    });
  } catch (cause) {
    if (cause instanceof StorageError) throw new StorageError(`${file}: ${cause.message}`, { cause });
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new StorageError(`${file}: there is no such file`, { cause });
    }
    throw cause;
  }
  return agreeing(file, manifest, found);
};

const agreeing = (
  file: string,
  bytes: readonly Buffer[],
  found: ReadonlyMap<string, { readonly size: number; readonly sha256: string }>,
): BackupManifest => {
  let manifest: BackupManifest;
  try {
    manifest = manifestSchema.parse(JSON.parse(Buffer.concat(bytes).toString('utf8')));
  } catch (cause) {
    throw new StorageError(`${file}: the backup has no manifest, or one of a newer version`, { cause });
  }
  const wrong = manifest.files.find(({ path, size, sha256 }) => {
    const each = found.get(path);
    return each?.size !== size || each.sha256 !== sha256;
  });
  if (wrong !== undefined) throw new StorageError(`${file}: ${wrong.path} is not what the manifest says`);
  if (manifest.files.length !== found.size)
    throw new StorageError(`${file}: it holds more than its manifest says`);
  return manifest;
};

import { createHash, hash, randomBytes } from 'node:crypto';
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { MAX_LINE_BYTES, readLine, type Head } from '../../audit/line.ts';
import { sealArchive } from '../../storage/archive-stream.ts';
import type { ArchiveLock } from '../../storage/archive-key.ts';
import { StorageError } from '../../storage/storage-error.ts';
import { loadSettings } from '../load-configuration.ts';
import { MANIFEST, writeEntry, type BackupManifest } from './entries.ts';
import { isWithin, placesOf, type BackupPlaces } from './places.ts';

/** What lasts no longer than a process, is fetched again, or is made anew from what is kept. */
const NOT_KEPT =
  /^(?:crls|restore-.*|portal\.sock|audit\/(?:lock|retire\.).*|audit-index\.sqlite.*|.*\.sqlite-(?:wal|shm|journal)|.*\.new)(?:\/|$)/;
const SEGMENT = /^audit\/\d{8}\.log$/;
/** Of the log, what says what is in it: never ahead of the entries when it is read before them, in this order. */
const ABOUT_LOG = [
  /^audit\/verifier-keys$/,
  /^audit\/retired$/,
  /^audit\/checkpoints$/,
  /^audit\/\d{8}\.hashes$/,
];
const DATABASE = /\.sqlite$/;

/** One file of a backup. */
interface Part {
  readonly path: string;
  readonly file: string;
  readonly size: number;
  readonly modifiedAt: number;
}

/**
 * A backup of a gateway, sealed; it may run meanwhile. What comes first is never ahead of what it refers to: the audit
 * log up to its last whole entry, then databases (each as of one moment), and keys before and after them, so that every
 * identity in the log is in the register, and every sealed value has its key.
 *
 * @param folder of gateway.yaml
 * @throws StorageError, ConfigurationError
 */
export async function* makeBackup(folder: string, lock: ArchiveLock): AsyncGenerator<Buffer> {
  const settings = loadSettings(folder);
  const places = placesOf(folder, settings);
  const scratch = mkdtempSync(join(settings.data, 'backup-'));
  try {
    yield* sealArchive(partsOf(places, scratch, elsewhereOf(settings)), lock);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function* partsOf(
  places: BackupPlaces,
  scratch: string,
  elsewhere: readonly string[],
): AsyncGenerator<Uint8Array> {
  const files: BackupManifest['files'] = [];
  async function* put(part: Part): AsyncGenerator<Uint8Array> {
    const { path, file, size, modifiedAt } = part;
    const digest = createHash('sha256');
    yield writeEntry({ path, size, modifiedAt });
    let read = 0;
    if (size > 0) {
      for await (const chunk of createReadStream(file, { end: size - 1 }) as AsyncIterable<Buffer>) {
        digest.update(chunk);
        read += chunk.length;
        yield chunk;
      }
    }
    if (read !== size) throw new StorageError(`${file}: became shorter while it was read; begin again`);
    files.push({ path, size, sha256: digest.digest('base64url') });
  }
  /** Small, and written by renaming or once: read whole. */
  async function* putWhole(path: string, file: string): AsyncGenerator<Uint8Array> {
    const bytes = readFileSync(file);
    const { mtimeMs } = statSync(file);
    yield writeEntry({ path, size: bytes.length, modifiedAt: Math.floor(mtimeMs) });
    yield bytes;
    files.push({ path, size: bytes.length, sha256: hash('sha256', bytes, 'base64url') });
  }
  const { data } = places.folders;
  for (const about of ABOUT_LOG) {
    for (const name of filesOf(data).filter((each) => about.test(each))) {
      yield* putWhole(`data/${name}`, join(data, name));
    }
  }
  const audit = filesOf(data).filter((name) => SEGMENT.test(name));
  let auditHead: Head | undefined;
  for (const [index, name] of audit.entries()) {
    const file = join(data, name);
    const isLast = index === audit.length - 1;
    const { size, head } = isLast ? await wholeEntries(file) : { size: statSync(file).size, head: undefined };
    auditHead =
      head ??
      auditHead ??
      (isLast && index > 0 ? await lastHead(join(data, audit[index - 1] as string)) : undefined);
    yield* put({ path: `data/${name}`, file, size, modifiedAt: Math.floor(statSync(file).mtimeMs) });
  }
  const keys = new Set<string>();
  async function* putKeys(): AsyncGenerator<Uint8Array> {
    for (const name of filesOf(data).filter((each) => each.startsWith('keys/') && !NOT_KEPT.test(each))) {
      if (keys.has(name)) continue;
      keys.add(name);
      yield* putWhole(`data/${name}`, join(data, name));
    }
  }
  yield* putKeys();
  for (const name of filesOf(data).filter((each) => DATABASE.test(each) && !NOT_KEPT.test(each))) {
    const copy = join(scratch, 'copy.sqlite');
    await copyDatabase(join(data, name), copy);
    const { size } = statSync(copy);
    yield* put({ path: `data/${name}`, file: copy, size, modifiedAt: Date.now() });
    rmSync(copy);
  }
  yield* putKeys();
  const already = (name: string): boolean =>
    NOT_KEPT.test(name) ||
    ABOUT_LOG.some((about) => about.test(name)) ||
    name.startsWith('keys/') ||
    SEGMENT.test(name) ||
    DATABASE.test(name);
  for (const name of filesOf(data)) {
    if (already(name) || isWithin(join(data, name), scratch) || name.startsWith('backup-')) continue;
    yield* putWhole(`data/${name}`, join(data, name));
  }
  for (const part of ['config', 'trust', 'departments'] as const) {
    const folder = places.folders[part];
    const outer = Object.entries(places.folders).some(
      ([name, each]) => name !== part && each !== folder && isWithin(folder, each),
    );
    if (outer) continue;
    for (const name of filesOf(folder)) {
      if (isWithin(join(folder, name), data)) continue;
      yield* putWhole(`${part}/${name}`, join(folder, name));
    }
  }
  for (const [path, file] of Object.entries(places.files)) yield* putWhole(`files/${path}`, file);

  const manifest: BackupManifest = {
    format: 'onecert-backup',
    version: 1,
    id: randomBytes(16).toString('base64url'),
    madeAt: Date.now(),
    places: { ...places.folders },
    files,
    ...(auditHead !== undefined && { auditHead: { ...auditHead } }),
    elsewhere: [...elsewhere],
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  yield writeEntry({ path: MANIFEST, size: bytes.length, modifiedAt: manifest.madeAt });
  yield bytes;
}

/** Regular files below a folder, sorted, with "/". */
const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name).slice(folder.length + 1))
    .sort();

/** As of one moment, beside whoever writes (SQLite's online backup). */
const copyDatabase = async (file: string, to: string): Promise<void> => {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 10_000 });
  try {
    await backup(database, to);
  } finally {
    database.close();
  }
};

/** Bytes that are whole entries, and the last of them: what is just being written at the end is left out. */
const wholeEntries = async (
  file: string,
): Promise<{ readonly size: number; readonly head: Head | undefined }> => {
  const { size } = statSync(file);
  const from = Math.max(0, size - 2 * MAX_LINE_BYTES);
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
    const tail = buffer.subarray(0, bytesRead);
    const end = tail.lastIndexOf(0x0a);
    if (end === -1) return { size: 0, head: undefined };
    const begin = tail.lastIndexOf(0x0a, end - 1) + 1;
    const line = readLine(tail.subarray(begin, end));
    if (line?.sound !== true)
      throw new StorageError(`${file}: its last entry does not verify (onecert audit verify)`);
    return { size: from + end + 1, head: { seq: line.seq, hash: line.hash } };
  } finally {
    await handle.close();
  }
};

const lastHead = async (file: string): Promise<Head | undefined> => (await wholeEntries(file)).head;

/** Shared stores are backed up by their own means. */
const elsewhereOf = (settings: object): readonly string[] =>
  JSON.stringify(settings).includes('"postgres') ? ['PostgreSQL: everything in its schema (pg_dump)'] : [];

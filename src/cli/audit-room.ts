import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { doAuditCommand, type AuditCommand, type AuditCommandResult } from '../audit/audit-commands.ts';
import type { AuditIndex } from '../audit/audit-index.ts';
import { askGateway, commandFolder } from '../audit/command-spool.ts';
import { followIndex } from '../audit/follow-index.ts';
import type { AuditKeyStore } from '../audit/key-store.ts';
import { createEntryOpener, type EntryOpener } from '../audit/open-entries.ts';
import { openAuditStores, type SharedAuditStores } from '../audit/open-stores.ts';
import { createSealingSink } from '../audit/sealing-sink.ts';
import { startAuditWriter, type AuditWriter } from '../audit/writer.ts';
import { sharedAudit } from '../server/lasting-stores.ts';
import { loadSettings } from '../server/load-configuration.ts';
import { openKeyRing } from '../storage/key-ring.ts';
import { StorageError } from '../storage/storage-error.ts';

/** The audit log as commands work with it, beside a gateway that runs or in its place. */
export interface AuditRoom {
  readonly folder: string;
  readonly keys: AuditKeyStore;
  readonly opener: EntryOpener;
  readonly index: AuditIndex;
  /** What this log is called in an index that replicas share; undefined where it is alone. */
  readonly replica: string | undefined;
  /** Done, with its entry in the log first. Rejects where that could not be recorded. */
  command(command: AuditCommand): Promise<AuditCommandResult>;
}

/** Where an audit log is: by its data folder, or by the folder of gateway.yaml, which says what is shared too. */
export interface AuditPlace {
  readonly data: string;
  readonly config?: string | undefined;
}

/**
 * Opens what stands in a data folder, and what replicas share. Where no gateway runs, this process takes its place: it writes
 * the log itself and brings the index up to date.
 *
 * @throws StorageError where there is no audit log, or it cannot be used; ConfigurationError
 */
export const withAuditRoom = async <T>(
  place: AuditPlace,
  work: (room: AuditRoom) => Promise<T>,
): Promise<T> => {
  const { root, shared } = storesAt(place);
  const folder = join(root, 'audit');
  if (!existsSync(folder)) throw new StorageError(`${folder}: there is no audit log`);
  const ring = openKeyRing(join(root, 'keys'));
  const writer = await writerUnlessRunning(folder);
  const stores = await openAuditStores({ data: root, ring, shared, readOnly: writer === undefined });
  const { keys, index } = stores;
  const opener = createEntryOpener(keys);
  const follower = writer === undefined ? undefined : await followIndex({ folder, index, opener });
  try {
    await follower?.catchUp();
    return await work({
      folder,
      keys,
      opener,
      index,
      replica: stores.replica,
      command: (command) =>
        writer === undefined || follower === undefined
          ? askGateway(commandFolder(root), command)
          : doAuditCommand(command, {
              sink: createSealingSink(writer.sink, keys),
              keys,
              onDestroyed: async (holder) => {
                opener.forget(holder);
                await index.forget(holder);
              },
              rebuildIndex: async () => {
                await follower.rebuild();
                await follower.catchUp();
              },
            }),
    });
  } finally {
    await writer?.close();
    await follower?.close();
    await stores.close();
  }
};

const storesAt = ({ data, config }: AuditPlace): { root: string; shared: SharedAuditStores | undefined } => {
  if (config !== undefined) {
    const settings = loadSettings(resolve(config));
    return { root: resolve(settings.data), shared: sharedAudit(settings) };
  }
  const root = resolve(data);
  // Keys and index of a gateway among replicas are in PostgreSQL: files made here would say that there is nothing.
  if (existsSync(join(root, 'replica')))
    throw new StorageError(`${root}: its gateway shares the keys and the index: give --config, not --data`);
  return { root, shared: undefined };
};

/** Undefined where a gateway runs, which alone writes its log. */
export const writerUnlessRunning = async (folder: string): Promise<AuditWriter | undefined> => {
  try {
    return await startAuditWriter({ folder });
  } catch (error) {
    if (error instanceof StorageError && error.message.includes('in use by another OneCert process'))
      return undefined;
    throw error;
  }
};

/** Who runs the command, as far as the system says: `command:root (sudo: alice)`. */
export const commandActor = (): string => {
  const { username } = userInfo();
  const behind = process.env['SUDO_USER'];
  return `command:${username}${behind === undefined ? '' : ` (sudo: ${behind.slice(0, 64)})`}`;
};

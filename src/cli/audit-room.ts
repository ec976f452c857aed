import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { doAuditCommand, type AuditCommand, type AuditCommandResult } from '../audit/audit-commands.ts';
import type { AuditIndex } from '../audit/audit-index.ts';
import { askGateway, commandFolder } from '../audit/command-spool.ts';
import { auditIndexFile, openEmbeddedIndex } from '../audit/embedded-index.ts';
import { auditKeyFile, openEmbeddedKeyStore } from '../audit/embedded-key-store.ts';
import { followIndex } from '../audit/follow-index.ts';
import type { AuditKeyStore } from '../audit/key-store.ts';
import { createEntryOpener, type EntryOpener } from '../audit/open-entries.ts';
import { createSealingSink } from '../audit/sealing-sink.ts';
import { startAuditWriter, type AuditWriter } from '../audit/writer.ts';
import { createFieldCipher } from '../storage/field-cipher.ts';
import { openKeyRing } from '../storage/key-ring.ts';
import { StorageError } from '../storage/storage-error.ts';

/** The audit log as commands work with it, beside a gateway that runs or in its place. */
export interface AuditRoom {
  readonly folder: string;
  readonly keys: AuditKeyStore;
  readonly opener: EntryOpener;
  readonly index: AuditIndex;
  /** Done, with its entry in the log first. Rejects where that could not be recorded. */
  command(command: AuditCommand): Promise<AuditCommandResult>;
}

/**
 * Opens what stands in a data folder. Where no gateway runs, this process takes its place: it writes the log itself and
 * brings the index up to date.
 *
 * @throws StorageError where there is no audit log, or it cannot be used
 */
export const withAuditRoom = async <T>(data: string, work: (room: AuditRoom) => Promise<T>): Promise<T> => {
  const root = resolve(data);
  const folder = join(root, 'audit');
  if (!existsSync(folder)) throw new StorageError(`${folder}: there is no audit log`);
  const ring = openKeyRing(join(root, 'keys'));
  const keys = openEmbeddedKeyStore(
    auditKeyFile(root),
    createFieldCipher(() => ring.versions('field.key')),
  );
  const opener = createEntryOpener(keys);
  const writer = await writerUnlessRunning(folder);
  const index = openEmbeddedIndex({
    file: auditIndexFile(root),
    hashKey: ring.secret('audit-index.key', 32),
    keys,
    readOnly: writer === undefined,
  });
  const follower = writer === undefined ? undefined : await followIndex({ folder, index, opener });
  try {
    await follower?.catchUp();
    return await work({
      folder,
      keys,
      opener,
      index,
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
    await index.close();
    await keys.close();
  }
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

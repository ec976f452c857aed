import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { AuditIndex } from '../../../src/audit/audit-index.ts';
import { auditIndexFile, openEmbeddedIndex } from '../../../src/audit/embedded-index.ts';
import { auditKeyFile, openEmbeddedKeyStore } from '../../../src/audit/embedded-key-store.ts';
import type { AuditEntry, AuditSink } from '../../../src/audit/entry.ts';
import { followIndex, type IndexFollower } from '../../../src/audit/follow-index.ts';
import type { AuditKeyStore } from '../../../src/audit/key-store.ts';
import { createEntryOpener, type EntryOpener } from '../../../src/audit/open-entries.ts';
import { createSealingSink, type SealingSink } from '../../../src/audit/sealing-sink.ts';
import { startAuditWriter, type CheckpointSettings } from '../../../src/audit/writer.ts';
import { createFieldCipher } from '../../../src/storage/field-cipher.ts';
import { newFolder, record } from './written-log.ts';

/** A data folder with a log that seals, its keys, and its index. */
export interface IndexedLog {
  readonly data: string;
  readonly folder: string;
  readonly sink: SealingSink;
  /** What seals nothing. */
  readonly plain: AuditSink;
  readonly keys: AuditKeyStore;
  readonly opener: EntryOpener;
  readonly index: AuditIndex;
  readonly follower: IndexFollower;
  record(...entries: readonly AuditEntry[]): Promise<void>;
  close(): Promise<void>;
}

/** Where keys and index are: in files of the data folder where not given. */
export interface IndexedStores {
  readonly keys: AuditKeyStore;
  readonly index: AuditIndex;
}

export const openIndexedLog = async ({
  segmentBytes,
  data = newFolder(),
  stores = openFiles,
  checkpoints,
}: {
  segmentBytes?: number;
  data?: string;
  checkpoints?: CheckpointSettings;
  stores?: (data: string) => Promise<IndexedStores>;
} = {}): Promise<IndexedLog> => {
  const folder = join(data, 'audit');
  const writer = await startAuditWriter({
    folder,
    ...(segmentBytes !== undefined && { segmentBytes }),
    ...(checkpoints !== undefined && { checkpoints }),
  });
  const { keys, index } = await stores(data);
  const opener = createEntryOpener(keys);
  const follower = await followIndex({ folder, index, opener });
  const sink = createSealingSink(writer.sink, keys);
  return {
    data,
    folder,
    sink,
    plain: writer.sink,
    keys,
    opener,
    index,
    follower,
    record: async (...entries) => {
      for (const entry of entries) await record(sink, entry);
    },
    close: async () => {
      await sink.settled();
      await writer.close();
      await follower.close();
      await index.close();
      await keys.close();
    },
  };
};

export const openFiles = async (data: string): Promise<IndexedStores> =>
  filesWith(randomBytes(32), HASH_KEY)(data);

/** One for all: what is estimated from hashes is the same in every run. */
export const HASH_KEY = Buffer.alloc(32, 'index');

/** The same with keys that another opening has, too. */
export const filesWith =
  (fieldKey: Uint8Array, hashKey: Uint8Array) =>
  async (data: string): Promise<IndexedStores> => {
    const keys = openEmbeddedKeyStore(auditKeyFile(data), createFieldCipher(fieldKey));
    return { keys, index: openEmbeddedIndex({ file: auditIndexFile(data), hashKey, keys }) };
  };

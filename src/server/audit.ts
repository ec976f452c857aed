import type { MessagePort } from 'node:worker_threads';
import type { AuditSink } from '../audit/entry.ts';
import { doAuditCommand, type AuditCommand, type AuditCommandResult } from '../audit/audit-commands.ts';
import type { AuditIndex } from '../audit/audit-index.ts';
import { commandFolder, serveCommands } from '../audit/command-spool.ts';
import { auditIndexFile, openEmbeddedIndex } from '../audit/embedded-index.ts';
import { auditKeyFile, openEmbeddedKeyStore, type KeyResealing } from '../audit/embedded-key-store.ts';
import type { ExporterStats } from '../audit/export/exporter.ts';
import type { ExportSettings } from '../audit/export/export-target.ts';
import { startAuditFollower } from '../audit/follower.ts';
import type { AuditKeyStore } from '../audit/key-store.ts';
import { createEntryOpener, type EntryOpener } from '../audit/open-entries.ts';
import { readSignIns, type SignInRecord } from '../audit/read-sign-ins.ts';
import { createSealingSink } from '../audit/sealing-sink.ts';
import type { AuditWriter } from '../audit/writer.ts';
import { createFieldCipher } from '../storage/field-cipher.ts';
import type { KeyRing } from '../storage/key-ring.ts';

export interface AuditComposition {
  /** Data folder. */
  readonly data: string;
  /** Folder of the log. */
  readonly folder: string;
  readonly keyFolder: string;
  readonly keys: KeyRing;
  readonly exports: readonly ExportSettings[];
  readonly writer: AuditWriter;
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: object) => void;
}

/** The audit log as the gateway works with it: entries are sealed, indexed and exported. */
export interface Audit {
  /** For this thread; seals. */
  readonly sink: AuditSink;
  /** For another thread, which seals with keys it asks for. */
  connect(): MessagePort;
  readonly stats: AuditWriter['stats'];
  readonly keys: AuditKeyStore & KeyResealing;
  /** For queries; the follower alone writes it. */
  readonly index: AuditIndex;
  readonly opener: EntryOpener;
  signInsOf(unifiedId: string): Promise<readonly SignInRecord[]>;
  /** Searches, exports, erasures: each with its entry first. */
  command(command: AuditCommand): Promise<AuditCommandResult>;
  /** Who else holds keys forgets the one with this holder. */
  onDestroyed: (holder: string) => Promise<unknown>;
  follower(): { readonly seq: number; readonly exports: readonly ExporterStats[] };
  /** Takes no more commands, and ends what follows the log; the writer is closed by who started it. */
  close(): Promise<void>;
}

/** A person who has just signed in finds that on the page. */
const CAUGHT_UP_MS = 2_000;

/** @throws StorageError where index or keys cannot be used */
export const composeAudit = async (parts: AuditComposition): Promise<Audit> => {
  const { data, folder, keyFolder, keys: ring, writer, log } = parts;
  const keys = openEmbeddedKeyStore(
    auditKeyFile(data),
    createFieldCipher(() => ring.versions('field.key')),
  );
  // Made before the follower's thread asks for it.
  const hashKey = ring.secret('audit-index.key', 32);
  const follower = await startAuditFollower({
    folder,
    data,
    keyFolder,
    exports: parts.exports,
    written: () => writer.stats().seq,
    log,
  });
  const opener = createEntryOpener(keys);
  const index = openEmbeddedIndex({ file: auditIndexFile(data), hashKey, keys, readOnly: true });
  const sink = createSealingSink(writer.sink, keys);
  const command = (wanted: AuditCommand): Promise<AuditCommandResult> =>
    doAuditCommand(wanted, {
      sink,
      keys,
      rebuildIndex: () => follower.rebuild(),
      onDestroyed: async (holder) => {
        sink.forget(holder);
        opener.forget(holder);
        await audit.onDestroyed(holder);
        await follower.forget(holder);
      },
    });
  const commands = serveCommands(commandFolder(data), command, {
    log: (error) => log('warn', 'commands to the audit log could not be read', { error }),
  });
  const audit: Audit = {
    sink,
    connect: () => writer.connect(),
    stats: () => writer.stats(),
    keys,
    index,
    opener,
    signInsOf: async (unifiedId) => {
      await follower.caughtUp(writer.stats().seq, CAUGHT_UP_MS);
      return readSignIns({ folder, index, opener }, unifiedId);
    },
    command,
    onDestroyed: async () => undefined,
    follower: () => follower.stats(),
    close: async () => {
      await commands.close();
      await sink.settled();
      await follower.close();
      await index.close();
      await keys.close();
    },
  };
  return audit;
};

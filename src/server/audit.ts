import type { MessagePort } from 'node:worker_threads';
import type { AuditSink } from '../audit/entry.ts';
import { doAuditCommand, type AuditCommand, type AuditCommandResult } from '../audit/audit-commands.ts';
import type { AuditIndex } from '../audit/audit-index.ts';
import { commandFolder, serveCommands } from '../audit/command-spool.ts';
import type { KeyResealing } from '../audit/embedded-key-store.ts';
import type { ExporterStats } from '../audit/export/exporter.ts';
import type { ExportSettings } from '../audit/export/export-target.ts';
import { startAuditFollower } from '../audit/follower.ts';
import { keepKeys } from '../audit/keep-keys.ts';
import type { AuditKeyStore } from '../audit/key-store.ts';
import { createEntryOpener, type EntryOpener } from '../audit/open-entries.ts';
import { openAuditStores, type SharedAuditStores } from '../audit/open-stores.ts';
import { proveSignIn, readSignIns, type SignInProof, type SignInRecord } from '../audit/read-sign-ins.ts';
import { createSealingSink } from '../audit/sealing-sink.ts';
import type { AuditWriter } from '../audit/writer.ts';
import type { KeyRing } from '../storage/key-ring.ts';
import type { Postgres } from '../storage/postgres.ts';

export interface AuditComposition {
  /** Data folder. */
  readonly data: string;
  /** Folder of the log. */
  readonly folder: string;
  readonly keyFolder: string;
  readonly keys: KeyRing;
  readonly exports: readonly ExportSettings[];
  /** Where keys and index are shared, and the connections by which keys are asked for. */
  readonly shared?: SharedAuditStores | undefined;
  readonly postgres?: Postgres | undefined;
  readonly writer: AuditWriter;
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', message: string, fields?: object) => void;
}

/** The audit log as the gateway works with it: entries are sealed, indexed and exported. */
export interface Audit {
  /** Of the log. */
  readonly folder: string;
  /** What the log is called where its index is shared. */
  readonly replica: string | undefined;
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
  proveSignIn(unifiedId: string, seq: number): Promise<SignInProof>;
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
  const { data, folder, keyFolder, keys: ring, shared, writer, log } = parts;
  // Makes the key of the index, before the follower's thread asks for it.
  ring.secret('audit-index.key', 32);
  const follower = await startAuditFollower({
    folder,
    data,
    keyFolder,
    exports: parts.exports,
    shared,
    written: () => writer.stats().seq,
    log,
  });
  // The follower has made what is to be read by now.
  const stores = await openAuditStores({ data, ring, shared, keysBy: parts.postgres, readOnly: true });
  const { index, replica } = stores;
  const keys = shared === undefined ? stores.keys : await keepKeys(stores.keys);
  const opener = createEntryOpener(keys);
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
    folder,
    replica,
    sink,
    connect: () => writer.connect(),
    stats: () => writer.stats(),
    keys,
    index,
    opener,
    signInsOf: async (unifiedId) => {
      await follower.caughtUp(writer.stats().seq, CAUGHT_UP_MS);
      return readSignIns({ folder, index, opener, replica }, unifiedId);
    },
    proveSignIn: (unifiedId, seq) => proveSignIn({ folder, index, opener, replica }, unifiedId, seq),
    command,
    onDestroyed: async () => undefined,
    follower: () => follower.stats(),
    close: async () => {
      await commands.close();
      await sink.settled();
      await follower.close();
      if (keys !== stores.keys) await keys.close();
      await stores.close();
    },
  };
  return audit;
};

import { join, resolve } from 'node:path';
import type { AuditCommand } from '../audit/audit-commands.ts';
import { askGateway, commandFolder } from '../audit/command-spool.ts';
import type { AuditEntry, AuditSink } from '../audit/entry.ts';
import type { ChangeStore, NewProposal } from '../changes/change-store.ts';
import { digestOf } from '../changes/digest.ts';
import type { DocumentVersion, Proposal } from '../changes/document.ts';
import { recorded } from '../changes/record-step.ts';
import { createLogger } from '../observability/logging.ts';
import { createChangeControl, isFirstStart, type ChangeControl } from '../server/change-control.ts';
import { openDataFolder } from '../server/data-folder.ts';
import type { GatewaySettings } from '../server/gateway-settings.ts';
import { openLastingStores } from '../server/lasting-stores.ts';
import { loadSettings } from '../server/load-configuration.ts';
import { openKeyRing } from '../storage/key-ring.ts';
import { commandActor, writerUnlessRunning } from './audit-room.ts';
import { CommandLineError } from './failure.ts';

type Content = Pick<NewProposal, 'kind' | 'name' | 'base' | 'files' | 'note'>;
type Origin = 'import' | 'command';

/** Documents under change control as commands work with them, beside gateways that run or in their place. */
export interface ChangeRoom {
  /** Folder of gateway.yaml. */
  readonly folder: string;
  readonly settings: GatewaySettings;
  readonly store: ChangeStore;
  readonly control: ChangeControl;
  /** A submitted proposal of `system`; its audit entry first. */
  propose(content: Content, origin: Origin): Promise<Proposal>;
  /** Takes back what this command proposed. */
  withdraw(proposal: Proposal): Promise<Proposal>;
  /** A version without a second person; its audit entry first. `sequence`: what it was checked against. */
  put(content: Content, origin: Origin, sequence: number): Promise<DocumentVersion>;
}

export interface ChangeRoomOptions {
  /** Whether a store may be made where there is none yet. */
  readonly make?: boolean;
}

/** Rejects with StorageError where the stores, or the audit log, cannot be used. */
export const withChangeRoom = async <T>(
  config: string,
  work: (room: ChangeRoom) => Promise<T>,
  { make = false }: ChangeRoomOptions = {},
): Promise<T> => {
  const folder = resolve(config);
  const settings = loadSettings(folder);
  if (!make && isFirstStart(settings)) {
    throw new CommandLineError(
      `${settings.data}: there is no change store yet: start the gateway, or import something`,
    );
  }
  const data = openDataFolder(settings.data);
  const log = createLogger({ level: 'error' });
  const stores = await openLastingStores(settings, data, openKeyRing(data.keys), log);
  try {
    const store = await stores.openChanges();
    const control = createChangeControl(folder, store, { seedOnly: stores.form !== 'embedded' });
    const audit = auditOfCommands(settings.data);
    const stepOf = ({ kind, name, base, files }: Content, origin: Origin) => ({
      ...{ kind, name, base, digest: digestOf(files), origin, by: 'system', role: 'command' },
    });
    return await work({
      folder,
      settings,
      store,
      control,
      propose: (content, origin) => {
        const { kind, name } = content;
        const department = kind === 'department' ? name : undefined;
        const whose = { state: 'submitted', proposedBy: 'system', department, origin } as const;
        const at = Date.now();
        return recorded(audit, at, { ...stepOf(content, origin), step: 'submitted' }, () =>
          store.propose({ ...content, ...whose, at }),
        );
      },
      withdraw: (proposal) => {
        const at = Date.now();
        const step = { ...stepOf(proposal, 'import'), step: 'withdrawn', proposal: proposal.id } as const;
        const settled = { by: 'system', note: 'the others of the same import failed', at };
        return recorded(audit, at, step, () => store.withdraw(proposal.id, settled));
      },
      put: (content, origin, sequence) => {
        const at = Date.now();
        const step = { ...stepOf(content, origin), step: 'put', version: content.base + 1 } as const;
        return recorded(audit, at, step, () =>
          store.put({ ...content, origin, proposedBy: 'system', at, sequence }),
        );
      },
    });
  } finally {
    await stores.close();
  }
};

/** Entries of steps: written by the gateway that runs here, or by this process where none does. */
const auditOfCommands = (data: string): AuditSink => ({
  healthy: true,
  record: (entry, _durability, done) => {
    keep(data, entry).then(
      () => done(),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
    );
  },
});

const keep = async (data: string, { event: _event, at, ...step }: AuditEntry): Promise<void> => {
  // Checked by its schema where the gateway reads it.
  const command = { what: 'document', actor: commandActor(), ...step } as unknown as AuditCommand;
  const writer = await writerUnlessRunning(join(data, 'audit'));
  if (writer === undefined) {
    await askGateway(commandFolder(data), command);
    return;
  }
  try {
    await new Promise<void>((kept, failed) => {
      writer.sink.record({ event: 'change', at, ...command }, 'synced', (error) =>
        error === undefined ? kept() : failed(error),
      );
    });
  } finally {
    await writer.close();
  }
};

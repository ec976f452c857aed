import type { AuditCommand, AuditCommandResult } from '../../audit/audit-commands.ts';
import type { AuditIndex } from '../../audit/audit-index.ts';
import type { EntryOpener } from '../../audit/open-entries.ts';

/** The audit log as the console reads it. */
export interface AuditLogParts {
  /** Folder of the log. */
  readonly folder: string;
  /** What the log is called where the index is shared: entries of others stand in other folders. */
  readonly replica?: string | undefined;
  readonly index: Pick<AuditIndex, 'search'>;
  readonly opener: Pick<EntryOpener, 'open'>;
  /** Handle of the key that seals what is of an identity; undefined where nothing of it is sealed. */
  readonly holderOf: (unifiedId: string) => Promise<string | undefined>;
  /** Rejects with AuditUnavailableError: nothing is done then. */
  readonly command: (command: AuditCommand) => Promise<AuditCommandResult>;
  readonly state: () => AuditLogState;
}

export interface AuditLogState {
  /** False while the log cannot be written. */
  readonly healthy: boolean;
  /** Number of the last entry of the log. */
  readonly written: number;
  /** Number of the last entry that the index has. */
  readonly indexed: number;
}

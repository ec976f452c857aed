import { startAuditWriter, type AuditWriter } from '../audit/writer.ts';
import type { KeyRing } from '../storage/key-ring.ts';
import { StorageError } from '../storage/storage-error.ts';
import { auditCheckpoints } from './audit-checkpoints.ts';
import { composeAudit, type Audit, type AuditComposition } from './audit.ts';
import type { Closing } from './closing.ts';
import type { DataFolder } from './data-folder.ts';
import { sharedAudit, type LastingStores } from './lasting-stores.ts';
import type { Configuration } from './load-configuration.ts';

export interface AuditParts {
  readonly data: DataFolder;
  readonly keys: KeyRing;
  readonly stores: Pick<LastingStores, 'connections'>;
  readonly log: AuditComposition['log'];
  /** The writer can write nothing more. */
  readonly onFailed: (error: StorageError) => void;
}

/**
 * Starts the writer of the log, and what seals, follows and reads it.
 *
 * @throws StorageError where log, index or keys cannot be used
 */
export const startAudit = async (
  { settings, exports }: Configuration,
  { data, keys, stores, log, onFailed }: AuditParts,
  started: Closing,
): Promise<{ readonly writer: AuditWriter; readonly audit: Audit }> => {
  const writer = started.add(
    await startAuditWriter({
      folder: data.audit,
      log,
      checkpoints: auditCheckpoints(settings, keys),
      onFailed: (error) => onFailed(new StorageError(`the audit writer has failed: ${error.message}`)),
    }),
  );
  const audit = started.add(
    await composeAudit({
      data: settings.data,
      folder: data.audit,
      keyFolder: data.keys,
      keys,
      exports,
      shared: sharedAudit(settings),
      postgres: stores.connections,
      writer,
      log,
    }),
  );
  return { writer, audit };
};

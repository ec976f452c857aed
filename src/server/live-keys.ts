import type { AuditSink } from '../audit/entry.ts';
import { watchFiles, type FileWatch } from '../configuration/watch-files.ts';
import type { Logger } from '../observability/logging.ts';
import type { KeyName } from '../storage/key-catalogue.ts';
import type { KeyRing } from '../storage/key-ring.ts';
import { inUseFirst } from '../storage/key-version.ts';

/** The octets of all kept versions, the one in use first. */
export const secretsOf =
  (keys: Pick<KeyRing, 'versions'>, name: KeyName): (() => readonly Uint8Array[]) =>
  () =>
    inUseFirst(keys.versions(name), Date.now()).map(({ key }) => key);

/**
 * Takes up versions that come and go in the folder of keys, here or in another replica, and has `apply` tell whoever
 * works with copies. A folder that is not in order leaves the versions known in force.
 */
export const watchKeys = (
  folder: string,
  keys: KeyRing,
  apply: () => Promise<unknown>,
  { audit, log }: { readonly audit: AuditSink; readonly log: Logger },
): FileWatch => {
  const look = (): void => {
    try {
      const changes = keys.reload();
      for (const { name, version, change } of changes) {
        log.info({ key: name, version, change }, 'a version of a key was taken up, or given up');
        // The log's own: who writes it records it, with the public key (src/audit/checkpoint/take-up-keys.ts).
        if (name === 'audit.key') continue;
        const entry = { event: 'change', at: Date.now(), what: 'key', key: name, version, change } as const;
        audit.record(entry, 'synced', (error) => {
          if (error !== undefined) log.error({ error }, 'a change of keys could not be recorded');
        });
      }
      if (changes.length === 0) return;
      apply().catch((error: unknown) => log.error({ error }, 'keys could not be handed on'));
    } catch (error) {
      log.error({ reason: (error as Error).message }, 'keys not taken up, those known stay in force');
    }
  };
  const watch = watchFiles([folder], look);
  // What came since the keys were read.
  look();
  return watch;
};

import { createKeyCache } from './key-cache.ts';
import type { AuditKeyStore } from './key-store.ts';
import { unsealEntry, type ReadEntry } from './seal-entry.ts';

export interface EntryOpener {
  /**
   * Each entry with its personal fields; as it is where it has none sealed, or where its key is destroyed. What was
   * opened has no field `sealed`.
   */
  open(entries: readonly ReadEntry[]): Promise<readonly ReadEntry[]>;
  forget(holder: string): void;
}

export const createEntryOpener = (
  keys: Pick<AuditKeyStore, 'keysOf'>,
  options?: Parameters<typeof createKeyCache>[0],
): EntryOpener => {
  const cache = createKeyCache(options);
  return {
    open: async (entries) => {
      const known = entries.map(({ holder, sealed }) =>
        typeof holder === 'string' && sealed !== undefined ? cache.get(holder) : undefined,
      );
      const wanted = new Set(
        entries.flatMap(({ holder, sealed }, index) =>
          typeof holder === 'string' && sealed !== undefined && known[index] === undefined ? [holder] : [],
        ),
      );
      const found: Awaited<ReturnType<AuditKeyStore['keysOf']>> =
        wanted.size === 0 ? new Map() : await keys.keysOf([...wanted]);
      const fetched = new Map([...found].map(([holder, key]) => [holder, cache.set(holder, key)] as const));
      return entries.map((entry, index) => {
        const key = known[index] ?? fetched.get(entry['holder'] as string);
        return key === undefined ? entry : (unsealEntry(entry, key.key) ?? entry);
      });
    },
    forget: (holder) => cache.forget(holder),
  };
};

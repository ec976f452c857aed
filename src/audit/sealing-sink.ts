import type { AuditSink } from './entry.ts';
import { createKeyCache, type CachedKey } from './key-cache.ts';
import type { AuditKeyStore } from './key-store.ts';
import { ownerOf, type KeyOwner } from './personal-fields.ts';
import { sealEntry } from './seal-entry.ts';
import { AuditUnavailableError } from './sink.ts';

export interface SealingSink extends AuditSink {
  /** The key of this holder is destroyed: it is used no more. */
  forget(holder: string): void;
  /** Resolves when all entries that were taken have been handed on. */
  settled(): Promise<void>;
}

/**
 * The one place where entries are sealed: hands them to `inner` with their personal fields sealed under the key of their
 * identity. A key is asked for once and kept for a while; entries of one identity stay in order. An entry whose key
 * cannot be had is refused with an AuditUnavailableError.
 */
export const createSealingSink = (
  inner: AuditSink,
  keys: Pick<AuditKeyStore, 'keyOf'>,
  options?: Parameters<typeof createKeyCache>[0],
): SealingSink => {
  const cache = createKeyCache(options);
  const asked = new Map<KeyOwner, Promise<CachedKey>>();
  const waiting = new Set<Promise<void>>();

  const ask = (owner: KeyOwner): Promise<CachedKey> => {
    const known = asked.get(owner);
    if (known !== undefined) return known;
    const key = keys.keyOf(owner).then((found) => cache.set(owner, found));
    asked.set(owner, key);
    const over = (): void => void asked.delete(owner);
    key.then(over, over);
    return key;
  };

  return {
    record: (entry, durability, done) => {
      const owner = ownerOf(entry);
      if (owner === undefined) return inner.record(entry, durability, done);
      // Where others wait for this key, this one comes behind them.
      const cached = asked.has(owner) ? undefined : cache.get(owner);
      if (cached !== undefined)
        return inner.record(sealEntry(entry, cached.holder, cached.key), durability, done);
      const handed: Promise<void> = ask(owner).then(
        ({ holder, key }) => inner.record(sealEntry(entry, holder, key), durability, done),
        (cause: unknown) => {
          const { message } = cause as Error;
          done(new AuditUnavailableError(`no key to seal an audit entry with: ${message}`, { cause }));
        },
      );
      waiting.add(handed);
      void handed.finally(() => waiting.delete(handed));
    },
    get healthy() {
      return inner.healthy;
    },
    forget: (holder) => cache.forget(holder),
    settled: async () => {
      while (waiting.size > 0) await Promise.all(waiting);
    },
  };
};

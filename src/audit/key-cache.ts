import { createSecretKey, type KeyObject } from 'node:crypto';
import type { HolderKey } from './key-store.ts';

export interface CachedKey {
  readonly holder: string;
  readonly key: KeyObject;
}

export interface KeyCache {
  /** Undefined where it is not known, or no longer. */
  get(name: string): CachedKey | undefined;
  set(name: string, key: HolderKey): CachedKey;
  /** Of the key with this holder, whatever name it has here. */
  forget(holder: string): void;
}

/** The keys used last, each for so long at most: what was destroyed elsewhere must not be used for ever. */
export const createKeyCache = ({
  capacity = 50_000,
  keepMs = 300_000,
}: { readonly capacity?: number; readonly keepMs?: number } = {}): KeyCache => {
  const known = new Map<string, CachedKey & { readonly until: number }>();
  return {
    get: (name) => {
      const found = known.get(name);
      if (found === undefined) return undefined;
      known.delete(name);
      if (found.until < performance.now()) return undefined;
      known.set(name, found);
      return found;
    },
    set: (name, { holder, key }) => {
      const cached = { holder, key: createSecretKey(key), until: performance.now() + keepMs };
      known.set(name, cached);
      const [oldest] = known.keys();
      if (known.size > capacity && oldest !== undefined) known.delete(oldest);
      return cached;
    },
    forget: (holder) => {
      for (const [name, found] of known) if (found.holder === holder) known.delete(name);
    },
  };
};

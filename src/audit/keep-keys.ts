import { StoreUnavailableError } from '../storage/store-unavailable.ts';
import type { AuditKeyStore, HolderKey } from './key-store.ts';
import { monthOwner, type KeyOwner } from './personal-fields.ts';

/** Some 200 bytes each. */
const LIMIT = 100_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * A key store that lasts while it is away: keys that were given out are kept, and given until it is back, so that the
 * entries of who is known can be sealed. The months' keys are had before they are needed. A key that was destroyed
 * meanwhile on another replica may seal an entry more, which nobody can open then.
 */
export const keepKeys = async <Store extends AuditKeyStore>(
  store: Store,
  { limit = LIMIT, clock = Date.now }: { readonly limit?: number; readonly clock?: () => number } = {},
): Promise<Store> => {
  const copies = new Map<KeyOwner, HolderKey>();
  const keyOf = async (owner: KeyOwner): Promise<HolderKey> => {
    try {
      const key = await store.keyOf(owner);
      copies.delete(owner);
      copies.set(owner, key);
      const [oldest] = copies.keys();
      if (copies.size > limit && oldest !== undefined) copies.delete(oldest);
      return key;
    } catch (error) {
      const copy = copies.get(owner);
      if (!(error instanceof StoreUnavailableError) || copy === undefined) throw error;
      return copy;
    }
  };
  const haveMonths = async (): Promise<void> => {
    for (const at of [clock(), clock() + DAY_MS]) await keyOf(monthOwner(at));
  };
  await haveMonths();
  const timer = setInterval(() => void haveMonths().catch(() => undefined), HOUR_MS).unref();
  return {
    ...store,
    keyOf,
    destroy: async (owner) => {
      copies.delete(owner);
      return store.destroy(owner);
    },
    close: async () => {
      clearInterval(timer);
      await store.close();
    },
  };
};

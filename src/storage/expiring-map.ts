import { StoreUnavailableError } from './store-unavailable.ts';

/** How much an embedded store may hold. */
export interface EmbeddedBounds {
  readonly maxEntries: number;
  /** Of keys and values together, as UTF-16; what the engine adds is not counted. */
  readonly maxBytes: number;
}

export const DEFAULT_BOUNDS: EmbeddedBounds = { maxEntries: 100_000, maxBytes: 128 * 1024 ** 2 };

/** A map within this process whose entries expire, bounded in number and size. */
export interface ExpiringMap<Value> {
  get(key: string): Value | undefined;
  /**
   * `size` in bytes, of key and value.
   *
   * @throws StoreUnavailableError when it is full of entries that have not expired
   */
  set(key: string, value: Value, expiresAt: number, size: number): void;
  /** False when there is nothing. */
  expireAt(key: string, expiresAt: number): boolean;
  delete(key: string): Value | undefined;
  /** Expired entries that have not been met yet count as well. */
  readonly size: number;
}

export interface ExpiringMapParts<Value> {
  readonly bounds: EmbeddedBounds;
  /** ms since the epoch. */
  readonly clock: () => number;
  /** Told of every entry that goes, whether it was deleted, replaced or has expired. */
  readonly onGone?: (key: string, value: Value) => void;
}

interface Entry<Value> {
  readonly value: Value;
  readonly size: number;
  expiresAt: number;
}

/** Entries looked at for each one that is set: expired ones go at twice the pace that new ones come. */
const SWEEP_EACH = 2;
/** Entries looked at before a full map refuses: work stays bounded when somebody fills it on purpose. */
const SWEEP_FULL = 1_000;

/** There is no timer: each entry that is set pays for looking at a few others. */
export const createExpiringMap = <Value>({
  bounds,
  clock,
  onGone = () => undefined,
}: ExpiringMapParts<Value>): ExpiringMap<Value> => {
  const entries = new Map<string, Entry<Value>>();
  let bytes = 0;
  let sweeper = entries.entries();

  const remove = (key: string, entry: Entry<Value>): Value => {
    entries.delete(key);
    bytes -= entry.size;
    onGone(key, entry.value);
    return entry.value;
  };
  const live = (key: string): Entry<Value> | undefined => {
    const entry = entries.get(key);
    if (entry === undefined || entry.expiresAt > clock()) return entry;
    remove(key, entry);
    return undefined;
  };
  const sweep = (count: number): void => {
    const now = clock();
    for (let looked = 0; looked < count; looked++) {
      const next = sweeper.next();
      if (next.done === true) {
        sweeper = entries.entries();
        return;
      }
      const [key, entry] = next.value;
      if (entry.expiresAt <= now) remove(key, entry);
    }
  };
  const hasRoom = (size: number): boolean =>
    entries.size < bounds.maxEntries && bytes + size <= bounds.maxBytes;

  return {
    get: (key) => live(key)?.value,
    set: (key, value, expiresAt, size) => {
      sweep(SWEEP_EACH);
      const old = live(key);
      if (old !== undefined) {
        // Checked before anything goes: a refused replacement leaves the old entry.
        if (bytes - old.size + size > bounds.maxBytes) throw full(entries.size);
        remove(key, old);
      } else {
        for (let rounds = 0; rounds < 2 && !hasRoom(size); rounds++) sweep(SWEEP_FULL);
        if (!hasRoom(size)) throw full(entries.size);
      }
      entries.set(key, { value, size, expiresAt });
      bytes += size;
    },
    expireAt: (key, expiresAt) => {
      const entry = live(key);
      if (entry === undefined) return false;
      entry.expiresAt = expiresAt;
      return true;
    },
    delete: (key) => {
      const entry = live(key);
      return entry === undefined ? undefined : remove(key, entry);
    },
    get size() {
      return entries.size;
    },
  };
};

const full = (entries: number): StoreUnavailableError =>
  new StoreUnavailableError(`the embedded store is full (${entries} entries); use a Redis server`);

/** A record of a GroupedStore. */
export interface GroupedRecord {
  readonly key: string;
  readonly value: string;
}

/**
 * Records that expire and belong to groups: found by key, listed, counted and ended by group. A record and its places in
 * groups change in one step. Keys, values and times as in ExpiringStore; a group's name is bounded like a key and a
 * record belongs to at most 8.
 *
 * Every operation rejects with StoreUnavailableError when the store cannot answer, and with a RangeError for what is
 * outside these limits.
 */
export interface GroupedStore {
  /** Replaces what is there, also its groups. */
  put(key: string, value: string, groups: readonly string[], ttlMs: number): Promise<void>;
  get(key: string): Promise<string | undefined>;
  /** New value and time to live for a record that is still there. False when it is gone: it is never revived. */
  renew(key: string, value: string, ttlMs: number): Promise<boolean>;
  /** What was there: of all callers, in all processes, at most one is given it. */
  delete(key: string): Promise<string | undefined>;
  /** At most `limit`, which ones and in which order is not said. */
  list(group: string, limit: number): Promise<readonly GroupedRecord[]>;
  /**
   * A whole group, however large, some of it at a time: about `size`, each page read when it is asked for; pages may be
   * empty. A record that is there from the first page to the last is met, once or more often, whatever becomes of others
   * and of its time to live meanwhile; one that comes or goes meanwhile may be. Only where another server takes over
   * meanwhile (a failover, a slot that moves) records may be missed.
   */
  pages(group: string, size: number): AsyncIterable<readonly GroupedRecord[]>;
  /** How many there are, without reading them. */
  count(group: string): Promise<number>;
  /** Deletes every record of a group; how many there were. Those put meanwhile may remain or go. */
  deleteGroup(group: string): Promise<number>;
}

const MAX_GROUPS = 8;

/** @throws RangeError */
export const checkGroupCount = (groups: readonly string[]): void => {
  if (groups.length > MAX_GROUPS) throw new RangeError(`a record belongs to at most ${MAX_GROUPS} groups`);
};

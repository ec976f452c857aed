import type { EmbeddedStoreOptions } from './embedded-expiring-store.ts';
import { createExpiringMap, DEFAULT_BOUNDS } from './expiring-map.ts';
import { checkKey, checkTtl, checkValue } from './expiring-store.ts';
import { checkGroupCount, type GroupedStore } from './grouped-store.ts';

interface Held {
  readonly value: string;
  readonly groups: readonly string[];
}

/** A GroupedStore within this process: gone with it. */
export const createEmbeddedGroupedStore = ({
  bounds = DEFAULT_BOUNDS,
  clock = Date.now,
}: EmbeddedStoreOptions = {}): GroupedStore => {
  const members = new Map<string, Set<string>>();
  const leave = (key: string, { groups }: Held): void => {
    for (const group of groups) {
      const keys = members.get(group);
      keys?.delete(key);
      if (keys?.size === 0) members.delete(group);
    }
  };
  const records = createExpiringMap<Held>({ bounds, clock, onGone: leave });
  const hold = (key: string, held: Held, ttlMs: number): void => {
    const size = 2 * (key.length * (1 + held.groups.length) + held.value.length);
    records.set(key, held, clock() + ttlMs, size);
    for (const group of held.groups) {
      const keys = members.get(group) ?? new Set();
      members.set(group, keys.add(key));
    }
  };
  return {
    put: async (key, value, groups, ttlMs) => {
      checkKey(key);
      checkValue(value);
      checkTtl(ttlMs);
      checkGroupCount(groups);
      groups.forEach(checkKey);
      hold(key, { value, groups: [...new Set(groups)] }, ttlMs);
    },
    get: async (key) => {
      checkKey(key);
      return records.get(key)?.value;
    },
    renew: async (key, value, ttlMs) => {
      checkKey(key);
      checkValue(value);
      checkTtl(ttlMs);
      const held = records.get(key);
      if (held === undefined) return false;
      hold(key, { ...held, value }, ttlMs);
      return true;
    },
    delete: async (key) => {
      checkKey(key);
      return records.delete(key)?.value;
    },
    list: async (group, limit) => {
      checkKey(group);
      const found = [];
      // A copy: meeting an expired record takes it out of the group.
      for (const key of [...(members.get(group) ?? [])]) {
        if (found.length >= limit) break;
        const held = records.get(key);
        if (held !== undefined) found.push({ key, value: held.value });
      }
      return found;
    },
    pages: async function* (group, size) {
      checkKey(group);
      // The names as they are now: who is renewed meanwhile moves to the end of the group, and would be met for ever.
      const keys = [...(members.get(group) ?? [])];
      for (let at = 0; at < keys.length; at += size) {
        yield keys.slice(at, at + size).flatMap((key) => {
          const held = records.get(key);
          return held === undefined ? [] : [{ key, value: held.value }];
        });
      }
    },
    count: async (group) => {
      checkKey(group);
      return [...(members.get(group) ?? [])].filter((key) => records.get(key) !== undefined).length;
    },
    deleteGroup: async (group) => {
      checkKey(group);
      const keys = [...(members.get(group) ?? [])];
      return keys.filter((key) => records.delete(key) !== undefined).length;
    },
  };
};

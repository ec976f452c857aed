import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import type { GroupedStore } from '../../../src/storage/grouped-store.ts';
import type { TimedStore } from './expiring-store-contract.ts';

/** What every GroupedStore does, whichever form it has. `describeIt` may skip. */
export const describeGroupedStore = (
  name: string,
  open: () => TimedStore<GroupedStore>,
  describeIt: jest.Describe = describe,
): void => {
  describeIt(`the ${name} grouped store`, () => {
    const word = (): string => randomBytes(8).toString('hex');
    const day = 86_400_000;
    const keysOf = async (store: GroupedStore, group: string): Promise<string[]> =>
      (await store.list(group, 1_000)).map(({ key }) => key).sort();

    it('finds a record by its key and by each of its groups', async () => {
      const { store } = open();
      const [one, two, group, other] = [word(), word(), word(), word()];
      await store.put(one, '1', [group, other], day);
      await store.put(two, '2', [group], day);
      expect(await store.get(one)).toBe('1');
      expect(await keysOf(store, group)).toEqual([one, two].sort());
      expect(await store.list(other, 10)).toEqual([{ key: one, value: '1' }]);
      expect(await store.list(word(), 10)).toEqual([]);
      expect(await store.list(group, 1)).toHaveLength(1);
      expect(await store.list(group, 0)).toEqual([]);
    });

    it('takes a replaced record out of the groups it is not in any more', async () => {
      const { store } = open();
      const [one, before, after] = [word(), word(), word()];
      await store.put(one, '1', [before], day);
      await store.put(one, '2', [after], day);
      expect(await keysOf(store, before)).toEqual([]);
      expect(await store.list(after, 10)).toEqual([{ key: one, value: '2' }]);
      expect(await store.deleteGroup(before)).toBe(0);
      expect(await store.get(one)).toBe('2');
    });

    it('renews only what is still there', async () => {
      const { store } = open();
      const [one, group] = [word(), word()];
      await store.put(one, '1', [group], day);
      expect(await store.renew(one, '2', day)).toBe(true);
      expect(await store.list(group, 10)).toEqual([{ key: one, value: '2' }]);
      await store.delete(one);
      expect(await store.renew(one, '3', day)).toBe(false);
      expect(await store.get(one)).toBeUndefined();
      expect(await keysOf(store, group)).toEqual([]);
    });

    it('gives a deleted record to exactly one of many that delete it at once', async () => {
      const { store } = open();
      for (let round = 0; round < 10; round++) {
        const [one, group] = [word(), word()];
        await store.put(one, 'once', [group], day);
        const deleted = await Promise.all(Array.from({ length: 20 }, () => store.delete(one)));
        expect(deleted.filter((value) => value !== undefined)).toEqual(['once']);
        expect(await keysOf(store, group)).toEqual([]);
      }
    });

    it('ends a whole group, however large, and nobody else', async () => {
      const { store } = open();
      const [group, side, bystander] = [word(), word(), word()];
      await Promise.all(
        Array.from({ length: 1_000 }, (_, index) => store.put(`${group}-${index}`, 'x', [group, side], day)),
      );
      await store.put(bystander, 'stays', [side], day);
      expect(await store.deleteGroup(group)).toBe(1_000);
      expect(await store.deleteGroup(group)).toBe(0);
      expect(await store.get(`${group}-999`)).toBeUndefined();
      expect(await store.list(side, 2_000)).toEqual([{ key: bystander, value: 'stays' }]);
    });

    it('goes through a group in pages, whatever becomes of it meanwhile', async () => {
      const { store } = open();
      const [group, other] = [word(), word()];
      const named = (from: number, to: number): string[] =>
        Array.from({ length: to - from }, (_, index) => `${group}-${from + index}`);
      const putAll = (keys: readonly string[]) =>
        Promise.all(keys.map((key) => store.put(key, `of ${key}`, [group, other], day)));
      const [staying, going, coming] = [named(0, 900), named(900, 1_200), named(1_200, 1_500)];
      await putAll([...staying, ...going]);
      const met = new Map<string, string>();
      let pages = 0;
      for await (const page of store.pages(group, 100)) {
        // Redis answers a whole small group at once, and a little more than it is asked for.
        expect(page.length).toBeLessThanOrEqual(150);
        for (const { key, value } of page) met.set(key, value);
        pages += 1;
        // What was met and what was not is renewed, to end sooner and later; some go, others come.
        const renewed = staying.filter((_, index) => index % 7 === pages % 7);
        await Promise.all(
          renewed.map((key, index) => store.renew(key, `of ${key}`, index % 2 === 0 ? day : day / 2)),
        );
        await Promise.all([
          ...going.splice(0, 30).map((key) => store.delete(key)),
          putAll(coming.splice(0, 30)),
        ]);
      }
      expect(pages).toBeGreaterThan(5);
      expect(staying.filter((key) => met.get(key) !== `of ${key}`)).toEqual([]);
      const others = new Set([...named(0, 1_500)]);
      expect([...met.keys()].filter((key) => !others.has(key))).toEqual([]);
      await store.deleteGroup(group);
    });

    it('the pages of a small group, and of none; those whose time is over are in none', async () => {
      const { store, elapse } = open();
      const [one, two, short, group] = [word(), word(), word(), word()];
      const keysIn = async (name: string): Promise<string[]> => {
        const found = [];
        for await (const page of store.pages(name, 1)) found.push(...page.map(({ key }) => key));
        return found.sort();
      };
      expect(await keysIn(group)).toEqual([]);
      await store.put(one, '1', [group], day);
      await store.put(two, '2', [group], day);
      await store.put(short, '3', [group], 100);
      expect(await keysIn(group)).toEqual([one, two, short].sort());
      await elapse(200);
      expect(await keysIn(group)).toEqual([one, two].sort());
    });

    it('counts a group, however large, without those whose time is over', async () => {
      const { store, elapse } = open();
      const [group, side] = [word(), word()];
      expect(await store.count(group)).toBe(0);
      await Promise.all(
        Array.from({ length: 1_200 }, (_, index) => store.put(`${group}-${index}`, 'x', [group, side], day)),
      );
      await store.put(word(), 'x', [group], 100);
      expect(await store.count(group)).toBe(1_201);
      await store.delete(`${group}-7`);
      await elapse(200);
      expect([await store.count(group), await store.count(side)]).toEqual([1_199, 1_199]);
      await store.deleteGroup(group);
      expect([await store.count(group), await store.count(side)]).toEqual([0, 0]);
    });

    it('forgets records when their time is over, and not while they are renewed', async () => {
      const { store, elapse } = open();
      const [short, renewed, long, group] = [word(), word(), word(), word()];
      await store.put(long, 'x', [group], day);
      await store.put(short, 'x', [group], 200);
      await store.put(renewed, 'x', [group], 200);
      expect(await store.renew(renewed, 'y', day)).toBe(true);
      await elapse(300);
      expect(await store.get(short)).toBeUndefined();
      expect(await store.renew(short, 'z', day)).toBe(false);
      expect(await store.delete(short)).toBeUndefined();
      expect(await keysOf(store, group)).toEqual([renewed, long].sort());
      expect(await store.deleteGroup(group)).toBe(2);
    });

    it('a group outlives its shortest record', async () => {
      const { store, elapse } = open();
      const [long, short, group] = [word(), word(), word()];
      await store.put(long, 'x', [group], day);
      await store.put(short, 'x', [group], 100);
      await store.renew(short, 'y', 100);
      await elapse(200);
      expect(await keysOf(store, group)).toEqual([long]);
    });

    it('agrees with a plain map, whatever is done in whatever order', async () => {
      const { store } = open();
      const name = fc.constantFrom('a', 'b', 'c');
      const step = fc.oneof(
        fc.record({ do: fc.constant('put' as const), key: name, groups: fc.subarray(['x', 'y', 'z']) }),
        fc.record({ do: fc.constant('renew' as const), key: name }),
        fc.record({ do: fc.constant('delete' as const), key: name }),
        fc.record({ do: fc.constant('end' as const), group: fc.constantFrom('x', 'y', 'z') }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
          const run = word();
          const own = (part: string): string => `${run}${part}`;
          const model = new Map<string, { value: string; groups: readonly string[] }>();
          for (const [index, each] of steps.entries()) {
            if (each.do === 'put') {
              await store.put(own(each.key), `${index}`, each.groups.map(own), day);
              model.set(each.key, { value: `${index}`, groups: each.groups });
            } else if (each.do === 'renew') {
              const held = model.get(each.key);
              expect(await store.renew(own(each.key), `${index}`, day)).toBe(held !== undefined);
              if (held !== undefined) model.set(each.key, { ...held, value: `${index}` });
            } else if (each.do === 'delete') {
              expect(await store.delete(own(each.key))).toBe(model.get(each.key)?.value);
              model.delete(each.key);
            } else {
              const ended = [...model].filter(([, { groups }]) => groups.includes(each.group));
              expect(await store.deleteGroup(own(each.group))).toBe(ended.length);
              for (const [key] of ended) model.delete(key);
            }
          }
          for (const group of ['x', 'y', 'z']) {
            const expected = [...model].filter(([, { groups }]) => groups.includes(group));
            const found = await store.list(own(group), 10);
            expect(found.map(({ key, value }) => [key, value]).sort()).toEqual(
              expected.map(([key, { value }]) => [own(key), value]).sort(),
            );
          }
        }),
        { numRuns: 100 },
      );
    });

    it('refuses what is outside its limits', async () => {
      const { store } = open();
      const groups = Array.from({ length: 9 }, (_, index) => `${index}`);
      await expect(store.put('k', 'x', groups, day)).rejects.toBeInstanceOf(RangeError);
      await expect(store.put('k', 'x', [''], day)).rejects.toBeInstanceOf(RangeError);
      await expect(store.put('k', 'x'.repeat(65_537), [], day)).rejects.toBeInstanceOf(RangeError);
      await expect(store.renew('k', 'x', 0)).rejects.toBeInstanceOf(RangeError);
      await expect(store.list('', 1)).rejects.toBeInstanceOf(RangeError);
      await expect(store.count('')).rejects.toBeInstanceOf(RangeError);
      const pages = store.pages('', 1)[Symbol.asyncIterator]();
      await expect(pages.next()).rejects.toBeInstanceOf(RangeError);
      await expect(store.deleteGroup('k'.repeat(513))).rejects.toBeInstanceOf(RangeError);
    });
  });
};

import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import type { ExpiringStore } from '../../../src/storage/expiring-store.ts';

/** A store, and what lets its time pass. */
export interface TimedStore<Store> {
  readonly store: Store;
  readonly elapse: (ms: number) => Promise<void>;
}

/** What every ExpiringStore does, whichever form it has. `describeIt` may skip. */
export const describeExpiringStore = (
  name: string,
  open: () => TimedStore<ExpiringStore>,
  describeIt: jest.Describe = describe,
): void => {
  describeIt(`the ${name} expiring store`, () => {
    const key = (): string => randomBytes(8).toString('hex');
    const day = 86_400_000;

    it('gives back what was put, as often as asked', async () => {
      const { store } = open();
      const one = key();
      expect(await store.put(one, '一证通', day)).toBe(true);
      expect(await store.get(one)).toBe('一证通');
      expect(await store.get(one)).toBe('一证通');
      expect(await store.get(key())).toBeUndefined();
    });

    it('replaces, unless it was told not to', async () => {
      const { store } = open();
      const one = key();
      expect(await store.put(one, 'first', day, { ifAbsent: true })).toBe(true);
      expect(await store.put(one, 'second', day, { ifAbsent: true })).toBe(false);
      expect(await store.get(one)).toBe('first');
      expect(await store.put(one, 'third', day)).toBe(true);
      expect(await store.get(one)).toBe('third');
    });

    it('gives a value to exactly one of many that take it at once', async () => {
      const { store } = open();
      for (let round = 0; round < 20; round++) {
        const one = key();
        await store.put(one, 'once', day);
        const taken = await Promise.all(Array.from({ length: 20 }, () => store.take(one)));
        expect(taken.filter((value) => value !== undefined)).toEqual(['once']);
        expect(await store.get(one)).toBeUndefined();
      }
    });

    it('lets exactly one of many put what must be absent', async () => {
      const { store } = open();
      const one = key();
      const put = await Promise.all(
        Array.from({ length: 20 }, (_, index) => store.put(one, `${index}`, day, { ifAbsent: true })),
      );
      expect(put.filter(Boolean)).toHaveLength(1);
      expect(await store.get(one)).toBe(`${put.indexOf(true)}`);
    });

    it('deletes', async () => {
      const { store } = open();
      const one = key();
      await store.put(one, 'x', day);
      expect(await store.delete(one)).toBe(true);
      expect(await store.delete(one)).toBe(false);
      expect(await store.take(one)).toBeUndefined();
    });

    it('forgets a value when its time is over, and not while it is touched', async () => {
      const { store, elapse } = open();
      const [short, touched, gone] = [key(), key(), key()];
      await store.put(short, 'x', 200);
      await store.put(touched, 'x', 200);
      expect(await store.touch(touched, day)).toBe(true);
      await elapse(300);
      expect(await store.get(short)).toBeUndefined();
      expect(await store.take(short)).toBeUndefined();
      expect(await store.touch(short, day)).toBe(false);
      expect(await store.put(short, 'new', day, { ifAbsent: true })).toBe(true);
      expect(await store.get(touched)).toBe('x');
      expect(await store.touch(gone, day)).toBe(false);
      expect(await store.touch(touched, 1)).toBe(true);
      await elapse(50);
      expect(await store.get(touched)).toBeUndefined();
    });

    it('keeps any text under any key, each by itself', async () => {
      const { store } = open();
      const text = fc.string({ unit: 'binary', maxLength: 200 });
      await fc.assert(
        fc.asyncProperty(text, text, async (name, value) => {
          const one = `${key()}${name.slice(0, 100)}`;
          await store.put(one, value, day);
          expect(await store.get(one)).toBe(value);
          expect(await store.get(`${one} `)).toBeUndefined();
          expect(await store.take(one)).toBe(value);
        }),
        { numRuns: 200 },
      );
    });

    it('keeps values up to 64 KiB and refuses what is outside its limits', async () => {
      const { store } = open();
      const one = key();
      const largest = '证'.repeat(21_845) + 'x';
      expect(await store.put(one, largest, day)).toBe(true);
      expect(await store.get(one)).toBe(largest);
      await expect(store.put(one, `${largest}x`, day)).rejects.toBeInstanceOf(RangeError);
      await expect(store.put(one, '\ud800', day)).rejects.toBeInstanceOf(RangeError);
      await expect(store.put('', 'x', day)).rejects.toBeInstanceOf(RangeError);
      await expect(store.get('\udfff')).rejects.toBeInstanceOf(RangeError);
      await expect(store.take('k'.repeat(513))).rejects.toBeInstanceOf(RangeError);
      for (const ttl of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 31 * day]) {
        await expect(store.put(one, 'x', ttl)).rejects.toBeInstanceOf(RangeError);
        await expect(store.touch(one, ttl)).rejects.toBeInstanceOf(RangeError);
      }
      expect(await store.get(one)).toBe(largest);
    });
  });
};

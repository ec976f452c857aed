import { createEmbeddedBroadcast } from '../../../src/storage/embedded-broadcast.ts';
import { createEmbeddedExpiringStore } from '../../../src/storage/embedded-expiring-store.ts';
import { createEmbeddedGroupedStore } from '../../../src/storage/embedded-grouped-store.ts';
import { createEmbeddedRateLimiter } from '../../../src/storage/embedded-rate-limiter.ts';
import { createExpiringMap } from '../../../src/storage/expiring-map.ts';
import { StoreUnavailableError } from '../../../src/storage/store-unavailable.ts';
import { describeBroadcast } from './broadcast-contract.ts';
import { describeExpiringStore } from './expiring-store-contract.ts';
import { describeGroupedStore } from './grouped-store-contract.ts';
import { describeRateLimiter } from './rate-limiter-contract.ts';

const timed = <Store>(create: (clock: () => number) => Store) => {
  let now = 1_700_000_000_000;
  return {
    store: create(() => now),
    elapse: async (ms: number) => {
      now += ms;
    },
  };
};

describeExpiringStore('embedded', () => timed((clock) => createEmbeddedExpiringStore({ clock })));
describeGroupedStore('embedded', () => timed((clock) => createEmbeddedGroupedStore({ clock })));
describeRateLimiter('embedded', () => {
  const { store, elapse } = timed((clock) => clock);
  return { create: (limit) => createEmbeddedRateLimiter(limit, { clock: store }), elapse };
});
describeBroadcast('embedded', () => {
  const broadcast = createEmbeddedBroadcast();
  return [broadcast, broadcast];
});

describe('the bounds of embedded stores', () => {
  it('a full store refuses, keeps what it has, and takes again when something has expired', async () => {
    const { store, elapse } = timed((clock) =>
      createEmbeddedExpiringStore({ clock, bounds: { maxEntries: 3, maxBytes: 1_000 } }),
    );
    await store.put('short', 'x', 10);
    await store.put('a', 'x', 1_000);
    await store.put('b', 'x', 1_000);
    await expect(store.put('c', 'x', 1_000)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(await store.put('a', 'replaced', 1_000)).toBe(true);
    expect(await store.get('short')).toBe('x');
    await elapse(10);
    expect(await store.put('c', 'x', 1_000)).toBe(true);
    expect(await store.get('a')).toBe('replaced');
  });

  it('counts bytes, also of a replacement', async () => {
    const store = createEmbeddedExpiringStore({ bounds: { maxEntries: 10, maxBytes: 200 } });
    await store.put('a', 'x'.repeat(40), 1_000);
    await store.put('b', 'x'.repeat(40), 1_000);
    await expect(store.put('c', 'x'.repeat(40), 1_000)).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(store.put('a', 'x'.repeat(80), 1_000)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(await store.get('a')).toBe('x'.repeat(40));
    await store.delete('b');
    expect(await store.put('a', 'x'.repeat(80), 1_000)).toBe(true);
  });

  it('expired entries that nobody asks for go while others come', async () => {
    const { store: clock, elapse } = timed((now) => now);
    const map = createExpiringMap<string>({ bounds: { maxEntries: 1e6, maxBytes: 1e9 }, clock });
    for (let index = 0; index < 5_000; index++) {
      map.set(`${index}`, 'x', clock() + 100, 10);
      await elapse(1);
      expect(map.size).toBeLessThanOrEqual(302);
    }
  });

  it('a group goes with its last record', async () => {
    const { store, elapse } = timed((clock) =>
      createEmbeddedGroupedStore({ clock, bounds: { maxEntries: 2, maxBytes: 1_000 } }),
    );
    for (let index = 0; index < 100; index++) {
      await store.put(`${index}`, 'x', [`group-${index}`], 10);
      await elapse(10);
      expect(await store.list(`group-${index}`, 1)).toEqual([]);
    }
  });

  it('the rate limiter forgets who asked longest ago', async () => {
    const limiter = createEmbeddedRateLimiter(
      { limit: 1, windowMs: 3_600_000 },
      { maxKeys: 2, clock: () => 0 },
    );
    for (const key of ['a', 'b', 'a', 'c']) await limiter.ask(key);
    expect((await limiter.ask('a')).allowed).toBe(false);
    expect((await limiter.ask('b')).allowed).toBe(true);
  });
});

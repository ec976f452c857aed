import { openShortLivedStores, type ShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { StoreUnavailableError } from '../../../src/storage/store-unavailable.ts';
import { listener } from './broadcast-contract.ts';
import { describeWithRedis, ownRedis, type OwnRedis } from './redis-servers.ts';

const minute = 60_000;

describeWithRedis('a Redis server that goes away', () => {
  let server: OwnRedis;
  let states: boolean[];
  let stores: ShortLivedStores;
  beforeEach(async () => {
    server = await ownRedis();
    states = [];
    stores = openShortLivedStores({
      url: server.url,
      waitMs: 300,
      pollMs: 100,
      // Whether it was away before it was first there depends on who is quicker.
      onState: ({ ready }) => void ((ready || states.length > 0) && states.push(ready)),
    });
  });
  afterEach(async () => {
    await stores.close();
    await server.remove();
  });

  /** Every kind of operation, each with its outcome. */
  const tryAll = async (): Promise<PromiseSettledResult<unknown>[]> => {
    const expiring = stores.expiring('outage');
    const grouped = stores.grouped('outage-groups');
    return Promise.allSettled([
      expiring.put('key', 'value', minute),
      expiring.get('key'),
      expiring.touch('key', minute),
      expiring.take('key'),
      expiring.delete('key'),
      grouped.put('key', 'value', ['group'], minute),
      grouped.renew('key', 'value', minute),
      grouped.list('group', 1),
      grouped.pages('group', 1)[Symbol.asyncIterator]().next(),
      grouped.count('group'),
      grouped.deleteGroup('group'),
      grouped.delete('key'),
      stores.limiter('outage', { limit: 1_000, windowMs: 1 }).ask('key'),
      stores.broadcast.publish('topic', 'message'),
    ]);
  };
  const expectAllRefused = (outcomes: readonly PromiseSettledResult<unknown>[]): void => {
    for (const outcome of outcomes) {
      expect(outcome).toEqual({ status: 'rejected', reason: expect.any(StoreUnavailableError) as unknown });
    }
  };
  const expectAllDone = async (): Promise<void> => {
    for (const outcome of await tryAll()) expect(outcome.status).toBe('fulfilled');
  };

  it('is waited for when it is not there at the start', async () => {
    expect(await stores.ready(100)).toBe(false);
    expectAllRefused(await tryAll());
    await server.start();
    expect(await stores.ready(10_000)).toBe(true);
    await expectAllDone();
    expect(states).toEqual([true]);
  });

  it('killed: every operation fails, and works again by itself once it is back', async () => {
    await server.start();
    await stores.ready(10_000);
    for (let round = 0; round < 3; round++) {
      await expectAllDone();
      const underWay = tryAll();
      await server.kill();
      await underWay;
      expectAllRefused(await tryAll());
      await server.start();
      expect(await stores.ready(10_000)).toBe(true);
      await expectAllDone();
    }
    expect(states).toEqual([true, false, true, false, true, false, true]);
  });

  it('halted: operations under way end, others fail, and the way back is found', async () => {
    await server.start();
    await stores.ready(10_000);
    await expectAllDone();
    server.halt();
    expectAllRefused(await tryAll());
    // The hanging connection was given up: now they fail without waiting.
    expectAllRefused(await tryAll());
    expect(states).toEqual([true, false]);
    server.resume();
    expect(await stores.ready(10_000)).toBe(true);
    await expectAllDone();
  });

  it('does not collect operations in memory while it is halted', async () => {
    await server.start();
    await stores.ready(10_000);
    server.halt();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12_000 }, (_, index) => stores.expiring('many').get(`${index}`)),
    );
    expectAllRefused(outcomes);
    const reasons = new Set(outcomes.map((each) => `${(each as PromiseRejectedResult).reason}`));
    expect([...reasons].filter((reason) => /keep up/.test(reason))).toHaveLength(1);
    server.resume();
  });

  it('closed while it connects: no connection is left', async () => {
    await server.start();
    for (let round = 0; round < 5; round++) await openShortLivedStores({ url: server.url }).close();
    await stores.ready(10_000);
    await new Promise((resolve) => setTimeout(resolve, 500));
    // That of `stores`, and the one that asks.
    expect(
      String(await server.command(['CLIENT', 'LIST']))
        .trim()
        .split('\n'),
    ).toHaveLength(2);
  });

  it('full: an operation says so in one line that names no key', async () => {
    await server.start();
    await stores.ready(10_000);
    await server.command(['CONFIG', 'SET', 'maxmemory', '1']);
    const refused: unknown = await stores
      .expiring('n')
      .put('geheim', 'value', minute)
      .catch((error: unknown) => error);
    expect(`${refused as Error}`).toBe('StoreUnavailableError: Redis: OOM');
  });

  it('does not echo a password that is refused', async () => {
    const [, port = ''] = /:(\d+)$/.exec(server.url) ?? [];
    const reasons: string[] = [];
    const locked = openShortLivedStores({
      url: `redis://user:geheim@127.0.0.1:${port}`,
      onState: (state) => reasons.push(JSON.stringify(state)),
    });
    await server.start();
    expect(await locked.ready(500)).toBe(false);
    expect(reasons.join()).toMatch(/WRONGPASS|ECONNREFUSED/);
    expect(reasons.join()).not.toMatch(/geheim|user/);
    await locked.close();
  });

  describe('and those who listen', () => {
    let other: ShortLivedStores;
    beforeEach(() => {
      other = openShortLivedStores({ url: server.url, pollMs: 100 });
    });
    afterEach(() => other.close());

    it('are given what they missed while their subscription was cut', async () => {
      await server.start();
      await Promise.all([stores.ready(10_000), other.ready(10_000)]);
      const heard = listener();
      await stores.broadcast.subscribe('topic', heard);
      await other.broadcast.publish('topic', '0');
      await heard.until(1);
      for (let index = 1; index <= 50; index++) {
        // Cut again and again: some messages are heard at once, some are fetched, each once and in order.
        if (index % 5 === 0) await server.command(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
        await other.broadcast.publish('topic', `${index}`);
      }
      expect(await heard.until(51)).toEqual(Array.from({ length: 51 }, (_, index) => `${index}`));
    });

    it('are told of a gap when more was missed than is kept', async () => {
      await server.start();
      await Promise.all([stores.ready(10_000), other.ready(10_000)]);
      const heard = listener();
      await other.broadcast.subscribe('topic', heard);
      await stores.broadcast.publish('topic', 'heard');
      await heard.until(1);
      // As if 1,000 more had been published while this listener was away.
      await server.command(['INCRBY', 'onecert:topic-count:topic', '1000']);
      await heard.until(2);
      await stores.broadcast.publish('topic', 'after');
      expect(await heard.until(3)).toEqual(['heard', '(gap)', 'after']);
    });

    it('are told of a gap when it comes back empty, and hear again', async () => {
      await server.start();
      await Promise.all([stores.ready(10_000), other.ready(10_000)]);
      const heard = listener();
      await other.broadcast.subscribe('topic', heard);
      await stores.broadcast.publish('topic', 'before');
      await heard.until(1);
      await server.kill();
      await server.start();
      await stores.ready(10_000);
      await heard.until(2);
      await stores.broadcast.publish('topic', 'after');
      expect(await heard.until(3)).toEqual(['before', '(gap)', 'after']);
    });

    it('are told of a gap when it was away as they began to listen', async () => {
      const heard = listener();
      await other.broadcast.subscribe('topic', heard);
      await server.start();
      await stores.ready(10_000);
      expect(await heard.until(1)).toEqual(['(gap)']);
      await stores.broadcast.publish('topic', 'after');
      expect(await heard.until(2)).toEqual(['(gap)', 'after']);
    });
  });
});

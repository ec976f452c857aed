import {
  createCallLimiter,
  EXCHANGE_MS,
  rateLimitFields,
  type LetThrough,
} from '../../../src/decision/call-limiter.ts';
import type { Identified } from '../../../src/decision/enrolled-claims.ts';
import type { Service } from '../../../src/services/enrolment.ts';
import { createEmbeddedSharedCounts, type SharedCounts } from '../../../src/storage/shared-counts.ts';
import { describeWithRedis, openRedisStores, type RedisStores } from '../storage/redis-servers.ts';

const service = (limits: Service['limits']): Service => ({ service: 'tax', limits }) as unknown as Service;
const person = (unifiedId: string, thumbprint = unifiedId): Identified =>
  ({ identity: { unifiedId }, verdict: { thumbprint } }) as unknown as Identified;

describe('the limits of a service, in one thread', () => {
  const limiter = createCallLimiter({ clock: () => 0 });

  it('let through a window’s calls at once, and then evenly', () => {
    const limited = service({ perIdentity: { calls: 3, per: 3_000 } });
    const ask = (at: number) => limiter.ask(limited, person('a'), at)?.retryAfterMs;
    expect([ask(0), ask(0), ask(0), ask(0)]).toEqual([undefined, undefined, undefined, 990]);
    expect(ask(999)).toBeUndefined();
    expect(ask(1_000)).toBeGreaterThan(900);
    expect(ask(10_000)).toBeUndefined();
  });

  it('count per identity, per certificate and in all; a call refused by one counts for none', () => {
    const limited = service({
      perIdentity: { calls: 2, per: 60_000 },
      perCertificate: { calls: 1, per: 60_000 },
      total: { calls: 3, per: 60_000 },
    });
    const ask = (who: Identified) => limiter.ask(limited, who, 1_000_000)?.scope;
    expect(ask(person('b', 'b1'))).toBeUndefined();
    expect(ask(person('b', 'b1'))).toBe('perCertificate');
    expect(ask(person('b', 'b2'))).toBeUndefined();
    expect(ask(person('b', 'b3'))).toBe('perIdentity');
    expect(ask(person('c'))).toBeUndefined();
    expect(ask(person('d'))).toBe('total');
  });

  it('tell a program how long to wait', () => {
    const limit = { calls: 100, per: 60_000 };
    expect(rateLimitFields({ scope: 'perIdentity', limit, retryAfterMs: 1_200 })).toEqual([
      'Retry-After',
      '2',
      'RateLimit-Policy',
      '"perIdentity";q=100;w=60',
      'RateLimit',
      '"perIdentity";r=0;t=2',
    ]);
  });
});

/** What holds for counts shared in either form. */
const limitsTogether = (open: () => Promise<SharedCounts>): void => {
  const limited = service({ total: { calls: 10, per: 3_600_000 } });
  const settle = () => new Promise((resolve) => setTimeout(resolve, EXCHANGE_MS + 150));

  it('threads learn of each other, and what was let through too much is owed', async () => {
    const counts = await open();
    const exchange = (batch: readonly LetThrough[]) => counts.add(batch);
    const threads = [1, 2, 3].map(() => createCallLimiter({ exchange, clock: Date.now }));
    const let1 = (index: number): boolean =>
      threads[index]?.ask(limited, person('x'), Date.now()) === undefined;
    // All at once, before any knows of the others: each lets through what it could alone.
    const burst = [0, 1, 2].flatMap((index) => Array.from({ length: 4 }, () => let1(index)));
    expect(burst.filter(Boolean)).toHaveLength(12);
    await settle();
    // The one that told first learned least; what it lets through next tells it the rest.
    const after = [0, 1, 2].map(
      (index) => Array.from({ length: 10 }, () => let1(index)).filter(Boolean).length,
    );
    expect(after[2]).toBe(0);
    await settle();
    expect([0, 1, 2].map(let1)).toEqual([false, false, false]);
    for (const thread of threads) thread.close();
  });
};

describe('the limits of a service, in many threads', () => {
  limitsTogether(async () => createEmbeddedSharedCounts());

  it('hold in each thread while the others cannot be reached, and are made up for afterwards', async () => {
    const counts = createEmbeddedSharedCounts();
    let away = true;
    const exchange = async (batch: readonly LetThrough[]) => {
      if (away) throw new Error('away');
      return counts.add(batch);
    };
    const limited = service({ total: { calls: 4, per: 3_600_000 } });
    const [one, other] = [0, 1].map(() => createCallLimiter({ exchange, clock: Date.now })) as [
      ReturnType<typeof createCallLimiter>,
      ReturnType<typeof createCallLimiter>,
    ];
    const ask = (limiter: typeof one): boolean => limiter.ask(limited, person('y'), Date.now()) === undefined;
    expect([ask(one), ask(one), ask(one)]).toEqual([true, true, true]);
    await new Promise((resolve) => setTimeout(resolve, EXCHANGE_MS + 50));
    away = false;
    expect([ask(one), ask(one)]).toEqual([true, false]);
    await new Promise((resolve) => setTimeout(resolve, EXCHANGE_MS + 50));
    expect(ask(other)).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, EXCHANGE_MS + 50));
    expect(ask(other)).toBe(false);
    one.close();
    other.close();
  });
});

describeWithRedis('the limits of a service, in many gateways on one Redis', () => {
  let redis: RedisStores;
  beforeAll(async () => {
    redis = await openRedisStores();
  });
  afterAll(() => redis.remove());

  limitsTogether(async () => redis.stores.counts('calls'));
});

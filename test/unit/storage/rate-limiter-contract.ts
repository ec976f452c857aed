import { randomBytes } from 'node:crypto';
import type { RateLimit, RateLimiter } from '../../../src/storage/rate-limiter.ts';

export interface TimedLimiter {
  readonly create: (limit: RateLimit) => RateLimiter;
  readonly elapse: (ms: number) => Promise<void>;
}

/** What every RateLimiter does, whichever form it has. `describeIt` may skip. */
export const describeRateLimiter = (
  name: string,
  open: () => TimedLimiter,
  describeIt: jest.Describe = describe,
): void => {
  describeIt(`the ${name} rate limiter`, () => {
    const key = (): string => randomBytes(8).toString('hex');
    const hour = 3_600_000;

    it('allows exactly the limit of those who ask at once, for each key by itself', async () => {
      const limiter = open().create({ limit: 7, windowMs: 20 * hour });
      for (const one of [key(), key()]) {
        const answers = await Promise.all(Array.from({ length: 50 }, () => limiter.ask(one)));
        expect(answers.filter(({ allowed }) => allowed)).toHaveLength(7);
        for (const { allowed, retryAfterMs } of answers) {
          expect(Number.isInteger(retryAfterMs)).toBe(true);
          if (allowed) expect(retryAfterMs).toBe(0);
          else {
            expect(retryAfterMs).toBeGreaterThan(0);
            expect(retryAfterMs).toBeLessThanOrEqual((20 * hour) / 7 + 1);
          }
        }
      }
    });

    it('allows one more after the time it named', async () => {
      const { create, elapse } = open();
      const limiter = create({ limit: 2, windowMs: 400 });
      const one = key();
      // The first refusal itself: on a busy machine one more may be allowed by the time of another question.
      let answer = await limiter.ask(one);
      while (answer.allowed) answer = await limiter.ask(one);
      expect(answer.retryAfterMs).toBeLessThanOrEqual(200);
      await elapse(answer.retryAfterMs + 5);
      expect((await limiter.ask(one)).allowed).toBe(true);
    });

    it('is full again after a window', async () => {
      const { create, elapse } = open();
      const limiter = create({ limit: 3, windowMs: 200 });
      const one = key();
      while ((await limiter.ask(one)).allowed);
      await elapse(250);
      const answers = await Promise.all([limiter.ask(one), limiter.ask(one), limiter.ask(one)]);
      expect(answers.map(({ allowed }) => allowed)).toEqual([true, true, true]);
    });

    it('refuses limits and keys that make no sense', async () => {
      const { create } = open();
      for (const limit of [0, -1, 1.5, Number.NaN]) {
        expect(() => create({ limit, windowMs: hour })).toThrow(RangeError);
        expect(() => create({ limit: 1, windowMs: limit })).toThrow(RangeError);
      }
      await expect(create({ limit: 1, windowMs: hour }).ask('')).rejects.toBeInstanceOf(RangeError);
    });
  });
};

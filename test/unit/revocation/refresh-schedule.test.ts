import fc from 'fast-check';
import { nextRefresh, type ScheduleInput } from '../../../src/revocation/refresh-schedule.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const input = (more: Partial<ScheduleInput>): ScheduleInput => ({
  now: 10 * DAY,
  refresh: 10 * MINUTE,
  crl: undefined,
  failures: 0,
  random: 0.5,
  ...more,
});

describe('when a CRL is looked for again', () => {
  it('is after the time the policy says, a little less by chance', () => {
    expect(nextRefresh(input({ random: 1 }))).toBe(10 * MINUTE);
    expect(nextRefresh(input({ random: 0 }))).toBe(8 * MINUTE);
  });

  it('is longer and longer after failures, but no longer than the policy says', () => {
    const pauses = [1, 2, 3, 4, 30].map((failures) => nextRefresh(input({ failures, random: 1 })));
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 5 * MINUTE]);
    expect(nextRefresh(input({ failures: 30, random: 1, refresh: 10_000 }))).toBe(10_000);
  });

  it('is always before nextUpdate while that is to come, and never at once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2_000, max: 400 * DAY }),
        fc.integer({ min: 0, max: 400 * DAY }),
        fc.integer({ min: 1, max: 60 * DAY }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (life, age, refresh, random) => {
          const now = 1_000 * DAY;
          const crl = { thisUpdate: now - age, nextUpdate: now - age + life };
          const pause = nextRefresh(input({ now, crl, refresh, random }));
          expect(pause).toBeLessThanOrEqual(refresh);
          if (crl.nextUpdate - now > 1_000) expect(now + pause).toBeLessThan(crl.nextUpdate);
          expect(pause).toBeGreaterThanOrEqual(Math.min(500, refresh * 0.8));
        },
      ),
    );
  });
});

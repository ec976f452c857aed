import type { AuditIndex, ServiceFigures } from '../../../src/audit/audit-index.ts';
import type { AuditEntry } from '../../../src/audit/entry.ts';
import { dayBegin, partsOf } from '../../../src/audit/whole-days.ts';
import { inFiles, inPostgres } from './index-forms.ts';
import { openIndexedLog, type IndexedLog } from './indexed-log.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Midnight in the city: 16:00 UTC. */
const MIDNIGHT = Date.UTC(2026, 10, 20, 16);
const service = { department: 'tax', service: 'invoices' };

/** Two and a half days, from noon of the day before MIDNIGHT on, something in every fifth hour. */
const entries: readonly AuditEntry[] = Array.from({ length: 12 }, (_none, index) => {
  const at = MIDNIGHT - 12 * HOUR + index * 5 * HOUR + 7;
  const person = { unifiedId: `p${index % 3}`, thumbprint: `c${index % 3}`, from: `192.0.2.${index}` };
  return [
    { event: 'call', at, reference: `r${index}`, trace: 't', ...person, ...service },
    {
      event: 'refusal',
      at,
      code: index % 2 === 0 ? 'ONECERT_A' : 'ONECERT_B',
      from: '192.0.2.1',
      ...service,
    },
    {
      event: 'answers',
      at,
      answered: index,
      serverErrors: 1,
      duration: 5,
      histogram: `1,0,${index}`,
      ...service,
    },
  ] as const;
}).flat();

const summed = (figures: readonly ServiceFigures[]) => ({
  calls: figures.reduce((sum, { calls }) => sum + calls, 0),
  refusals: figures.reduce((sum, { refusals }) => sum + refusals, 0),
  answered: figures.reduce((sum, { answered }) => sum + answered, 0),
  serverErrors: figures.reduce((sum, { serverErrors }) => sum + serverErrors, 0),
  duration: figures.reduce((sum, { duration }) => sum + duration, 0),
  histogram: figures.reduce<number[]>(
    (sum, { histogram }) => histogram.map((count, at) => count + (sum[at] ?? 0)),
    [],
  ),
});

describe.each([inFiles, inPostgres()])('in $name', ({ run, stores, again, change, makeVersion, remove }) => {
  run('figures of whole days', () => {
    let log: IndexedLog;
    beforeEach(async () => {
      log = await openIndexedLog({ stores });
      // In two batches: what is added to a day is added to what stands there.
      await log.record(...entries.slice(0, 20));
      await log.follower.catchUp();
      await log.record(...entries.slice(20));
      await log.follower.catchUp();
    });
    afterEach(async () => {
      await log.close();
      await remove();
    });

    const expectRight = async (index: AuditIndex, from: number, to: number, certificates: number) => {
      const hours = await index.figures({ from, to }, 'hour');
      expect(hours.length).toBeGreaterThan(0);
      expect(await index.figures({ from, to }, 'total')).toEqual([
        expect.objectContaining({ at: from, ...service, ...summed(hours), certificates }),
      ]);
      const days = await index.figures({ from, to }, 'day');
      expect(summed(days)).toEqual(summed(hours));
      expect(days.map(({ at }) => at)).toEqual([
        ...new Set(hours.map(({ at }) => from + Math.floor((at - from) / DAY) * DAY)),
      ]);
      const codes = await index.codes({ from, to }, 'hour');
      for (const step of ['total', 'day'] as const) {
        const found = await index.codes({ from, to }, step);
        for (const code of ['ONECERT_A', 'ONECERT_B']) {
          const count = (all: typeof codes): number =>
            all.reduce((sum, each) => sum + (each.code === code ? each.count : 0), 0);
          expect([step, code, count(found)]).toEqual([step, code, count(codes)]);
        }
      }
    };

    it('are what their hours are, wherever a span begins and ends', async () => {
      for (const [from, to] of [
        [-1, 4],
        [0, 2],
        [0.25, 1.75],
        [-0.5, 1.9],
        [0.3, 0.9],
      ] as const)
        await expectRight(log.index, MIDNIGHT + from * DAY, MIDNIGHT + to * DAY, 3);
    });

    it('are read by the day', async () => {
      const whole = { from: MIDNIGHT, to: MIDNIGHT + 2 * DAY };
      const known = await Promise.all([log.index.figures(whole, 'day'), log.index.codes(whole, 'total')]);
      await change(log.data, 'DELETE FROM $hours', 'DELETE FROM $hour_codes');
      expect(await log.index.figures(whole, 'hour')).toEqual([]);
      expect(await Promise.all([log.index.figures(whole, 'day'), log.index.codes(whole, 'total')])).toEqual(
        known,
      );
      expect(known[0]).toHaveLength(2);
    });

    it('are made from the hours of an earlier version', async () => {
      const whole = { from: MIDNIGHT, to: MIDNIGHT + 2 * DAY };
      const known = await Promise.all([log.index.figures(whole, 'total'), log.index.codes(whole, 'day')]);
      await change(log.data, 'DROP TABLE $days', 'DROP TABLE $day_codes', makeVersion(2));
      const { index, keys } = await again(log.data);
      expect(await Promise.all([index.figures(whole, 'total'), index.codes(whole, 'day')])).toEqual(known);
      await expectRight(index, MIDNIGHT - DAY, MIDNIGHT + 4 * DAY, 3);
      await index.close();
      await keys.close();
    });
  });
});

describe('the parts of a span', () => {
  it('are whole days of the city, and hours before and behind them', () => {
    const first = dayBegin(490_000);
    expect([(first + 8) % 24, 490_000 - first < 24]).toEqual([0, true]);
    expect(partsOf({ fromHour: first - 3, toHour: first + 50 }, 'total')).toEqual([
      { of: 'hours', from: first - 3, to: first },
      { of: 'days', from: first, to: first + 48 },
      { of: 'hours', from: first + 48, to: first + 50 },
    ]);
    expect(partsOf({ fromHour: first, toHour: first + 24 }, 'day')).toEqual([
      { of: 'days', from: first, to: first + 24 },
    ]);
    for (const [from, to, step] of [
      [first, first + 48, 'hour'],
      [first + 1, first + 48, 'day'],
      [first + 1, first + 47, 'total'],
    ] as const)
      expect(partsOf({ fromHour: from, toHour: to }, step)).toEqual([{ of: 'hours', from, to }]);
  });
});

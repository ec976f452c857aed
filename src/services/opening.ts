import { z } from 'zod';
import { moment, momentOf } from '../configuration/moment.ts';
import { bilingual, type Bilingual } from '../configuration/units.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Asia/Shanghai: UTC+8 all year round. */
const ZONE_MS = 8 * 3_600_000;

/** In the order of Date.getUTCDay(). */
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const isForwards = ({ from, until }: { from?: string | undefined; until?: string | undefined }): boolean =>
  from === undefined || until === undefined || momentOf(until, 'end') > momentOf(from, 'beginning');

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

const clock = z.string().regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, {
  error: 'expected a time such as 08:30; the end of a day is 24:00',
});

export const maintenanceSchema = z
  .strictObject({
    from: moment.optional().meta({ description: 'Where absent: now' }),
    until: moment.optional().meta({ description: 'Where absent: until this is taken out' }),
    message: bilingual.optional().meta({ description: 'Shown to people' }),
  })
  .refine(isForwards, { error: 'expected "until" after "from"', path: ['until'] });

export const openSchema = z
  .strictObject({
    from: moment.optional().meta({ description: 'First moment at which the service exists' }),
    until: moment.optional().meta({ description: 'Last day, or the moment from which it is over' }),
  })
  .refine(({ from, until }) => from !== undefined || until !== undefined, { error: 'expected from or until' })
  .refine(isForwards, { error: 'expected "until" after "from"', path: ['until'] });

export const hoursSchema = z
  .array(
    z
      .strictObject({ days: z.array(z.enum(DAYS)).min(1), from: clock, until: clock })
      .refine(({ from, until }) => minutesOf(until) > minutesOf(from), {
        error: 'expected "until" after "from"; what goes past midnight is two entries',
        path: ['until'],
      }),
  )
  .min(1);

/** What an enrolment says of when its service is there. */
export interface Schedule {
  readonly maintenance?: z.output<typeof maintenanceSchema> | undefined;
  readonly open?: z.output<typeof openSchema> | undefined;
  readonly hours?: z.output<typeof hoursSchema> | undefined;
}

/** Whether a service is there. `until`: when it is again, ms since the epoch; undefined where nobody has said. */
export type Opening =
  | { readonly state: 'open' }
  | {
      readonly state: 'maintenance';
      readonly until: number | undefined;
      readonly message: Bilingual | undefined;
    }
  | { readonly state: 'closed'; readonly until: number | undefined };

const OPEN: Opening = { state: 'open' };

/** Whether the service is there at that moment (ms since the epoch). Asked for every call. */
export const openingAt = (schedule: Schedule, at: number): Opening => {
  const { maintenance, open, hours } = schedule;
  if (maintenance === undefined && open === undefined && hours === undefined) return OPEN;
  const times = timesOf(schedule);
  const isOpen = at >= times.opens && at < times.closes && inHours(times, at) === at;
  const isMaintained = at >= times.maintenance.from && at < times.maintenance.until;
  if (!isMaintained) return isOpen ? OPEN : { state: 'closed', until: nextOpening(times, at) };
  // A department that works on a service that is closed anyway need not say so.
  if (!isOpen) return { state: 'closed', until: nextOpening(times, at) };
  return { state: 'maintenance', until: nextOpening(times, at), message: maintenance?.message };
};

interface Span {
  readonly from: number;
  readonly until: number;
}

/** Of a schedule, in numbers. */
interface Times {
  readonly opens: number;
  readonly closes: number;
  readonly maintenance: Span;
  /** By day of the week, ms since its midnight, in order; undefined: always. */
  readonly hours: readonly (readonly Span[])[] | undefined;
}

const known = new WeakMap<Schedule, Times>();

const timesOf = (schedule: Schedule): Times => {
  const times = known.get(schedule) ?? readTimes(schedule);
  known.set(schedule, times);
  return times;
};

const readTimes = ({ maintenance, open, hours }: Schedule): Times => ({
  opens: open?.from === undefined ? -Infinity : momentOf(open.from, 'beginning'),
  closes: open?.until === undefined ? Infinity : momentOf(open.until, 'end'),
  maintenance:
    maintenance === undefined
      ? { from: Infinity, until: Infinity }
      : {
          from: maintenance.from === undefined ? -Infinity : momentOf(maintenance.from, 'beginning'),
          until: maintenance.until === undefined ? Infinity : momentOf(maintenance.until, 'end'),
        },
  hours:
    hours &&
    DAYS.map((day) =>
      hours
        .filter(({ days }) => days.includes(day))
        .map(({ from, until }) => ({
          from: minutesOf(from) * MINUTE_MS,
          until: minutesOf(until) * MINUTE_MS,
        }))
        .sort((one, other) => one.from - other.from),
    ),
});

/** The first moment from `at` on that lies within opening hours: `at` itself where it does. */
const inHours = ({ hours }: Times, at: number): number => {
  if (hours === undefined) return at;
  const today = Math.floor((at + ZONE_MS) / DAY_MS);
  // Seven days on, the same day of the week: its morning may be over today.
  for (let day = today; day <= today + 7; day += 1) {
    const midnight = day * DAY_MS - ZONE_MS;
    // 1970-01-01 was a Thursday.
    for (const { from, until } of hours[(day + 4) % 7] ?? []) {
      if (at < midnight + until) return Math.max(at, midnight + from);
    }
  }
  return Infinity;
};

const nextOpening = (times: Times, at: number): number | undefined => {
  const { opens, closes, maintenance } = times;
  let next = inHours(times, Math.max(at, opens));
  if (next >= maintenance.from && next < maintenance.until) next = inHours(times, maintenance.until);
  return next < closes && next < Infinity ? next : undefined;
};

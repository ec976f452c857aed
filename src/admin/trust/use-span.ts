import { z } from 'zod';
import type { AuthorityStep } from '../../audit/audit-index.ts';
import { DAY_MS, dayOf, HOUR_MS } from '../supervision/span.ts';

export const USE_RANGES = ['day', 'month', 'year'] as const;
export type UseRange = (typeof USE_RANGES)[number];

/** The time that the use of authorities is told of, in whole steps by the clock of the city. */
export interface UseSpan {
  readonly range: UseRange;
  /** ms since the epoch, inclusive. */
  readonly from: number;
  /** Exclusive; in the step that is running. */
  readonly to: number;
  readonly step: Exclude<AuthorityStep, 'total'>;
}

export const useQuery = z.object({
  range: z.enum(USE_RANGES).default('month').meta({
    description: 'day: the last 24 hours by the hour; month: 30 days by the day; year: 52 weeks by the week',
  }),
});

const WEEK_MS = 7 * DAY_MS;
const SIZES = { hour: HOUR_MS, day: DAY_MS, week: WEEK_MS } as const;

/** @param now ms since the epoch */
export const useSpanOf = (range: UseRange, now: number): UseSpan => {
  const nextHour = Math.floor(now / HOUR_MS) * HOUR_MS + HOUR_MS;
  if (range === 'day') return { range, from: nextHour - DAY_MS, to: nextHour, step: 'hour' };
  const tomorrow = dayOf(now) + DAY_MS;
  if (range === 'month') return { range, from: tomorrow - 30 * DAY_MS, to: tomorrow, step: 'day' };
  return { range, from: tomorrow - 52 * WEEK_MS, to: tomorrow, step: 'week' };
};

/** From the address of a page: what is none of them is the usual one. */
export const readUseSpan = (query: URLSearchParams, now: number): UseSpan => {
  const read = useQuery.safeParse({ range: query.get('range') || undefined });
  return useSpanOf(read.success ? read.data.range : 'month', now);
};

/** Begins and ends of the steps of a span. */
export const useStepsOf = ({
  from,
  to,
  step,
}: UseSpan): readonly { readonly from: number; readonly to: number }[] => {
  const size = SIZES[step];
  return Array.from({ length: (to - from) / size }, (_none, index) => ({
    from: from + index * size,
    to: from + (index + 1) * size,
  }));
};

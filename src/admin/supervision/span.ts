import { z } from 'zod';
import type { ConfigurationIssue } from '../../configuration/configuration-error.ts';
import { issuesOfInput } from '../input-invalid.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** China Standard Time has had no daylight saving since 1991. */
const CITY_MS = 8 * HOUR_MS;
/** Figures are by hour; of more days there would be more of them than a page is for. */
export const MOST_DAYS = 92;

export const SPANS = ['hour', 'today', 'week', 'month', 'dates'] as const;
export type SpanName = (typeof SPANS)[number];

/** The time figures are of: whole hours, which is what the index keeps. */
export interface Span {
  readonly name: SpanName;
  /** ms since the epoch, inclusive. */
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  /** Of charts. */
  readonly step: 'hour' | 'day';
}

const date = z.iso.date({ error: 'expected a date such as 2026-03-01' });

export const spanQuery = z.object({
  range: z.enum(SPANS).default('today').meta({
    description:
      'hour: the running hour and the one before; week, month: the last 7 and 30 days; by the city’s clock',
  }),
  from: date.optional().meta({ description: 'With range=dates: the first day' }),
  to: date.optional().meta({ description: `With range=dates: the last day; ${MOST_DAYS} at most` }),
});
export type SpanQuery = z.output<typeof spanQuery>;

/** Midnight of the day in the city that `at` is in. */
export const dayOf = (at: number): number => Math.floor((at + CITY_MS) / DAY_MS) * DAY_MS - CITY_MS;

/** Midnight in the city of a date as YYYY-MM-DD. */
export const dayNamed = (text: string): number => Date.parse(`${text}T00:00:00Z`) - CITY_MS;

/** YYYY-MM-DD in the city. */
export const dateOf = (at: number): string => new Date(at + CITY_MS).toISOString().slice(0, 10);

/** YYYY-MM-DD HH:mm in the city. */
export const momentOf = (at: number): string =>
  new Date(at + CITY_MS).toISOString().slice(0, 16).replace('T', ' ');

export const yearOf = (at: number): number => new Date(at + CITY_MS).getUTCFullYear();

/** First moment of a year in the city. */
export const yearBegins = (year: number): number => Date.UTC(year, 0, 1) - CITY_MS;

export type ReadSpan =
  | { readonly span: Span; readonly issues?: undefined }
  | { readonly span?: undefined; readonly issues: readonly ConfigurationIssue[] };

/** @param now ms since the epoch */
export const spanOf = ({ range: name, from, to }: SpanQuery, now: number): ReadSpan => {
  const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
  const today = dayOf(now);
  if (name === 'hour') return { span: { name, from: hour - HOUR_MS, to: hour + HOUR_MS, step: 'hour' } };
  const until = today + DAY_MS;
  if (name === 'today') return { span: { name, from: today, to: until, step: 'hour' } };
  if (name === 'week') return { span: { name, from: until - 7 * DAY_MS, to: until, step: 'day' } };
  if (name === 'month') return { span: { name, from: until - 30 * DAY_MS, to: until, step: 'day' } };
  const wrong = (path: string, message: string): ReadSpan => ({
    issues: [{ file: 'query', line: 1, column: 1, path, message }],
  });
  if (from === undefined) return wrong('from', 'expected the first day, such as 2026-03-01');
  if (to === undefined) return wrong('to', 'expected the last day, such as 2026-03-31');
  const span = { name, from: dayNamed(from), to: dayNamed(to) + DAY_MS };
  const days = (span.to - span.from) / DAY_MS;
  if (days < 1) return wrong('to', 'the last day is before the first');
  if (days > MOST_DAYS) return wrong('to', `${days} days; at most ${MOST_DAYS}`);
  return { span: { ...span, step: days <= 2 ? 'hour' : 'day' } };
};

/** From the address of a page; empty fields of a form are as none. */
export const readSpan = (query: URLSearchParams, now: number): ReadSpan => {
  const given = (name: string): string | undefined => query.get(name) || undefined;
  const read = spanQuery.safeParse({ range: given('range'), from: given('from'), to: given('to') });
  return read.success ? spanOf(read.data, now) : { issues: issuesOfInput('query', read.error) };
};

/** Begins of the steps of a span up to now: hours with no call are steps too. */
export const stepsOf = ({ from, to, step }: Span, now: number): readonly number[] => {
  const size = step === 'hour' ? HOUR_MS : DAY_MS;
  const end = Math.max(from + size, Math.min(to, now + 1));
  return Array.from({ length: Math.ceil((end - from) / size) }, (_none, index) => from + index * size);
};

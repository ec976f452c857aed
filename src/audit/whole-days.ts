import type { FigureStep } from './audit-index.ts';
import { mergeHyperLogLog } from './distinct-count.ts';
import type { CodeCell, HourCell } from './hour-figures.ts';

const HOURS_A_DAY = 24;
/** Days are those of China Standard Time (UTC+8), which has had no daylight saving since 1991. */
const AHEAD = 8;

/** The hour (since the epoch) in which the day of an hour begins. */
export const dayBegin = (hour: number): number =>
  Math.floor((hour + AHEAD) / HOURS_A_DAY) * HOURS_A_DAY - AHEAD;

/** Hours from `from` to before `to`, and whether whole days of them stand in the tables of days. */
export interface HourPart {
  readonly of: 'hours' | 'days';
  readonly from: number;
  readonly to: number;
}

/**
 * Where figures of a span are read: whole days by the day, what is before and behind them by the hour. A year of a
 * thousand services are 8.8 million hours, or 365,000 days.
 */
export const partsOf = (
  { fromHour, toHour }: { readonly fromHour: number; readonly toHour: number },
  step: FigureStep,
): readonly HourPart[] => {
  const first = dayBegin(fromHour + HOURS_A_DAY - 1);
  const last = dayBegin(toHour);
  // Days that begin at another hour are summed up from hours.
  const inDays = last > first && (step === 'total' || (step === 'day' && first === fromHour));
  if (!inDays) return [{ of: 'hours', from: fromHour, to: toHour }];
  const parts: HourPart[] = [
    { of: 'hours', from: fromHour, to: first },
    { of: 'days', from: first, to: last },
    { of: 'hours', from: last, to: toHour },
  ];
  return parts.filter(({ from, to }) => to > from);
};

/** Cells of hours, summed up by day: `hour` is the one the day begins in. The cells given stay as they are. */
export const hoursToDays = (cells: Iterable<HourCell>): readonly HourCell[] => {
  const days = new Map<string, HourCell>();
  for (const cell of cells) {
    const hour = dayBegin(cell.hour);
    const name = JSON.stringify([hour, cell.department, cell.service]);
    const day = days.get(name);
    if (day === undefined) {
      const { histogram, certificates } = cell;
      days.set(name, {
        ...cell,
        hour,
        histogram: [...histogram],
        certificates: Uint8Array.from(certificates),
      });
      continue;
    }
    day.calls += cell.calls;
    day.refusals += cell.refusals;
    day.upstreamFailures += cell.upstreamFailures;
    day.broken += cell.broken;
    day.answered += cell.answered;
    day.serverErrors += cell.serverErrors;
    day.duration += cell.duration;
    for (const [index, count] of cell.histogram.entries())
      day.histogram[index] = (day.histogram[index] ?? 0) + count;
    mergeHyperLogLog(day.certificates, cell.certificates);
  }
  return [...days.values()];
};

/** As `hoursToDays`. */
export const codesToDays = (cells: Iterable<CodeCell>): readonly CodeCell[] => {
  const days = new Map<string, CodeCell>();
  for (const cell of cells) {
    const hour = dayBegin(cell.hour);
    const name = JSON.stringify([hour, cell.department, cell.service, cell.outcome, cell.code]);
    const day = days.get(name);
    if (day === undefined) days.set(name, { ...cell, hour });
    else day.count += cell.count;
  }
  return [...days.values()];
};

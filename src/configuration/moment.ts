import { z } from 'zod';

/**
 * A moment as an operator writes it: a day (2026-12-31, in China Standard Time, UTC+8) or a time with its zone
 * (2026-12-31T18:00:00+08:00). Kept as text: momentOf says what it means.
 */
export const moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: 'expected a date such as 2026-12-31, or a time with its zone such as 2026-12-31T18:00:00+08:00',
});

const DAY_MS = 86_400_000;

/** ms since the epoch; of a day, its beginning, or the beginning of the next. */
export const momentOf = (text: string, of: 'beginning' | 'end'): number => {
  if (text.includes('T')) return Date.parse(text);
  return Date.parse(`${text}T00:00:00+08:00`) + (of === 'end' ? DAY_MS : 0);
};

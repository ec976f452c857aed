import type { Actor } from '../../changes/change-service.ts';
import type { Targets } from '../../services/targets.ts';
import { maySeeDepartment } from '../access.ts';
import type { AdminParts } from '../admin-parts.ts';
import { readTargets } from './read-targets.ts';
import { scoreCards, type ScoreCard } from './score-card.ts';
import { HOUR_MS, yearBegins } from './span.ts';

export interface Scores {
  readonly year: number;
  /** Undefined where none are set: there are no cards then. */
  readonly targets: Targets | undefined;
  readonly version: number;
  /** Until when figures count, ms since the epoch, exclusive. */
  readonly until: number;
  /** How many departments have a rank. */
  readonly ranked: number;
  /** Those that may be seen. */
  readonly cards: readonly ScoreCard[];
}

/** Score cards of a year to date. All are made, since ranks are among all; an officer gets the own. */
export const readScores = async (
  parts: Pick<AdminParts, 'changes' | 'departments' | 'auditIndex'>,
  actor: Pick<Actor, 'roles'>,
  year: number,
  now: number,
): Promise<Scores> => {
  const { targets, version } = await readTargets(parts, year);
  const [from, end] = [yearBegins(year), yearBegins(year + 1)];
  const until = Math.max(from, Math.min(end, Math.floor(now / HOUR_MS) * HOUR_MS + HOUR_MS));
  if (targets === undefined) return { year, targets, version, until, ranked: 0, cards: [] };
  const span = { from, to: until };
  const [figures, codes] = await Promise.all([
    parts.auditIndex.figures(span, 'total'),
    parts.auditIndex.codes(span, 'total'),
  ]);
  const elapsed = Math.max(0, Math.min(end, now) - from) / (end - from);
  const cards = scoreCards({ targets, departments: parts.departments(), figures, codes, elapsed });
  return {
    year,
    targets,
    version,
    until,
    ranked: cards.filter(({ rank }) => rank !== undefined).length,
    cards: cards.filter(({ department }) => maySeeDepartment(actor, department)),
  };
};

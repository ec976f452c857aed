import type { CodeFigures, ServiceFigures } from '../../audit/audit-index.ts';
import type { RefusalCode } from '../../refusal/catalogue.ts';
import type { Department } from '../../services/enrolment.ts';
import { INDICATORS, targetsOf, type Indicator, type Targets } from '../../services/targets.ts';
import { availabilityOf, percentile, sumOf } from './measures.ts';

/** Refusals a department is the cause of: it has closed the service, works on it, or lets too few through. */
export const OWN_REFUSALS: readonly RefusalCode[] = [
  'ONECERT_SERVICE_DISABLED',
  'ONECERT_SERVICE_MAINTENANCE',
  'ONECERT_SERVICE_RATE_LIMITED',
];

export interface ScoreLine {
  readonly indicator: Indicator;
  /** Of calls: what is due by now. */
  readonly target: number;
  /** Undefined: there are no figures. */
  readonly actual: number | undefined;
  /** Points there are for it, of 100. */
  readonly of: number;
  /** Between 0 and `of`; undefined where it is not known. */
  readonly points: number | undefined;
}

export interface ScoreCard {
  readonly department: string;
  readonly lines: readonly ScoreLine[];
  /** Of 100; what is not known counts nothing. Undefined where nothing is known of its calls. */
  readonly total: number | undefined;
  /** Points of 100 that could not be given, since there are no figures. */
  readonly unknown: number;
  /** Among departments with a total; the same for equal ones. */
  readonly rank: number | undefined;
}

export interface ScoreInput {
  readonly targets: Targets;
  readonly departments: readonly Department[];
  /** Of the year to date, by service. */
  readonly figures: readonly ServiceFigures[];
  readonly codes: readonly CodeFigures[];
  /** Share of the year that is over, 0 to 1. */
  readonly elapsed: number;
}

/** Score cards of all departments, the best first; those of whom nothing is known last. */
export const scoreCards = (input: ScoreInput): readonly ScoreCard[] => {
  const cards = input.departments.map((department) => cardOf(input, department));
  const totals = cards.flatMap(({ total }) => (total === undefined ? [] : [rounded(total)]));
  return cards
    .map((card) => ({
      ...card,
      rank:
        card.total === undefined
          ? undefined
          : 1 + totals.filter((other) => other > rounded(card.total as number)).length,
    }))
    .sort(
      (one, other) =>
        (one.rank ?? Infinity) - (other.rank ?? Infinity) ||
        one.department.localeCompare(other.department, 'en'),
    );
};

/** As shown: who is shown as equal is equal. */
const rounded = (points: number): number => Math.round(points * 10) / 10;

const cardOf = (input: ScoreInput, enrolled: Department): Omit<ScoreCard, 'rank'> => {
  const { department } = enrolled;
  const wanted = targetsOf(input.targets, department);
  const actual = actualsOf(input, enrolled);
  const measured = INDICATORS.filter((each) => wanted[each] !== undefined && input.targets.weights[each] > 0);
  const weights = measured.reduce((sum, each) => sum + input.targets.weights[each], 0);
  const lines = measured.map((indicator): ScoreLine => {
    const due = wanted[indicator] as number;
    const target = indicator === 'calls' ? Math.max(1, Math.round(due * input.elapsed)) : due;
    const found = actual[indicator];
    const of = (100 * input.targets.weights[indicator]) / weights;
    return {
      indicator,
      target,
      actual: found,
      of,
      points: found === undefined ? undefined : of * reached(indicator, target, found),
    };
  });
  const unknown = lines.reduce((sum, { points, of }) => sum + (points === undefined ? of : 0), 0);
  const known = actual.calls !== undefined && lines.some(({ points }) => points !== undefined);
  return {
    department,
    lines,
    unknown,
    total: known ? lines.reduce((sum, { points = 0 }) => sum + points, 0) : undefined,
  };
};

/** How far a target is reached, 0 to 1. */
export const reached = (indicator: Indicator, target: number, actual: number): number => {
  switch (indicator) {
    case 'availability':
      // By the failures there may be: 99 % instead of 99.9 % is ten times as many.
      return atMost(100 - target, 100 - actual);
    case 'p95':
    case 'ownRefusals':
      return atMost(target, actual);
    case 'online':
    case 'calls':
      return target === 0 ? 1 : Math.min(1, actual / target);
  }
};

const atMost = (most: number, actual: number): number => (actual <= most ? 1 : most / actual);

const actualsOf = (
  { figures, codes }: ScoreInput,
  { department, services }: Department,
): Readonly<Record<Indicator, number | undefined>> => {
  const own = figures.filter((each) => each.department === department);
  const sum = sumOf(own);
  const asked = sum.calls + sum.refusals;
  const refused = codes
    .filter(
      (each) =>
        each.department === department &&
        each.outcome === 'refusal' &&
        (OWN_REFUSALS as readonly string[]).includes(each.code),
    )
    .reduce((count, each) => count + each.count, 0);
  return {
    availability: availabilityOf(sum),
    p95: percentile(sum.histogram, 0.95),
    ownRefusals: asked === 0 ? undefined : (100 * refused) / asked,
    online:
      services.length === 0
        ? undefined
        : (100 * services.filter(({ enabled }) => enabled).length) / services.length,
    calls: own.length === 0 ? undefined : sum.calls,
  };
};

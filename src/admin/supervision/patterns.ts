import type { CertificateFigures, CodeFigures, ServiceFigures } from '../../audit/audit-index.ts';
import type { View } from './access.ts';
import { failuresOf, reachedOf, sumOf } from './measures.ts';
import { readCodes, readSteps, type FigureSource } from './read-figures.ts';
import { DAY_MS, HOUR_MS } from './span.ts';

/** What is unusual. The page, the API and docs/supervision.md say these as they stand here. */
export const RULES = {
  /** Everything is looked for in the last so many hours. */
  hours: 24,
  /** What is usual is learnt from the days before them. */
  days: 7,
  addresses: { least: 20, most: 50 },
  /** Refusals of one code by one service in one hour. */
  burst: { least: 50, times: 5 },
  /** Failed calls of one service. */
  failures: { least: 10, percent: 5, times: 3 },
} as const;

export interface Burst {
  readonly at: number;
  readonly department: string;
  readonly service: string;
  readonly code: string;
  readonly count: number;
  /** An hour, over the days before. */
  readonly usual: number;
}

export interface FailureJump {
  readonly department: string;
  readonly service: string;
  readonly failures: number;
  readonly reached: number;
  /** In percent of calls that reached a back end. */
  readonly share: number;
  /** Over the days before; undefined where none reached it. */
  readonly usual: number | undefined;
}

export interface Patterns {
  readonly from: number;
  readonly to: number;
  /** Undefined where somebody may not see them: a certificate is used with services of all departments. */
  readonly certificates: readonly CertificateFigures[] | undefined;
  readonly bursts: readonly Burst[];
  readonly failures: readonly FailureJump[];
}

/** @param now ms since the epoch */
export const findPatterns = async (index: FigureSource, view: View, now: number): Promise<Patterns> => {
  const to = Math.floor(now / HOUR_MS) * HOUR_MS + HOUR_MS;
  const from = to - RULES.hours * HOUR_MS;
  const before = { from: from - RULES.days * DAY_MS, to: from };
  const recent = { from, to };
  const { least: addresses, most: limit } = RULES.addresses;
  const [certificates, codes, usualCodes, totals, usualTotals] = await Promise.all([
    view.departments === 'all' ? index.busyCertificates(recent, { addresses, limit }) : undefined,
    readCodes(index, view, recent, 'hour'),
    readCodes(index, view, before, 'total'),
    readSteps(index, view, recent, 'total'),
    readSteps(index, view, before, 'total'),
  ]);
  return {
    ...recent,
    certificates,
    bursts: burstsIn(codes, usualCodes),
    failures: jumpsIn(totals, usualTotals),
  };
};

const nameOf = ({ department, service }: Pick<ServiceFigures, 'department' | 'service'>): string =>
  JSON.stringify([department, service]);

const burstsIn = (codes: readonly CodeFigures[], usualCodes: readonly CodeFigures[]): readonly Burst[] => {
  const { least, times } = RULES.burst;
  const refusals = (all: readonly CodeFigures[]) => all.filter(({ outcome }) => outcome === 'refusal');
  const usual = new Map(
    refusals(usualCodes).map((each) => [nameOf(each) + each.code, each.count / (RULES.days * 24)]),
  );
  return refusals(codes)
    .map(({ at, department, service, code, count }) => ({
      at,
      department,
      service,
      code,
      count,
      usual: usual.get(nameOf({ department, service }) + code) ?? 0,
    }))
    .filter(({ count, usual: known }) => count >= least && count >= times * known)
    .sort((one, other) => other.count - one.count);
};

const jumpsIn = (
  totals: readonly ServiceFigures[],
  usualTotals: readonly ServiceFigures[],
): readonly FailureJump[] => {
  const { least, percent, times } = RULES.failures;
  const known = new Map(usualTotals.map((each) => [nameOf(each), each]));
  return totals
    .map((each) => {
      const past = known.get(nameOf(each));
      return {
        department: each.department,
        service: each.service,
        failures: failuresOf(each),
        reached: reachedOf(each),
        share: shareOf(each) ?? 0,
        usual: past === undefined ? undefined : shareOf(past),
      };
    })
    .filter(
      ({ failures, share, usual }) =>
        failures >= least && share >= percent && (usual === undefined || share >= times * usual),
    )
    .sort((one, other) => other.share - one.share);
};

const shareOf = (figures: ServiceFigures): number | undefined => {
  const sum = sumOf([figures]);
  const reached = reachedOf(sum);
  return reached === 0 ? undefined : (100 * failuresOf(sum)) / reached;
};

import { DURATION_BOUNDS, type ServiceFigures } from '../../audit/audit-index.ts';

/** Figures that can be added up; distinct certificates cannot. */
export type Summed = Omit<ServiceFigures, 'at' | 'department' | 'service' | 'certificates'>;

const NOTHING: Summed = {
  calls: 0,
  refusals: 0,
  upstreamFailures: 0,
  broken: 0,
  answered: 0,
  serverErrors: 0,
  duration: 0,
  histogram: Array<number>(DURATION_BOUNDS.length + 1).fill(0),
};

export const sumOf = (figures: readonly Summed[]): Summed =>
  figures.reduce(
    (sum, each) => ({
      calls: sum.calls + each.calls,
      refusals: sum.refusals + each.refusals,
      upstreamFailures: sum.upstreamFailures + each.upstreamFailures,
      broken: sum.broken + each.broken,
      answered: sum.answered + each.answered,
      serverErrors: sum.serverErrors + each.serverErrors,
      duration: sum.duration + each.duration,
      histogram: sum.histogram.map((count, index) => count + (each.histogram[index] ?? 0)),
    }),
    NOTHING,
  );

/** At the upper end of the last bound nothing more is known: "so long or longer". */
export const LONGEST_MS = DURATION_BOUNDS[DURATION_BOUNDS.length - 1] as number;

/**
 * The time within which this share of answers was complete, ms: an estimate, straight between the bounds of the bucket
 * it falls into; LONGEST_MS for what lies above. Undefined where nothing was answered.
 */
export const percentile = (histogram: readonly number[], share: number): number | undefined => {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = share * total;
  let below = 0;
  for (const [index, count] of histogram.entries()) {
    const upper = DURATION_BOUNDS[index];
    if (upper === undefined) return LONGEST_MS;
    if (count > 0 && below + count >= rank) {
      const lower = DURATION_BOUNDS[index - 1] ?? 0;
      return lower + (upper - lower) * ((rank - below) / count);
    }
    below += count;
  }
  return LONGEST_MS;
};

/**
 * Calls that came to nothing. An answer that the gateway gave in the back end's place (502, 504) is a server error among
 * those counted, too; where a crash took a minute of those counts, what failed is still known.
 */
export const failuresOf = ({
  serverErrors,
  upstreamFailures,
}: Pick<Summed, 'serverErrors' | 'upstreamFailures'>): number => Math.max(serverErrors, upstreamFailures);

/** Calls that reached a back end, or should have: those answered, by it or in its place. */
export const reachedOf = (figures: Pick<Summed, 'answered' | 'serverErrors' | 'upstreamFailures'>): number =>
  Math.max(figures.answered, failuresOf(figures));

/** Of calls that reached a back end, the share that was answered without error, in percent; undefined for none. */
export const availabilityOf = (figures: Summed): number | undefined => {
  const reached = reachedOf(figures);
  return reached === 0 ? undefined : (100 * (reached - failuresOf(figures))) / reached;
};

export interface Measures extends Omit<Summed, 'histogram' | 'duration'> {
  readonly availability: number | undefined;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
}

export const measure = (figures: Summed): Measures => {
  const { histogram, duration: _sum, ...counts } = figures;
  return {
    ...counts,
    availability: availabilityOf(figures),
    p50: percentile(histogram, 0.5),
    p95: percentile(histogram, 0.95),
    p99: percentile(histogram, 0.99),
  };
};

import type {
  AuditIndex,
  CodeFigures,
  FigureFilter,
  FigureStep,
  ServiceFigures,
} from '../../audit/audit-index.ts';
import type { View } from './access.ts';
import { measure, sumOf, type Measures } from './measures.ts';
import { stepsOf, type Span } from './span.ts';

export type FigureSource = Pick<AuditIndex, 'figures' | 'codes' | 'busyCertificates'>;

export interface ServiceMeasures extends Measures {
  readonly department: string;
  /** '' where the call named none. */
  readonly service: string;
  /** Distinct ones, an estimate. */
  readonly certificates: number;
}

export interface DepartmentMeasures extends Measures {
  readonly department: string;
}

export interface RefusedFor {
  readonly department: string;
  readonly service: string;
  readonly code: string;
  readonly count: number;
}

export interface StepMeasures extends Measures {
  readonly at: number;
}

/** Everything the page of figures, its CSV files and the API tell of a span. */
export interface Figures {
  readonly total: Measures;
  readonly departments: readonly DepartmentMeasures[];
  readonly services: readonly ServiceMeasures[];
  /** The most frequent first. */
  readonly refusals: readonly RefusedFor[];
  readonly steps: readonly StepMeasures[];
}

const filtersOf = (
  { departments, service }: View,
  { from, to }: { readonly from: number; readonly to: number },
): readonly FigureFilter[] => {
  const common = { from, to, ...(service !== undefined && { service }) };
  return departments === 'all' ? [common] : departments.map((department) => ({ ...common, department }));
};

/** Figures of what may be seen, in the order of departments and services. */
export const readSteps = async (
  index: FigureSource,
  view: View,
  span: { readonly from: number; readonly to: number },
  step: FigureStep,
): Promise<readonly ServiceFigures[]> =>
  (await Promise.all(filtersOf(view, span).map((filter) => index.figures(filter, step)))).flat();

export const readCodes = async (
  index: FigureSource,
  view: View,
  span: { readonly from: number; readonly to: number },
  step: FigureStep,
): Promise<readonly CodeFigures[]> =>
  (await Promise.all(filtersOf(view, span).map((filter) => index.codes(filter, step)))).flat();

/** @param now ms since the epoch: charts end there */
export const readFigures = async (
  index: FigureSource,
  view: View,
  span: Span,
  now: number,
): Promise<Figures> => {
  const [totals, codes, steps] = await Promise.all([
    readSteps(index, view, span, 'total'),
    readCodes(index, view, span, 'total'),
    readSteps(index, view, span, span.step),
  ]);
  const byStep = Map.groupBy(steps, ({ at }) => at);
  return {
    total: measure(sumOf(totals)),
    departments: [...Map.groupBy(totals, ({ department }) => department)].map(([department, members]) => ({
      department,
      ...measure(sumOf(members)),
    })),
    services: totals.map((figures) => ({
      ...measure(sumOf([figures])),
      department: figures.department,
      service: figures.service,
      certificates: figures.certificates,
    })),
    refusals: codes
      .filter(({ outcome }) => outcome === 'refusal')
      .map(({ department, service, code, count }) => ({ department, service, code, count }))
      .sort((one, other) => other.count - one.count),
    steps: stepsOf(span, now).map((at) => ({ at, ...measure(sumOf(byStep.get(at) ?? [])) })),
  };
};

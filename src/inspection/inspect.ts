import { CATALOGUE } from './catalogue/catalogue.ts';
import { SEVERITIES, STATUSES, type Check, type Severity, type Status } from './check.ts';
import type { Facts, Text } from './facts.ts';

/** Stable: programs read it. A change that breaks them gets another name. */
export const REPORT_SCHEMA = 'onecert-inspection/1';

export interface Result extends Omit<Check, 'examine'> {
  readonly status: Status;
  readonly findings: readonly { readonly status: Status; readonly text: Text }[];
}

export interface Report {
  readonly schema: typeof REPORT_SCHEMA;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Public URL of the gateway. */
  readonly gateway: string;
  /** 0 to 100: see scoreOf. */
  readonly score: number;
  readonly counts: Readonly<Record<Status, number>>;
  /** In the order of the catalogue. */
  readonly results: readonly Result[];
}

/** What a check weighs in the score. */
export const WEIGHTS: Readonly<Record<Severity, number>> = { critical: 10, high: 5, medium: 2, low: 1 };
const CREDIT: Readonly<Record<Status, number>> = { pass: 1, warn: 0.5, unknown: 0, fail: 0 };

/** Runs every check of the catalogue. The same facts give the same report. */
export const inspect = (gateway: string, facts: Facts, catalogue: readonly Check[] = CATALOGUE): Report => {
  const results = catalogue.map(({ examine, ...check }): Result => {
    const findings = examine(facts);
    const status = STATUSES.find((each) => findings.some((found) => found.status === each)) ?? 'pass';
    return { ...check, status, findings };
  });
  const count = (status: Status): number => results.filter((each) => each.status === status).length;
  return {
    schema: REPORT_SCHEMA,
    at: new Date(facts.at).toISOString(),
    gateway,
    score: scoreOf(results),
    counts: { fail: count('fail'), warn: count('warn'), unknown: count('unknown'), pass: count('pass') },
    results,
  };
};

/**
 * 100 × the weights of what passed, and half of what warned, over all weights; rounded down. What could not be looked at
 * weighs like a failure.
 */
export const scoreOf = (results: readonly Pick<Result, 'severity' | 'status'>[]): number => {
  const sum = (of: (result: Pick<Result, 'severity' | 'status'>) => number): number =>
    results.reduce((total, each) => total + of(each), 0);
  const whole = sum(({ severity }) => WEIGHTS[severity]);
  return whole === 0
    ? 0
    : Math.floor((100 * sum(({ severity, status }) => WEIGHTS[severity] * CREDIT[status])) / whole);
};

/** Whether a check of this severity or a worse one failed. */
export const hasFailure = ({ results }: Report, from: Severity): boolean =>
  results.some(
    ({ severity, status }) => status === 'fail' && SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(from),
  );

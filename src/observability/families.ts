/**
 * Metrics as plain numbers that the hot path adds to; what Prometheus needs is made of them when somebody asks.
 * (prom-client's own counters hash the label values at each call.) Their output has the shape of prom-client's
 * getMetricsAsJSON(), crosses threads by structured clone, and is merged by prom-client.
 */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly aggregator: 'sum' | 'max' | 'min';
  readonly values: readonly MetricSample[];
}

export interface MetricSample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

export interface Described {
  readonly name: string;
  readonly help: string;
}

export interface Counted {
  readonly collect: () => MetricFamily;
}

/** A number. A gauge may go down; gauges of several threads are added up. */
export interface Scalar extends Counted {
  value: number;
}

export const scalar = ({ name, help }: Described, type: 'counter' | 'gauge'): Scalar => {
  const one: Scalar = {
    value: 0,
    collect: () => ({ name, help, type, aggregator: 'sum', values: [{ value: one.value, labels: {} }] }),
  };
  return one;
};

/** Numbers by label values; `add` takes one value for each label. */
export interface Labelled extends Counted {
  add(amount: number, first: string, second?: string): void;
}

/**
 * Most label values, a bound on memory should a caller pass what a client can choose; the rest is counted as
 * "other".
 */
const MOST_LABELS = 2_000;

export const labelled = (
  { name, help }: Described,
  type: 'counter' | 'gauge',
  [firstLabel, secondLabel]: readonly [string, string?],
): Labelled => {
  const numbers = new Map<string, Map<string, { value: number }>>();
  const cellOf = (first: string, second: string): { value: number } => {
    const known = numbers.get(first);
    const row = known ?? new Map<string, { value: number }>();
    const found = row.get(second);
    if (found !== undefined) return found;
    if (known === undefined) {
      if (numbers.size >= MOST_LABELS && first !== 'other') return cellOf('other', 'other');
      numbers.set(first, row);
    }
    if (row.size >= MOST_LABELS && second !== 'other') return cellOf(first, 'other');
    const cell = { value: 0 };
    row.set(second, cell);
    return cell;
  };
  return {
    add: (amount, first, second = '') => {
      cellOf(first, second).value += amount;
    },
    collect: () => ({
      name,
      help,
      type,
      aggregator: 'sum',
      values: [...numbers].flatMap(([first, row]) =>
        [...row].map(([second, { value }]) => ({
          value,
          labels: { [firstLabel]: first, ...(secondLabel !== undefined && { [secondLabel]: second }) },
        })),
      ),
    }),
  };
};

/** Seconds, for what takes from under a millisecond to half a minute. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A histogram of seconds. */
export interface Durations extends Counted {
  observe(seconds: number): void;
}

export const durations = ({ name, help }: Described): Durations => {
  const counts = new Float64Array(BUCKETS.length + 1);
  let sum = 0;
  return {
    observe: (seconds) => {
      let bucket = 0;
      while (bucket < BUCKETS.length && seconds > (BUCKETS[bucket] ?? 0)) bucket += 1;
      counts[bucket] = (counts[bucket] ?? 0) + 1;
      sum += seconds;
    },
    collect: () => {
      let total = 0;
      const values: MetricSample[] = [...counts].map((count, index) => ({
        value: (total += count),
        labels: { le: BUCKETS[index] ?? '+Inf' },
        metricName: `${name}_bucket`,
      }));
      values.push({ value: sum, labels: {}, metricName: `${name}_sum` });
      values.push({ value: total, labels: {}, metricName: `${name}_count` });
      return { name, help, type: 'histogram', aggregator: 'sum', values };
    },
  };
};

/** A number that is read when somebody asks. Of several threads the largest counts. */
export const reading = ({ name, help }: Described, values: () => readonly MetricSample[]): Counted => ({
  collect: () => ({ name, help, type: 'gauge', aggregator: 'max', values: values() }),
});

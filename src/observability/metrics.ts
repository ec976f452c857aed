import { monitorEventLoopDelay } from 'node:perf_hooks';
import { AggregatorRegistry, Registry, collectDefaultMetrics } from 'prom-client';
import { reading, scalar, type Counted, type MetricFamily } from './families.ts';
import { createProxyMetrics } from './proxy-metrics.ts';
import { droppedSpans } from './trace-metrics.ts';

/** The metrics of one thread at one moment; crosses threads by structured clone. */
export type MetricsPart = readonly MetricFamily[];

/** What a data-plane thread counts. */
export interface Metrics {
  /** Satisfies ProxyMetrics (src/proxy/metrics.ts). */
  readonly proxy: Omit<ReturnType<typeof createProxyMetrics>, 'families'>;
  readonly verdicts: {
    /** A verdict was asked for: before the cache. */
    asked(): void;
    /** One was reached: behind the cache. */
    reached(): void;
  };
  readonly collect: () => MetricsPart;
}

/** @param readings what is counted elsewhere in the thread; not given: there is no such thing */
export const createMetrics = ({ spansDropped }: { spansDropped?: () => number } = {}): Metrics => {
  const { families, ...proxy } = createProxyMetrics();
  const asked = scalar({ name: 'onecert_verdicts_asked_total', help: 'Verdicts asked for' }, 'counter');
  const reached = scalar(
    { name: 'onecert_verdicts_reached_total', help: 'Verdicts not found in the cache and reached anew' },
    'counter',
  );
  const all: readonly Counted[] = [
    ...families,
    asked,
    reached,
    eventLoopDelay('data-plane'),
    ...(spansDropped === undefined ? [] : [droppedSpans('no-room', spansDropped)]),
  ];
  return {
    proxy,
    verdicts: {
      asked: () => {
        asked.value += 1;
      },
      reached: () => {
        reached.value += 1;
      },
    },
    collect: () => all.map((family) => family.collect()),
  };
};

/** Longest and 99th percentile of the event loop's delay since the last time it was asked for. */
export const eventLoopDelay = (thread: string): Counted => {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  return reading(
    {
      name: 'onecert_event_loop_delay_seconds',
      help: 'Delay of the event loop since the last scrape, the worst thread of its kind',
    },
    () => {
      const values = [
        { value: finite(delay.percentile(99)), labels: { thread, of: 'p99' } },
        { value: finite(delay.max), labels: { thread, of: 'max' } },
      ];
      delay.reset();
      return values;
    },
  );
};

const finite = (nanoseconds: number): number =>
  nanoseconds > 0 && nanoseconds < 1e15 ? nanoseconds / 1e9 : 0;

/** Prometheus text of all threads' metrics together, with those of the process. Call in the control thread. */
export const mergeMetrics = async (
  parts: readonly MetricsPart[],
): Promise<{ contentType: string; text: string }> => {
  const own = (await processRegistry().getMetricsAsJSON()) as unknown as MetricsPart;
  const merged = AggregatorRegistry.aggregate([own, ...parts]);
  return { contentType: merged.contentType, text: await merged.metrics() };
};

let registry: Registry | undefined;
/** Processor time, memory, file descriptors and so on; once for a process. */
const processRegistry = (): Registry => {
  if (registry === undefined) {
    registry = new Registry();
    collectDefaultMetrics({ register: registry });
  }
  return registry;
};

import { startTraceExporter, type TraceExporter, type TraceExporterOptions } from '../tracing/exporter.ts';
import { replicaOf } from './audit-checkpoints.ts';
import type { Configuration } from './load-configuration.ts';
import type { DataPlaneStart } from './thread-protocol.ts';

/** Traces of calls, for the data-plane threads. */
export interface StartedTracing extends Pick<TraceExporter, 'stats' | 'close'> {
  /** What one thread is born with. */
  readonly connect: () => NonNullable<DataPlaneStart['tracing']>;
}

/** Starts what gateway.yaml asks for; nothing where it has no "tracing". */
export const startTracing = (
  { settings, collectorAuthority }: Configuration,
  log: TraceExporterOptions['log'],
): StartedTracing | undefined => {
  const { tracing } = settings;
  if (tracing === undefined) return undefined;
  const { endpoint, headers, timeout, service, ratio, callers } = tracing;
  const exporter = startTraceExporter({
    endpoint,
    headers,
    authority: collectorAuthority,
    timeout,
    resource: { 'service.name': service, 'service.instance.id': replicaOf(settings) },
    log,
  });
  return {
    stats: () => exporter.stats(),
    close: () => exporter.close(),
    connect: () => ({ port: exporter.connect(), ratio, callers }),
  };
};

import { SpanKind, SpanStatusCode, TraceFlags, type HrTime } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import type { ExporterOrder, ExporterReport, ExporterStart, SpanBatch } from './exporter-protocol.ts';
import type { Span } from './span.ts';

/**
 * The one thread that has OpenTelemetry's libraries: makes OTLP of spans and posts them. Its queue is bounded by what
 * the other threads may have unsettled (span-buffer.ts), so it throws nothing away by itself.
 */
if (parentPort === null) throw new Error('exporter-thread.ts runs as a worker thread');
const control = parentPort;
const start = workerData as ExporterStart;

/** A post is made after so long, or with so many spans. */
const POST_EVERY_MS = 500;
const POST_SPANS = 512;

const resource = resourceFromAttributes(start.resource);
const instrumentationScope = { name: 'onecert' };
/** Whose span it is. */
const ports = new WeakMap<ReadableSpan, MessagePort>();
const connected = new Set<MessagePort>();
let exported = 0;
let dropped = 0;
let unsettled = 0;

/** ExportResultCode of @opentelemetry/core. */
const SUCCESS = 0;

const report = (message: ExporterReport): void => control.postMessage(message);

const exporter = new OTLPTraceExporter({
  url: start.endpoint,
  headers: { ...start.headers },
  timeoutMillis: start.timeout,
  ...(start.authority !== undefined && { httpAgentOptions: { ca: start.authority } }),
});

const settle = (spans: readonly ReadableSpan[], error: Error | undefined): void => {
  const counts = new Map<MessagePort, number>();
  for (const span of spans) {
    const port = ports.get(span);
    if (port !== undefined) counts.set(port, (counts.get(port) ?? 0) + 1);
  }
  for (const [port, count] of counts) port.postMessage(count);
  unsettled -= spans.length;
  if (error === undefined) exported += spans.length;
  else dropped += spans.length;
  report({ exported, dropped, failure: error === undefined ? undefined : reasonOf(error) });
};

/** What a log may say: neither URL nor what the collector answered. */
const reasonOf = (error: Error & { readonly code?: unknown }): string =>
  typeof error.code === 'string' || typeof error.code === 'number' ? String(error.code) : error.message;

const processor = new BatchSpanProcessor({
  exporter: {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        settle(spans, Number(result.code) === SUCCESS ? undefined : (result.error ?? new Error('not taken')));
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  },
  maxQueueSize: Number.MAX_SAFE_INTEGER,
  maxExportBatchSize: POST_SPANS,
  scheduledDelayMillis: POST_EVERY_MS,
  exportTimeoutMillis: start.timeout + 1_000,
});

const KINDS = { server: SpanKind.SERVER, client: SpanKind.CLIENT, internal: SpanKind.INTERNAL };

const timeOf = (ms: number): HrTime => {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)];
};

const readable = (span: Span): ReadableSpan => {
  const context = { traceId: span.trace, spanId: span.id, traceFlags: TraceFlags.SAMPLED };
  return {
    name: span.name,
    kind: KINDS[span.kind],
    spanContext: () => context,
    ...(span.parent !== undefined && {
      parentSpanContext: { ...context, spanId: span.parent, isRemote: span.isParentRemote },
    }),
    startTime: timeOf(span.begun),
    endTime: timeOf(span.ended),
    duration: timeOf(Math.max(0, span.ended - span.begun)),
    status: { code: span.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: span.attributes,
    links: [],
    events: [],
    ended: true,
    resource,
    instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
};

const take = (port: MessagePort, batch: SpanBatch): void => {
  unsettled += batch.length;
  for (const span of batch) {
    const made = readable(span);
    ports.set(made, port);
    processor.onEnd(made);
  }
};

const connect = (port: MessagePort): void => {
  connected.add(port);
  port.on('message', (batch: SpanBatch) => take(port, batch));
  port.on('close', () => connected.delete(port));
};

/** The latest batches may still stand in their ports. */
const takeRest = (): void => {
  for (const port of connected) {
    for (let rest = receiveMessageOnPort(port); rest !== undefined; rest = receiveMessageOnPort(port)) {
      take(port, rest.message as SpanBatch);
    }
  }
};

const close = async (withinMs: number): Promise<void> => {
  takeRest();
  const enough = new Promise<void>((resolve) => setTimeout(resolve, withinMs));
  await Promise.race([processor.shutdown().catch(() => undefined), enough]);
  report({ closed: true, left: unsettled });
};

control.on('message', (order: ExporterOrder) => {
  if ('connect' in order) connect(order.connect);
  else void close(order.close);
});

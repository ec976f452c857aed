import { MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import type { ExporterOrder, ExporterReport, ExporterStart } from './exporter-protocol.ts';

export interface TraceExporterOptions extends ExporterStart {
  readonly log: (level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>) => void;
}

/** What takes spans of all threads to the collector. */
export interface TraceExporter {
  /** For another thread's createSpanBuffer: to be transferred to it. */
  connect(): MessagePort;
  /** Spans since the start: taken by the collector, and not. */
  stats(): { readonly exported: number; readonly dropped: number };
  /** Exports what has come, and ends after some seconds whether the collector takes it or not. Never rejects. */
  close(): Promise<void>;
}

/** How long the end of the gateway may wait for the collector, ms. */
const CLOSE_MS = 3_000;
/** And for the thread itself. */
const END_MS = CLOSE_MS + 1_000;

/** .ts from source, .js from the built package. */
const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));

/** Starts the exporter thread, and does not wait for it: a gateway takes calls before its libraries are loaded. */
export const startTraceExporter = ({ log, ...start }: TraceExporterOptions): TraceExporter => {
  const thread = new Worker(new URL(`./exporter-thread${EXTENSION}`, import.meta.url), {
    name: 'trace-exporter',
    workerData: start satisfies ExporterStart,
    // OTEL_… of the environment would change what gateway.yaml says.
    env: {},
  });
  let stats = { exported: 0, dropped: 0 };
  let isWell = true;
  const closed = Promise.withResolvers<void>();
  thread.on('message', (message: ExporterReport) => {
    if ('closed' in message) {
      if (message.left > 0) log('warn', 'spans were not exported before the end', { spans: message.left });
      closed.resolve();
      return;
    }
    const { failure, ...counts } = message;
    stats = counts;
    if (failure !== undefined && isWell)
      log('warn', 'the collector does not take traces: spans are lost, calls go on', { reason: failure });
    if (failure === undefined && !isWell)
      log('info', 'the collector takes traces again', { dropped: counts.dropped });
    isWell = failure === undefined;
  });
  thread.on('error', (error: Error) =>
    log('error', 'the exporter of traces has ended: nothing is traced until the gateway is started again', {
      error: error.stack,
    }),
  );
  thread.on('exit', () => closed.resolve());
  const order = (message: ExporterOrder, transfer: MessagePort[] = []): void =>
    thread.postMessage(message, transfer);
  return {
    connect: () => {
      const { port1, port2 } = new MessageChannel();
      order({ connect: port1 }, [port1]);
      return port2;
    },
    stats: () => stats,
    close: async () => {
      order({ close: CLOSE_MS });
      const timer = setTimeout(() => closed.resolve(), END_MS);
      await closed.promise;
      clearTimeout(timer);
      await thread.terminate();
    },
  };
};

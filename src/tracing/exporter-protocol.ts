import type { MessagePort } from 'node:worker_threads';
import type { Span } from './span.ts';

/** What the exporter thread is born with. */
export interface ExporterStart {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  /** PEM */
  readonly authority: string | undefined;
  /** Attributes of the resource: service.name and so on. */
  readonly resource: Readonly<Record<string, string>>;
  /** ms */
  readonly timeout: number;
}

export type ExporterOrder =
  /** Another thread's spans come by this port. */
  | { readonly connect: MessagePort }
  /** Export what has come, for so many ms at most, and end. */
  | { readonly close: number };

/** By a connected port: spans that are over. */
export type SpanBatch = readonly Span[];
/** Back by the same port: so many of its spans are off the exporter's hands. */
export type SpansSettled = number;

export type ExporterReport =
  | {
      /** Since the start. */
      readonly exported: number;
      readonly dropped: number;
      /** Why the latest were not taken; undefined where they were. */
      readonly failure: string | undefined;
    }
  | { readonly closed: true; readonly left: number };

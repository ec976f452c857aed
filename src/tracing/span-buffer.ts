import type { MessagePort } from 'node:worker_threads';
import type { SpanBatch, SpansSettled } from './exporter-protocol.ts';
import type { Span, SpanSink } from './span.ts';

/** Spans of one thread that are on their way to the collector: some MiB. What comes beyond is dropped and counted. */
const MOST_UNSETTLED = 4_096;
/** Handed over together, after this long at the latest. ms. */
const HAND_OVER_MS = 250;
const HAND_OVER_AT = 256;

export interface SpanBuffer extends SpanSink {
  /** Spans that found no room. */
  readonly dropped: number;
  /** Hands over what is there. */
  flush(): void;
}

export interface SpanBufferLimits {
  readonly unsettled?: number;
}

/**
 * A thread's end of the exporter. A call leaves its spans here and goes on; whatever the collector does, no more than
 * so many of them take up memory, here and in the exporter together.
 */
export const createSpanBuffer = (
  port: MessagePort,
  { unsettled: most = MOST_UNSETTLED }: SpanBufferLimits = {},
): SpanBuffer => {
  let waiting: Span[] = [];
  let handedOver = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  port.on('message', (settled: SpansSettled) => {
    handedOver -= settled;
  });
  // It keeps no thread from ending.
  port.unref();
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    handedOver += waiting.length;
    port.postMessage(waiting satisfies SpanBatch);
    waiting = [];
  };
  return {
    add: (span) => {
      if (handedOver + waiting.length >= most) {
        dropped += 1;
        return;
      }
      waiting.push(span);
      if (waiting.length >= HAND_OVER_AT) flush();
      else timer ??= setTimeout(flush, HAND_OVER_MS).unref();
    },
    flush,
    get dropped() {
      return dropped;
    },
  };
};

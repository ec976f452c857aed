import { AsyncLocalStorage } from 'node:async_hooks';
import type { SpanAttributes, SpanSink } from './span.ts';
import { newSpanId, newTraceContext, SAMPLED, traceContextOf, type TraceContext } from './trace-context.ts';

/** Which calls are traced. */
export interface Sampling {
  /** Share of the calls whose trace begins here, 0 to 1. */
  readonly ratio: number;
  /** Whether what a caller's traceparent says of it counts. */
  readonly callers: 'follow' | 'ignore';
}

/** A span that is not over, for what is done under it. */
export interface OpenSpan {
  readonly trace: TraceContext;
  readonly id: string;
  /** ms since the epoch, with fractions. */
  now(): number;
}

/** Traces of one thread. Where nothing is traced there is none. */
export interface Tracing extends SpanSink {
  /** The trace of a call, and whether it is recorded (its flags). @param headers alternating names and values */
  begin(headers: readonly string[]): TraceContext;
  /** Whatever `work` sets going belongs to `span`. */
  within<T>(span: OpenSpan, work: () => T): T;
  /** A span of its own for what is asked within another; none where that is not traced. */
  asking<T>(name: string, ask: () => Promise<T>, attributesOf?: (answer: T) => SpanAttributes): Promise<T>;
}

export const createTracing = (
  sink: SpanSink,
  { ratio, callers }: Sampling,
  random: () => number = Math.random,
): Tracing => {
  const open = new AsyncLocalStorage<OpenSpan>();
  const add = (span: Parameters<SpanSink['add']>[0]): void => sink.add(span);
  return {
    add,
    begin: (headers) => {
      const given = traceContextOf(headers);
      if (given !== undefined && callers === 'follow') return given;
      // By chance, not by the id: whoever calls can choose that.
      const isSampled = ratio > 0 && random() < ratio;
      if (given === undefined) return newTraceContext(isSampled ? SAMPLED : 0);
      return { ...given, flags: isSampled ? given.flags | SAMPLED : given.flags & ~SAMPLED };
    },
    within: (span, work) => open.run(span, work),
    asking: (name, ask, attributesOf = () => ({})) => {
      const parent = open.getStore();
      if (parent === undefined) return ask();
      const begun = parent.now();
      const over = (failed: boolean, attributes: SpanAttributes): void =>
        add({
          trace: parent.trace.id,
          id: newSpanId(),
          parent: parent.id,
          isParentRemote: false,
          name,
          kind: 'internal',
          begun,
          ended: parent.now(),
          attributes,
          failed,
        });
      const answer = ask();
      answer.then(
        (given) => over(false, attributesOf(given)),
        () => over(true, {}),
      );
      return answer;
    },
  };
};

import {
  newSpanId,
  newTraceContext,
  SAMPLED,
  traceContextOf,
  withTraceparent,
  type TraceContext,
} from '../tracing/trace-context.ts';

export interface Trace {
  /** 32 hex digits: what all that one call sets going can be found by. */
  readonly id: string;
  /** With a traceparent that names it; alternating names and values. */
  readonly headers: readonly string[];
}

/**
 * The trace that a call belongs to by its one well-formed traceparent field; else a new one begins here.
 *
 * @param known what has been decided of it already
 */
export const traceOf = (headers: readonly string[], known?: TraceContext): Trace => {
  const given = traceContextOf(headers);
  const trace = known ?? given ?? newTraceContext(SAMPLED);
  // What is recorded nowhere here is handed on as it came.
  if (given !== undefined && given.flags === trace.flags) return { id: trace.id, headers };
  return { id: trace.id, headers: withTraceparent(headers, trace, newSpanId()) };
};

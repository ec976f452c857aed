import { randomBytes, randomUUID } from 'node:crypto';

/** W3C Trace Context: which trace a call belongs to. */
export interface TraceContext {
  /** 32 hex digits: what all that one call sets going can be found by. */
  readonly id: string;
  /** Span of whoever calls, 16 hex digits; undefined where the trace begins here. */
  readonly parent: string | undefined;
  /** trace-flags (section 3.2.2.5). */
  readonly flags: number;
}

/** The caller may have recorded the trace. */
export const SAMPLED = 0x01;
/** Flags that are defined, in level 2: sampled, and that the id is random. */
const KNOWN_FLAGS = 0x03;

const TRACEPARENT = 'traceparent';
const TRACESTATE = 'tracestate';
/** Section 3.2.2, version 00. */
const VALUE = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

export const readTraceparent = (value: string): TraceContext | undefined => {
  const [, id, parent, flags] = VALUE.exec(value) ?? [];
  return id === undefined || flags === undefined
    ? undefined
    : { id, parent, flags: Number.parseInt(flags, 16) & KNOWN_FLAGS };
};

/** What the one well-formed traceparent field says. @param headers alternating names and values */
export const traceContextOf = (headers: readonly string[]): TraceContext | undefined => {
  let given: string | undefined;
  let count = 0;
  for (let index = 0; index < headers.length; index += 2) {
    if (!isNamed(headers[index] as string, TRACEPARENT)) continue;
    given = headers[index + 1];
    count += 1;
  }
  return count === 1 ? readTraceparent(given as string) : undefined;
};

/** A trace that begins here. */
export const newTraceContext = (flags: number): TraceContext => ({
  id: randomUUID().replaceAll('-', ''),
  parent: undefined,
  flags,
});

export const newSpanId = (): string => {
  const id = randomBytes(8).toString('hex');
  return id === NO_SPAN ? newSpanId() : id;
};
const NO_SPAN = '0'.repeat(16);

/**
 * The same fields with the traceparent that `span` of this trace hands on. What vendors keep of the trace stays, unless
 * the trace begins here: then it was some other trace's (section 3.3).
 */
export const withTraceparent = (
  headers: readonly string[],
  { id, parent, flags }: TraceContext,
  span: string,
): string[] => {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (isNamed(name, TRACEPARENT) || (parent === undefined && isNamed(name, TRACESTATE))) continue;
    kept.push(name, headers[index + 1] as string);
  }
  kept.push(TRACEPARENT, `00-${id}-${span}-${flags.toString(16).padStart(2, '0')}`);
  return kept;
};

const isNamed = (name: string, wanted: string): boolean =>
  name.length === wanted.length && name.toLowerCase() === wanted;

import { randomUUID } from 'node:crypto';

const NAME = 'traceparent';
/** W3C Trace Context section 3.2.2, version 00. */
const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

export interface Trace {
  /** 32 hex digits: what all that one call sets going can be found by. */
  readonly id: string;
  /** With a traceparent that names it; alternating names and values. */
  readonly headers: readonly string[];
}

/** The trace that a call belongs to by its one well-formed traceparent field; else a new one begins here. */
export const traceOf = (headers: readonly string[]): Trace => {
  let given: string | undefined;
  let count = 0;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (name.length !== NAME.length || name.toLowerCase() !== NAME) continue;
    given = headers[index + 1];
    count += 1;
  }
  const known = count === 1 ? TRACEPARENT.exec(given as string)?.[1] : undefined;
  if (known !== undefined) return { id: known, headers };
  const id = randomUUID().replaceAll('-', '');
  const parent = randomUUID().replaceAll('-', '').slice(0, 16);
  const kept =
    count === 0
      ? headers
      : headers.filter((_, index) => (headers[index - (index % 2)] as string).toLowerCase() !== NAME);
  return { id, headers: [...kept, NAME, `00-${id}-${parent}-01`] };
};

import { readTraceparent, withTraceparent } from '../../../src/tracing/trace-context.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('W3C Trace Context', () => {
  it('reads version 00', () => {
    expect(readTraceparent(`00-${ID}-${PARENT}-01`)).toEqual({ id: ID, parent: PARENT, flags: 1 });
    // Flags that mean nothing yet are not handed on as ours.
    expect(readTraceparent(`00-${ID}-${PARENT}-ff`)?.flags).toBe(3);
    expect(readTraceparent(`00-${ID}-${'0'.repeat(16)}-01`)).toBeUndefined();
  });

  it('hands on its own span in place of the caller’s, and keeps what vendors keep', () => {
    const headers = [
      'Accept',
      '*/*',
      'TraceParent',
      `00-${ID}-${PARENT}-01`,
      'TraceState',
      'a=1',
      'tracestate',
      'b=2',
    ];
    expect(withTraceparent(headers, { id: ID, parent: PARENT, flags: 1 }, 'c'.repeat(16))).toEqual([
      ...['Accept', '*/*', 'TraceState', 'a=1', 'tracestate', 'b=2'],
      ...['traceparent', `00-${ID}-${'c'.repeat(16)}-01`],
    ]);
  });

  it('of a trace that begins here another’s state is not kept', () => {
    const headers = ['traceparent', 'broken', 'tracestate', 'a=1', 'Accept', '*/*'];
    expect(withTraceparent(headers, { id: ID, parent: undefined, flags: 0 }, 'c'.repeat(16))).toEqual([
      ...['Accept', '*/*', 'traceparent', `00-${ID}-${'c'.repeat(16)}-00`],
    ]);
  });
});

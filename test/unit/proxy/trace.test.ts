import { traceOf } from '../../../src/proxy/trace.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const GIVEN = `00-${ID}-00f067aa0ba902b7-01`;

describe('the trace of a call', () => {
  it('is the one that a well-formed traceparent names', () => {
    const headers = ['Accept', '*/*', 'TraceParent', GIVEN];
    expect(traceOf(headers)).toEqual({ id: ID, headers });
  });

  it.each([
    ['none', []],
    ['zeros', ['traceparent', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`]],
    ['capitals', ['traceparent', GIVEN.toUpperCase()]],
    ['more behind it', ['traceparent', `${GIVEN}-x`]],
    ['two', ['traceparent', GIVEN, 'Traceparent', GIVEN]],
  ])('begins here where there is %s', (_what, given) => {
    const { id, headers } = traceOf(['Accept', '*/*', ...given]);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(id).not.toBe(ID);
    expect(headers.slice(0, 2)).toEqual(['Accept', '*/*']);
    expect(headers).toHaveLength(4);
    expect(headers[3]).toMatch(new RegExp(`^00-${id}-[0-9a-f]{16}-01$`));
  });
});

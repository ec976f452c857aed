import type { Span } from '../../../src/tracing/span.ts';
import { SAMPLED } from '../../../src/tracing/trace-context.ts';
import { createTracing, type OpenSpan } from '../../../src/tracing/tracing.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const given = (flags: string): string[] => ['traceparent', `00-${ID}-${PARENT}-${flags}`];
const nowhere = { add: () => undefined };

describe('which calls are traced', () => {
  it.each([
    ['follow', 0, '01', true],
    ['follow', 1, '00', false],
    ['follow', 0, '03', true],
    ['ignore', 0, '01', false],
    ['ignore', 1, '00', true],
  ] as const)('callers: %s, ratio %s, flags %s: %s', (callers, ratio, flags, isTraced) => {
    const trace = createTracing(nowhere, { ratio, callers }).begin(given(flags));
    expect(trace).toMatchObject({ id: ID, parent: PARENT });
    expect((trace.flags & SAMPLED) !== 0).toBe(isTraced);
    // That the id is random stays said.
    expect(trace.flags & 0x02).toBe(Number.parseInt(flags, 16) & 0x02);
  });

  it('a trace that begins here by ratio', () => {
    const chances = [0.249, 0.25, 0, 0.99];
    const tracing = createTracing(nowhere, { ratio: 0.25, callers: 'follow' }, () => chances.shift() ?? 1);
    const begun = Array.from({ length: 4 }, () => tracing.begin([]));
    expect(begun.map(({ flags }) => flags)).toEqual([SAMPLED, 0, SAMPLED, 0]);
    expect(new Set(begun.map(({ id }) => id)).size).toBe(4);
    expect(begun.every(({ parent }) => parent === undefined)).toBe(true);
  });

  it('none where the ratio is 0, whatever chance says', () => {
    expect(createTracing(nowhere, { ratio: 0, callers: 'follow' }, () => 0).begin([]).flags).toBe(0);
  });
});

describe('what is asked within a span', () => {
  const spans: Span[] = [];
  const tracing = createTracing({ add: (span) => spans.push(span) }, { ratio: 0, callers: 'follow' });
  let clock = 0;
  const open: OpenSpan = { trace: tracing.begin(given('01')), id: 'b'.repeat(16), now: () => (clock += 1) };
  beforeEach(() => spans.splice(0));

  it('has a span of its own, also where it fails, and its answer is not touched', async () => {
    const answer = { status: 'good' };
    const asked = tracing.within(open, async () => {
      await Promise.resolve();
      return tracing.asking(
        'ask',
        () => Promise.resolve(answer),
        ({ status }) => ({ status }),
      );
    });
    await expect(asked).resolves.toBe(answer);
    await expect(
      tracing.within(open, () => tracing.asking('fail', () => Promise.reject(new Error('away')))),
    ).rejects.toThrow('away');
    expect(spans).toMatchObject([
      { trace: ID, parent: open.id, name: 'ask', attributes: { status: 'good' }, failed: false },
      { trace: ID, parent: open.id, name: 'fail', failed: true },
    ]);
  });

  it('has none elsewhere', async () => {
    await tracing.asking('ask', () => Promise.resolve(1));
    expect(spans).toEqual([]);
  });
});

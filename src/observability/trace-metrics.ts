import type { Counted } from './families.ts';

/** Spans that no collector has seen: "no-room" in their thread, or not taken by the "collector". */
export const droppedSpans = (reason: 'no-room' | 'collector', count: () => number): Counted => ({
  collect: () => ({
    name: 'onecert_trace_spans_dropped_total',
    help: 'Spans lost: no room for them in their thread, or not taken by the collector',
    type: 'counter',
    aggregator: 'sum',
    values: [{ value: count(), labels: { reason } }],
  }),
});

export const exportedSpans = (count: () => number): Counted => ({
  collect: () => ({
    name: 'onecert_trace_spans_exported_total',
    help: 'Spans that the collector has taken',
    type: 'counter',
    aggregator: 'sum',
    values: [{ value: count(), labels: {} }],
  }),
});

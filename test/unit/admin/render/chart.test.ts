import { renderChart, type Chart } from '../../../../src/admin/render/chart.ts';

const chart = (kind: Chart['kind'], ...values: (number | undefined)[][]): string =>
  renderChart(
    {
      title: 'Latency',
      kind,
      points: ['03-01', '03-02', '03-03', '03-04', '03-05'],
      pointTitle: 'Day',
      format: (value) => `${value} ms`,
      series: values.map((each, index) => ({ name: `p${index}`, values: each })),
    },
    'en',
  ).markup;

const lines = (markup: string): readonly string[] =>
  [...markup.matchAll(/<polyline class="l l(\d)" points="([^"]*)"/g)].map(
    ([, series, points = '']) => `${series}: ${points.split(' ').length}`,
  );
const cells = (markup: string): readonly string[] =>
  [...markup.matchAll(/<td data-label="p0"[^>]*><div>([^<]*)<\/div>/g)].map(([, text = '']) => text);

describe('a chart', () => {
  it('leaves a gap in a line where nothing is known, and says so in its table', () => {
    const markup = chart('lines', [10, 20, undefined, 30, 0]);
    expect(lines(markup)).toEqual(['0: 2', '0: 2']);
    expect(cells(markup)).toEqual(['10 ms', '20 ms', '–', '30 ms', '0 ms']);
    // Of all that is drawn only the last day is 0: at the axis.
    expect(markup.match(/,214[ "]/g)).toHaveLength(1);
  });

  it('draws a value that stands alone as a dot', () => {
    const markup = chart('lines', [undefined, 20, undefined, undefined, undefined]);
    const [, first, second] = /points="(\S+) (\S+)"/.exec(markup) ?? [];
    expect(first).toBe(second);
    expect(lines(markup)).toEqual(['0: 2']);
  });

  it('tells each line by itself', () => {
    const whole = [1, 2, 3, 4, 5];
    expect(lines(chart('lines', whole, [1, undefined, 3, undefined, 5]))).toEqual([
      '0: 5',
      '1: 2',
      '1: 2',
      '1: 2',
    ]);
  });

  it('draws nothing, and no 0, where nothing at all is known', () => {
    const markup = chart('lines', [undefined, undefined, undefined, undefined, undefined]);
    expect(lines(markup)).toEqual([]);
    expect(cells(markup)).toEqual(['–', '–', '–', '–', '–']);
    expect(markup).toContain('Show as a table');
  });

  it('has no bar where nothing is known, and stacks what is', () => {
    const markup = chart('bars', [1, undefined, 3, 0, 5], [undefined, 2, 3, 0, 5]);
    const bars = [...markup.matchAll(/<rect\s+class="s(\d)"\s+x=/g)].map(([, series]) => series);
    expect(bars).toEqual(['0', '1', '0', '1', '0', '1', '0', '1']);
    expect(cells(markup)).toEqual(['1 ms', '–', '3 ms', '0 ms', '5 ms']);
  });
});

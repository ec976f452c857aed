import { html, type Html } from '../../portal/html.ts';
import type { Language } from '../../portal/language.ts';
import { renderTable } from './table.ts';

export interface ChartSeries {
  readonly name: string;
  /** One for each of the chart's points; never negative. Undefined where nothing is known: a gap, which is not 0. */
  readonly values: readonly (number | undefined)[];
}

export interface Chart {
  /** What it shows; also its name for screen readers. */
  readonly title: string;
  /** Under the axis, and in the first column of the table. */
  readonly points: readonly string[];
  /** At most six, told apart by colour and by the table; more are for a table alone. */
  readonly series: readonly ChartSeries[];
  readonly kind: 'bars' | 'lines';
  /** Heading of the first column of the table. */
  readonly pointTitle: string;
  readonly format?: (value: number) => string;
}

const [WIDTH, HEIGHT] = [720, 240];
const PLOT = { left: 52, right: 12, top: 10, bottom: 26 };
const MAX_SERIES = 6;
/** Labels under the axis. */
const MAX_LABELS = 8;
/** In the table, of what is not known. */
const UNKNOWN = '–';

const TEXTS = {
  zh: { table: '以表格查看', nothing: '没有数据' },
  en: { table: 'Show as a table', nothing: 'No data' },
} as const;

/** A chart drawn by the server (SVG, no script, no inline style), with its figures in a table below. */
export const renderChart = (chart: Chart, language: Language): Html => {
  const { title, points, series, format = String, pointTitle } = chart;
  const texts = TEXTS[language];
  if (points.length === 0 || series.length === 0) return html`<p class="nothing">${texts.nothing}</p>`;
  const shown = series.slice(0, MAX_SERIES);
  const top = niceTop(Math.max(1, ...highest(chart, shown)));
  return html`<figure class="chart" role="group" aria-label="${title}">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
      ${[0, 0.25, 0.5, 0.75, 1].map((share) => renderRule(share * top, top, format))} ${renderLabels(points)}
      ${chart.kind === 'bars' ? renderBars(points, shown, top) : renderLines(points, shown, top)}
    </svg>
    <figcaption class="legend">
      ${shown.map(
        ({ name }, index) =>
          html`<span
            ><svg viewBox="0 0 10 10" aria-hidden="true">
              <rect class="s${index}" width="10" height="10" rx="2" /></svg
            >${name}</span
          >`,
      )}
    </figcaption>
    <details>
      <summary>${texts.table}</summary>
      ${renderTable(
        points.map((point, index) => ({ point, index })),
        {
          caption: title,
          nothing: texts.nothing,
          columns: [
            { title: pointTitle, cell: ({ point }) => point },
            ...series.map(({ name, values }) => ({
              title: name,
              number: true,
              cell: ({ index }: { readonly index: number }) => {
                const value = values[index];
                return value === undefined ? UNKNOWN : format(value);
              },
            })),
          ],
        },
      )}
    </details>
  </figure>`;
};

/** Bars are stacked, lines are not. */
const highest = ({ kind, points }: Chart, series: readonly ChartSeries[]): readonly number[] =>
  kind === 'lines'
    ? series.flatMap(({ values }) => values.filter((value) => value !== undefined))
    : points.map((_point, index) => series.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));

/** 1, 2, 2.5 or 5 times a power of ten, at least as high as the highest value. */
export const niceTop = (highest: number): number => {
  const power = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 2.5, 5, 10].find((each) => each * power >= highest) ?? 10;
  return Math.max(step * power, 4);
};

const yOf = (value: number, top: number): number =>
  round(HEIGHT - PLOT.bottom - (value / top) * (HEIGHT - PLOT.top - PLOT.bottom));

const slotOf = (points: readonly string[]): number => (WIDTH - PLOT.left - PLOT.right) / points.length;

const round = (value: number): number => Math.round(value * 10) / 10;

const renderRule = (value: number, top: number, format: (value: number) => string): Html =>
  html`<line
      class="axis"
      x1="${PLOT.left}"
      x2="${WIDTH - PLOT.right}"
      y1="${yOf(value, top)}"
      y2="${yOf(value, top)}"
    /><text x="${PLOT.left - 6}" y="${yOf(value, top) + 4}" text-anchor="end">${format(value)}</text>`;

const renderLabels = (points: readonly string[]): readonly Html[] => {
  const every = Math.ceil(points.length / MAX_LABELS);
  const slot = slotOf(points);
  return points.flatMap((point, index) =>
    index % every === 0
      ? [
          html`<text x="${round(PLOT.left + slot * (index + 0.5))}" y="${HEIGHT - 8}" text-anchor="middle">
            ${point}
          </text>`,
        ]
      : [],
  );
};

const renderBars = (
  points: readonly string[],
  series: readonly ChartSeries[],
  top: number,
): readonly Html[] => {
  const slot = slotOf(points);
  const width = round(Math.min(slot * 0.7, 48));
  return points.flatMap((_point, index) => {
    let below = 0;
    return series.map(({ values }, number) => {
      const value = values[index];
      if (value === undefined) return html``;
      const y = yOf(below + value, top);
      const height = round(yOf(below, top) - y);
      below += value;
      return html`<rect
        class="s${number}"
        x="${round(PLOT.left + slot * (index + 0.5) - width / 2)}"
        y="${y}"
        width="${width}"
        height="${height}"
      />`;
    });
  });
};

const renderLines = (
  points: readonly string[],
  series: readonly ChartSeries[],
  top: number,
): readonly Html[] => {
  const slot = slotOf(points);
  return series.flatMap(({ values }, number) =>
    runsOf(points.map((_point, index) => values[index])).map(({ begin, known }) => {
      const places = known.map(
        (value, index) => `${round(PLOT.left + slot * (begin + index + 0.5))},${yOf(value, top)}`,
      );
      // A line from a place to itself is a dot, since its ends are round.
      const drawn = places.length === 1 ? [...places, ...places] : places;
      return html`<polyline class="l l${number}" points="${drawn.join(' ')}" />`;
    }),
  );
};

/** Values that stand side by side, without what is not known between. */
const runsOf = (
  values: readonly (number | undefined)[],
): readonly { readonly begin: number; readonly known: readonly number[] }[] => {
  const runs: { begin: number; known: number[] }[] = [];
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    if (index === 0 || values[index - 1] === undefined) runs.push({ begin: index, known: [] });
    runs.at(-1)?.known.push(value);
  }
  return runs;
};

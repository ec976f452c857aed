import { html, type Html } from '../../portal/html.ts';
import { renderChart } from '../render/chart.ts';
import { selectField, textField } from '../render/form.ts';
import { renderFigures, renderHeading } from '../render/frame.ts';
import { renderIssues } from '../render/issues.ts';
import { renderTable, type Column } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { viewOf, type View } from './access.ts';
import { failuresOf, reachedOf, type Measures } from './measures.ts';
import { readFigures, type Figures } from './read-figures.ts';
import { dateOf, DAY_MS, momentOf, readSpan, spanOf, SPANS, type Span } from './span.ts';
import { SPAN_NAMES, SUPERVISION_TEXTS } from './texts.ts';
import {
  departmentShown,
  renderRules,
  renderViews,
  serviceShown,
  titleOf,
  writeCount,
  writeMs,
  writePercent,
} from './write-figures.ts';

const PATH = '/console/supervision';

/** What the address of a page of figures asks for. @throws Refusal ONECERT_OTHER_DEPARTMENT */
export const askedView = ({ parts, caller, query }: PageCall): View =>
  viewOf(parts, caller.actor, {
    department: query.get('department') || undefined,
    service: query.get('service') || undefined,
  });

export const figuresPage = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, language, query, at } = call;
  const texts = SUPERVISION_TEXTS[language];
  const view = askedView(call);
  const read = readSpan(query, at);
  const span = read.span ?? today(at);
  const figures = await readFigures(parts.auditIndex, view, span, at);
  const main = html`${renderHeading(texts.title, { lead: texts.lead })} ${renderViews(language, 'figures')}
  ${renderScope(call, span)} ${read.issues && renderIssues(read.issues, language)}
  ${renderAll(call, figures, span)}`;
  return { page: { title: texts.title, main }, status: read.issues === undefined ? 200 : 422 };
};

const renderScope = ({ parts, caller, language, query }: PageCall, span: Span): Html => {
  const texts = SUPERVISION_TEXTS[language];
  const { enrolled } = viewOf(parts, caller.actor);
  const asked = (name: string): string => query.get(name) ?? '';
  // Of another range the form sends what it showed before.
  const date = (name: 'from' | 'to', at: number): string =>
    (asked('range') === 'dates' ? asked(name) : '') || dateOf(at);
  const services = enrolled
    .filter(({ department }) => asked('department') === '' || department === asked('department'))
    .flatMap((each) => each.services);
  const option = (value: string, name: string): readonly [string, string] => [value, name];
  return html`<form class="card search" method="get" action="${PATH}" aria-label="${texts.scope}">
    ${selectField({
      name: 'range',
      label: texts.range,
      value: span.name,
      options: SPANS.map((each) => option(each, SPAN_NAMES[language][each])),
    })}
    ${selectField({
      name: 'department',
      label: texts.department,
      value: asked('department'),
      options: [
        option('', texts.all),
        ...enrolled.map(({ department, name }) => option(department, name[language])),
      ],
    })}
    ${selectField({
      name: 'service',
      label: texts.service,
      value: asked('service'),
      options: [
        option('', texts.all),
        ...services.map(({ service, name }) => option(service, name[language])),
      ],
    })}
    <button class="button">${texts.show}</button>
    <div class="pair">
      ${textField({ name: 'from', label: texts.from, type: 'date', value: date('from', span.from) })}
      ${textField({ name: 'to', label: texts.to, type: 'date', value: date('to', span.to - 1) })}
    </div>
  </form>`;
};

const renderAll = (call: PageCall, figures: Figures, span: Span): Html => {
  const { language, query, at } = call;
  const texts = SUPERVISION_TEXTS[language];
  const { total, steps } = figures;
  const address = (path: string): string => {
    const asked = new URLSearchParams();
    for (const name of ['range', 'from', 'to', 'department', 'service'])
      if (query.get(name)) asked.set(name, query.get(name) as string);
    return asked.size === 0 ? path : `${path}?${asked.toString()}`;
  };
  const day = span.to - span.from <= DAY_MS;
  const points = steps.map((each) =>
    span.step === 'day' ? dateOf(each.at).slice(5) : momentOf(each.at).slice(day ? 11 : 5),
  );
  const pointTitle = span.step === 'day' ? texts.day : texts.hour;
  return html`<p class="muted">
      ${texts.dates(momentOf(span.from), momentOf(Math.min(span.to, at)))} ${texts.taken(momentOf(at))}
      <a href="${address(PATH)}">${texts.refresh}</a>
    </p>
    ${renderFigures([
      { label: texts.calls, value: writeCount(total.calls), small: texts.callsSaid },
      { label: texts.refusals, value: writeCount(total.refusals) },
      { label: texts.availability, value: writePercent(total.availability) },
      {
        label: `${texts.latency} p50 / p95 / p99`,
        value: `${writeMs(total.p50)} / ${writeMs(total.p95)} / ${writeMs(total.p99)}`,
        small: 'ms',
      },
    ])}
    <h2>${texts.callsChart}</h2>
    ${renderChart(
      {
        title: texts.callsChart,
        kind: 'bars',
        points,
        pointTitle,
        format: writeCount,
        series: [
          { name: texts.calls, values: steps.map(({ calls }) => calls) },
          { name: texts.refusals, values: steps.map(({ refusals }) => refusals) },
        ],
      },
      language,
    )}
    <div class="columns">
      <section>
        <h2>${texts.latencyChart}</h2>
        ${renderChart(
          {
            title: texts.latencyChart,
            kind: 'lines',
            points,
            pointTitle,
            format: writeCount,
            series: (['p50', 'p95', 'p99'] as const).map((name) => ({
              name,
              values: steps.map((step) => step[name]),
            })),
          },
          language,
        )}
      </section>
      <section>
        <h2>${texts.availabilityChart}</h2>
        ${renderChart(
          {
            title: texts.availabilityChart,
            kind: 'bars',
            points,
            pointTitle,
            format: writeCount,
            series: [
              {
                name: texts.serverErrors,
                values: steps.map((step) => Math.max(0, step.serverErrors - step.upstreamFailures)),
              },
              { name: texts.upstreamFailures, values: steps.map((step) => step.upstreamFailures) },
              { name: texts.broken, values: steps.map((step) => step.broken) },
            ],
          },
          language,
        )}
      </section>
    </div>
    ${renderTables(call, figures)}
    <p class="act">
      <a class="button small quiet" href="${address(`${PATH}/figures.csv`)}">${texts.csv}</a>
      <a class="button small quiet" href="${address(`${PATH}/refusals.csv`)}">${texts.csvRefusals}</a>
    </p>
    ${renderRules(texts.how, texts.howSaid)}`;
};

const renderTables = (call: PageCall, { departments, services, refusals }: Figures): Html => {
  const { language } = call;
  const texts = SUPERVISION_TEXTS[language];
  const number = <Row>(title: string, cell: (row: Row) => string): Column<Row> => ({
    title,
    cell,
    number: true,
  });
  const measures: readonly Column<Measures>[] = [
    number(texts.calls, ({ calls }) => writeCount(calls)),
    number(texts.refusals, (row) => writeCount(row.refusals)),
    number(texts.reached, (row) => writeCount(reachedOf(row))),
    number(texts.failures, (row) => writeCount(failuresOf(row))),
    number(texts.availability, ({ availability }) => writePercent(availability)),
    number('p50 ms', ({ p50 }) => writeMs(p50)),
    number('p95 ms', ({ p95 }) => writeMs(p95)),
    number('p99 ms', ({ p99 }) => writeMs(p99)),
  ];
  return html`<h2>${texts.byDepartment}</h2>
    ${renderTable(departments, {
      caption: texts.byDepartment,
      nothing: texts.nothing,
      columns: [
        { title: texts.department, cell: ({ department }) => departmentShown(call, department) },
        ...measures,
      ],
    })}
    <h2>${texts.byService}</h2>
    ${renderTable(services, {
      caption: texts.byService,
      nothing: texts.nothing,
      columns: [
        {
          title: texts.service,
          cell: ({ service, department }) =>
            html`${serviceShown(call, service)}<br /><span class="small muted"
                >${departmentShown(call, department)}</span
              >`,
        },
        ...measures,
        number(texts.certificates, ({ certificates }) => writeCount(certificates)),
      ],
    })}
    <h2>${texts.reasons}</h2>
    ${renderTable(refusals, {
      caption: texts.reasons,
      nothing: texts.nothing,
      columns: [
        {
          title: texts.reason,
          cell: ({ code }) => html`${titleOf(code, language)}<br /><code class="small muted">${code}</code>`,
        },
        { title: texts.service, cell: ({ service }) => serviceShown(call, service) },
        { title: texts.department, cell: ({ department }) => departmentShown(call, department) },
        number(texts.count, ({ count }) => writeCount(count)),
      ],
    })}`;
};

const today = (at: number): Span => {
  const { span } = spanOf({ range: 'today' }, at);
  if (span === undefined) throw new Error('today is a span');
  return span;
};

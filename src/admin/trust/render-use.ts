import { actingRole } from '../../identity/acting.ts';
import { actingRoleName } from '../../portal/identity-words.ts';
import { html, type Html } from '../../portal/html.ts';
import type { Language } from '../../portal/language.ts';
import { renderChart, type Chart } from '../render/chart.ts';
import { renderFigures, renderState } from '../render/frame.ts';
import { renderTable, type Column } from '../render/table.ts';
import type { PageCall } from '../section.ts';
import { dateOf, momentOf } from '../supervision/span.ts';
import { renderRules, writeCount } from '../supervision/write-figures.ts';
import { isUsed, type AuthorityUse, type Use, type UseFigures } from './read-use.ts';
import { renderStatus } from './standing.ts';
import { USE_RANGES, useStepsOf, type UseSpan } from './use-span.ts';
import { USE_RANGE_NAMES, USE_TEXTS } from './use-texts.ts';

/** The use of one authority: two charts, each with its table, and what the figures mean. */
export const renderUse = (call: PageCall, use: Use, authority: AuthorityUse): Html => {
  const { language } = call;
  const texts = USE_TEXTS[language];
  const { total, steps } = authority;
  const path = `/console/trust/${encodeURIComponent(authority.authority)}`;
  const values = (name: keyof Omit<UseFigures, 'acting'>) => ({
    name: texts[name],
    values: steps.map((step) => step?.[name]),
  });
  return html`<h2 id="use">${texts.title}</h2>
    ${renderRanges(call, use, path)}
    ${renderFigures(
      (['signIns', 'calls', 'refusals', 'certificates'] as const).map((name) => ({
        label: texts[name],
        value: writeCount(total[name]),
      })),
    )}
    ${renderPair(use.span, language, [
      {
        title: texts.signInsChart,
        kind: 'lines',
        series: [values('signIns'), values('certificates')],
      },
      {
        title: texts.callsChart,
        kind: 'bars',
        series: [values('calls'), values('authorizations'), values('exchanges'), values('refusals')],
      },
    ])}
    ${renderActing(total.acting, language)} ${renderEnd(call, use.span, path)}`;
};

/** The use of all, side by side; with those that have left the list and still have figures. */
export const renderAllUse = (call: PageCall, use: Use): Html => {
  const { language } = call;
  const texts = USE_TEXTS[language];
  const used = use.authorities.filter(({ total }) => isUsed(total));
  const chart = (title: string, name: 'signIns' | 'calls'): DrawnChart => ({
    title,
    kind: 'bars',
    series: used.map((each) => ({
      name: nameOf(call, each.authority),
      values: each.steps.map((step) => step?.[name]),
    })),
  });
  const number = (name: keyof Omit<UseFigures, 'acting'>): Column<AuthorityUse> => ({
    title: texts[name],
    number: true,
    cell: ({ total }) => writeCount(total[name]),
  });
  return html`<h2 id="use">${texts.allTitle}</h2>
    ${renderRanges(call, use, '/console/trust')}
    ${renderPair(use.span, language, [chart(texts.allSignIns, 'signIns'), chart(texts.allCalls, 'calls')])}
    ${used.length > DRAWN ? html`<p class="muted">${texts.sixDrawn}</p>` : undefined}
    ${renderTable(use.authorities, {
      caption: texts.allTitle,
      nothing: texts.nothing,
      columns: [
        {
          title: texts.authority,
          cell: ({ authority }) =>
            html`<a href="/console/trust/${encodeURIComponent(authority)}#use">${nameOf(call, authority)}</a>
              <br /><code class="small muted">${authority}</code>`,
        },
        {
          title: texts.standing,
          cell: ({ authority }) => {
            const listed = call.parts.trust().authorities.get(authority);
            return listed === undefined ? renderState(texts.left, 'bad') : renderStatus(listed, language);
          },
        },
        ...(['signIns', 'calls', 'authorizations', 'exchanges', 'refusals', 'certificates'] as const).map(
          number,
        ),
      ],
    })}
    ${renderEnd(call, use.span, '/console/trust')}`;
};

/** Where the index cannot be read: the page has other things to tell. */
export const renderUseAway = (language: Language): Html =>
  html`<h2 id="use">${USE_TEXTS[language].title}</h2>
    <p class="nothing">${USE_TEXTS[language].away}</p>`;

/** In the language of the page; one that has left the trust list goes by its identifier. */
export const nameOf = (
  { parts, language }: Pick<PageCall, 'parts' | 'language'>,
  authority: string,
): string => parts.trust().authorities.get(authority)?.settings.name[language] ?? authority;

/** As many as a chart draws. */
const DRAWN = 6;

type DrawnChart = Pick<Chart, 'title' | 'kind' | 'series'>;

const renderPair = (span: UseSpan, language: Language, charts: readonly DrawnChart[]): Html => {
  const texts = USE_TEXTS[language];
  const points = useStepsOf(span).map(({ from }) =>
    span.step === 'hour' ? momentOf(from).slice(5) : dateOf(from).slice(span.step === 'day' ? 5 : 0),
  );
  return html`<div class="columns">
    ${charts.map(
      (chart) =>
        html`<section>
          <h3>${chart.title}</h3>
          ${renderChart(
            { ...chart, points, pointTitle: texts.step[span.step], format: writeCount },
            language,
          )}
        </section>`,
    )}
  </div>`;
};

const renderRanges = ({ language, at }: PageCall, { span, since }: Use, path: string): Html => {
  const texts = USE_TEXTS[language];
  return html`<nav class="places" aria-label="${texts.ranges}">
      <ul>
        ${USE_RANGES.map((range) =>
          range === span.range
            ? html`<li>
                <a href="${path}?range=${range}#use" aria-current="true"
                  >${USE_RANGE_NAMES[language][range]}</a
                >
              </li>`
            : html`<li><a href="${path}?range=${range}#use">${USE_RANGE_NAMES[language][range]}</a></li>`,
        )}
      </ul>
    </nav>
    <p class="muted">
      ${texts.dates(momentOf(span.from), momentOf(Math.min(span.to, at)))}
      ${since === undefined ? texts.none : since > span.from ? texts.since(momentOf(since)) : undefined}
    </p>`;
};

const renderActing = (acting: UseFigures['acting'], language: Language): Html | undefined => {
  const texts = USE_TEXTS[language];
  if (acting.every((each) => each.acting === '')) return undefined;
  return html`<h3>${texts.acting}</h3>
    ${renderTable(acting, {
      caption: texts.acting,
      nothing: texts.nothing,
      columns: [
        { title: texts.role, cell: (each) => roleShown(each.acting, language) },
        { title: texts.certificates, number: true, cell: ({ certificates }) => writeCount(certificates) },
      ],
    })}`;
};

const roleShown = (acting: string, language: Language): string => {
  if (acting === '') return USE_TEXTS[language].noRole;
  const role = actingRole.safeParse(acting);
  return role.success ? actingRoleName(role.data, language) : acting;
};

const renderEnd = ({ language }: PageCall, { range }: UseSpan, path: string): Html => {
  const texts = USE_TEXTS[language];
  return html`<p class="act">
      <a class="button small quiet" href="${path}/use.csv?range=${range}">${texts.csv}</a>
    </p>
    ${renderRules(texts.how, texts.howSaid)}`;
};

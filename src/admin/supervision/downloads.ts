import type { PageAnswer, PageCall } from '../section.ts';
import { InputInvalid } from '../input-invalid.ts';
import { writeCsv } from './csv.ts';
import { askedView } from './figures-page.ts';
import { failuresOf, reachedOf } from './measures.ts';
import { readFigures, type Figures } from './read-figures.ts';
import { readScores } from './read-scores.ts';
import { yearAsked } from './scores-page.ts';
import { dateOf, momentOf, readSpan, type Span } from './span.ts';
import { INDICATOR_NAMES, SUPERVISION_TEXTS } from './texts.ts';
import { departmentShown, rounded, serviceShown, titleOf } from './write-figures.ts';

const csvFile = (name: string, body: string): PageAnswer => ({
  download: { name, type: 'text/csv; charset=utf-8; header=present', body },
});

/** @throws InputInvalid, Refusal ONECERT_OTHER_DEPARTMENT */
const askedFigures = async (call: PageCall): Promise<{ readonly figures: Figures; readonly span: Span }> => {
  const view = askedView(call);
  const { span, issues } = readSpan(call.query, call.at);
  if (span === undefined) throw new InputInvalid(issues);
  return { span, figures: await readFigures(call.parts.auditIndex, view, span, call.at) };
};

const fileName = (what: string, { from, to }: Span): string =>
  `onecert-${what}-${dateOf(from)}-${dateOf(to - 1)}.csv`;

/** A row for each service. */
export const figuresCsv = async (call: PageCall): Promise<PageAnswer> => {
  const { figures, span } = await askedFigures(call);
  const texts = SUPERVISION_TEXTS[call.language];
  const rows = figures.services.map((row) => [
    momentOf(span.from),
    momentOf(Math.min(span.to, call.at)),
    row.department,
    departmentShown(call, row.department),
    row.service,
    serviceShown(call, row.service),
    row.calls,
    row.refusals,
    reachedOf(row),
    row.serverErrors,
    row.upstreamFailures,
    failuresOf(row),
    row.broken,
    rounded(row.availability, 4),
    rounded(row.p50),
    rounded(row.p95),
    rounded(row.p99),
    row.certificates,
  ]);
  const header = [
    texts.from,
    texts.to,
    'department',
    texts.department,
    'service',
    texts.service,
    texts.calls,
    texts.refusals,
    texts.reached,
    texts.serverErrors,
    texts.upstreamFailures,
    texts.failures,
    texts.broken,
    `${texts.availability} %`,
    'p50 ms',
    'p95 ms',
    'p99 ms',
    texts.certificates,
  ];
  return csvFile(fileName('figures', span), writeCsv(header, rows));
};

/** A row for each code of each service. */
export const refusalsCsv = async (call: PageCall): Promise<PageAnswer> => {
  const { figures, span } = await askedFigures(call);
  const texts = SUPERVISION_TEXTS[call.language];
  const rows = figures.refusals.map(({ department, service, code, count }) => [
    momentOf(span.from),
    momentOf(Math.min(span.to, call.at)),
    department,
    departmentShown(call, department),
    service,
    serviceShown(call, service),
    code,
    titleOf(code, call.language),
    count,
  ]);
  const header = [
    texts.from,
    texts.to,
    'department',
    texts.department,
    'service',
    texts.service,
    texts.code,
    texts.reason,
    texts.count,
  ];
  return csvFile(fileName('refusals', span), writeCsv(header, rows));
};

/** A row for each indicator of each department, and one for its total. */
export const scoresCsv = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, caller, language, at } = call;
  const texts = SUPERVISION_TEXTS[language];
  const names = INDICATOR_NAMES[language];
  const { year, cards } = await readScores(parts, caller.actor, yearAsked(call), at);
  const rows = cards.flatMap(({ department, lines, total, rank }) => {
    const named = [year, department, departmentShown(call, department)];
    return [
      ...lines.map((line) => [
        ...named,
        names[line.indicator],
        rounded(line.target, 4),
        rounded(line.actual, 4),
        rounded(line.points, 1),
        rounded(line.of, 1),
        undefined,
      ]),
      [...named, texts.total, undefined, undefined, rounded(total, 1), 100, rank],
    ];
  });
  const header = [
    texts.year,
    'department',
    texts.department,
    texts.indicator,
    texts.target,
    texts.actual,
    texts.points,
    texts.of,
    texts.rank,
  ];
  return csvFile(`onecert-scores-${year}.csv`, writeCsv(header, rows));
};

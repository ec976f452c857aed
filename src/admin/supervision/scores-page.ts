import { html, type Html } from '../../portal/html.ts';
import { hasRole } from '../access.ts';
import { renderHeading } from '../render/frame.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { readScores, type Scores } from './read-scores.ts';
import type { ScoreCard, ScoreLine } from './score-card.ts';
import { momentOf, yearOf } from './span.ts';
import { INDICATOR_NAMES, SUPERVISION_TEXTS } from './texts.ts';
import {
  departmentShown,
  renderRules,
  renderViews,
  writeCount,
  writeMs,
  writePercent,
} from './write-figures.ts';

const PATH = '/console/supervision/scores';

export const FIRST_YEAR = 2000;
export const LAST_YEAR = 2999;

/** Year that a page is about: the one asked for, or this one. */
export const yearAsked = ({ query, form, at }: Pick<PageCall, 'query' | 'form' | 'at'>): number => {
  const asked = Number(form.get('year') ?? query.get('year') ?? yearOf(at));
  return Number.isInteger(asked) && asked >= FIRST_YEAR && asked <= LAST_YEAR ? asked : yearOf(at);
};

/** The way to other years; `path` is where the page is. */
export const renderYears = ({ language, at }: PageCall, path: string, year: number): Html => {
  const now = yearOf(at);
  const years = [...new Set([now + 1, now, now - 1, now - 2, year])].sort((one, other) => one - other);
  return html`<nav class="places" aria-label="${SUPERVISION_TEXTS[language].year}">
    <ul>
      ${years.map(
        (each) =>
          html`<li>
            <a href="${path}?year=${each}" ${each === year ? html`aria-current="true"` : undefined}
              >${each}</a
            >
          </li>`,
      )}
    </ul>
  </nav>`;
};

export const scoresPage = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, caller, language, at } = call;
  const texts = SUPERVISION_TEXTS[language];
  const year = yearAsked(call);
  const scores = await readScores(parts, caller.actor, year, at);
  const main = html`${renderHeading(`${texts.scores} ${year}`, {
    lead: texts.scoresLead(year, momentOf(Math.min(scores.until, at))),
  })}
  ${renderViews(language, 'scores')} ${renderYears(call, PATH, year)}
  ${
    scores.targets === undefined
      ? html`<p class="nothing">
          ${texts.noTargets(year)}
          ${
            hasRole(caller.actor, 'operator')
              ? html`<a href="/console/supervision/targets?year=${year}">${texts.setTargets}</a>`
              : undefined
          }
        </p>`
      : renderScores(call, scores)
  }
  ${renderRules(texts.formula, texts.formulaSaid)}`;
  return { page: { title: `${texts.scores} ${year}`, main } };
};

const renderScores = (call: PageCall, scores: Scores): Html => {
  const texts = SUPERVISION_TEXTS[call.language];
  return html`${
      scores.cards.length > 1
        ? renderTable(scores.cards, {
            caption: texts.scores,
            nothing: texts.nothing,
            columns: [
              { title: texts.rank, cell: ({ rank }) => rank ?? texts.unranked },
              {
                title: texts.department,
                cell: ({ department }) =>
                  html`<a href="#card-${department}">${departmentShown(call, department)}</a>`,
              },
              {
                title: texts.total,
                number: true,
                cell: ({ total }) => (total === undefined ? texts.unknown : total.toFixed(1)),
              },
            ],
          })
        : undefined
    }
    ${scores.cards.map((card) => renderScoreCard(call, card, scores.ranked))}
    <p class="act">
      <a class="button small quiet" href="${PATH}.csv?year=${scores.year}">${texts.csvScores}</a>
    </p>
    <p class="small muted">${texts.print}</p>`;
};

const renderScoreCard = (call: PageCall, card: ScoreCard, ranked: number): Html => {
  const { language } = call;
  const texts = SUPERVISION_TEXTS[language];
  const { department, lines, total, rank, unknown } = card;
  const names = INDICATOR_NAMES[language];
  return html`<section class="score" aria-labelledby="card-${department}">
    <h2 id="card-${department}">${departmentShown(call, department)}</h2>
    <p>
      <strong>${texts.total}: ${total === undefined ? texts.unknown : `${total.toFixed(1)} / 100`}</strong> ·
      ${rank === undefined ? texts.unranked : texts.ranked(rank, ranked)}${
        unknown > 0 ? html` · ${texts.unknownPoints(unknown.toFixed(1))}` : undefined
      }
    </p>
    ${renderTable(lines, {
      caption: `${texts.scores}: ${departmentShown(call, department)}`,
      nothing: texts.noTargets(yearAsked(call)),
      columns: [
        { title: texts.indicator, cell: ({ indicator }) => names[indicator] },
        { title: texts.target, number: true, cell: (line) => writeValue(line, line.target) },
        {
          title: texts.actual,
          number: true,
          cell: (line) => (line.actual === undefined ? texts.unknown : writeValue(line, line.actual)),
        },
        {
          title: texts.points,
          number: true,
          cell: ({ points }) => (points === undefined ? texts.unknown : points.toFixed(1)),
        },
        { title: texts.of, number: true, cell: ({ of }) => of.toFixed(1) },
      ],
    })}
  </section>`;
};

const writeValue = ({ indicator }: ScoreLine, value: number): string => {
  if (indicator === 'calls') return writeCount(value);
  return indicator === 'p95' ? writeMs(value) : writePercent(value);
};

import { html, type Html, type Insertable } from '../../portal/html.ts';
import type { Language } from '../../portal/language.ts';
import { CATALOGUE, type RefusalCode } from '../../refusal/catalogue.ts';
import type { PageCall } from '../section.ts';
import { LONGEST_MS } from './measures.ts';
import { SUPERVISION_TEXTS } from './texts.ts';

export const UNKNOWN = '–';

/** 12,345 */
export const writeCount = (count: number): string => Math.round(count).toLocaleString('en-US');

/** Rounded down, so that 100 % is nothing but all. */
export const writePercent = (percent: number | undefined): string =>
  percent === undefined ? UNKNOWN : `${(Math.floor(percent * 100) / 100).toFixed(2)} %`;

export const writeMs = (ms: number | undefined): string => {
  if (ms === undefined) return UNKNOWN;
  return ms >= LONGEST_MS ? `≥ ${writeCount(LONGEST_MS)}` : writeCount(Math.max(1, ms));
};

/** To so many decimals at most; for CSV and JSON. */
export const rounded = (value: number | undefined, decimals = 2): number | undefined =>
  value === undefined ? undefined : Math.round(value * 10 ** decimals) / 10 ** decimals;

/** Title of a refusal; of a code that is none of ours, the code. */
export const titleOf = (code: string, language: Language): string =>
  Object.hasOwn(CATALOGUE, code) ? CATALOGUE[code as RefusalCode][language].title : code;

type Named = Pick<PageCall, 'parts' | 'language'>;

export const departmentShown = ({ parts, language }: Named, department: string): string =>
  department === ''
    ? SUPERVISION_TEXTS[language].nobody
    : (parts.departments().find((each) => each.department === department)?.name[language] ?? department);

export const serviceShown = ({ parts, language }: Named, service: string): string =>
  service === ''
    ? SUPERVISION_TEXTS[language].none
    : (parts
        .departments()
        .flatMap(({ services }) => services)
        .find((each) => each.service === service)?.name[language] ?? service);

const VIEWS = ['figures', 'patterns', 'scores', 'targets'] as const;
const PATHS = {
  figures: '/console/supervision',
  patterns: '/console/supervision/patterns',
  scores: '/console/supervision/scores',
  targets: '/console/supervision/targets',
} as const;

/** The way between the section's pages. */
export const renderViews = (language: Language, current: (typeof VIEWS)[number]): Html => {
  const texts = SUPERVISION_TEXTS[language];
  return html`<nav class="places" aria-label="${texts.views}">
    <ul>
      ${VIEWS.map((view) =>
        view === current
          ? html`<li><a href="${PATHS[view]}" aria-current="page">${texts[view]}</a></li>`
          : html`<li><a href="${PATHS[view]}">${texts[view]}</a></li>`,
      )}
    </ul>
  </nav>`;
};

export const renderRules = (title: string, rules: readonly Insertable[]): Html =>
  html`<section class="card">
    <h2>${title}</h2>
    <ul class="dots">
      ${rules.map((rule) => html`<li>${rule}</li>`)}
    </ul>
  </section>`;

import { html, type Html, type Insertable } from '../../portal/html.ts';

/** The page's heading, the way back up, and what can be done beside it. */
export const renderHeading = (
  title: string,
  {
    crumbs = [],
    actions,
    lead,
  }: {
    readonly crumbs?: readonly (readonly [path: string, label: string])[];
    readonly actions?: Insertable;
    readonly lead?: Insertable;
  } = {},
): Html =>
  html`${
      crumbs.length === 0
        ? undefined
        : html`<nav class="crumbs" aria-label="路径 · Path">
            <ol>
              ${crumbs.map(([path, label]) => html`<li><a href="${path}">${label}</a></li>`)}
            </ol>
          </nav>`
    }
    <div class="heading">
      <h1>${title}</h1>
      ${actions === undefined ? undefined : html`<div class="act">${actions}</div>`}
    </div>
    ${lead === undefined ? undefined : html`<p class="muted">${lead}</p>`}`;

export const renderCard = (id: string, title: string, inside: Insertable): Html =>
  html`<section class="card" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${inside}
  </section>`;

/** Names with their values; undefined ones are left out. */
export const renderFacts = (facts: readonly (readonly [name: string, value: Insertable])[]): Html =>
  html`<dl class="facts">
    ${facts
      .filter(([, value]) => value !== undefined)
      .map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
  </dl>`;

/** A few figures at a glance. */
export const renderFigures = (
  figures: readonly { readonly label: string; readonly value: Insertable; readonly small?: string }[],
): Html =>
  html`<dl class="figures">
    ${figures.map(
      ({ label, value, small }) =>
        html`<div class="figure">
          <dt>${label}</dt>
          <dd>${value} ${small === undefined ? undefined : html`<small>${small}</small>`}</dd>
        </div>`,
    )}
  </dl>`;

/** Said with a word, and a colour beside it. */
export const renderState = (word: string, look: 'good' | 'bad' | 'open' | 'plain'): Html =>
  html`<span class="state ${look}">${word}</span>`;

export const renderNotice = (
  title: string,
  inside: Insertable,
  look: 'plain' | 'grave' | 'done' = 'plain',
): Html =>
  html`<div class="notice ${look}">
    <h2>${title}</h2>
    ${inside}
  </div>`;

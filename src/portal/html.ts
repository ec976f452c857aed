/** Markup that may stand in a page as it is. Only `html` makes it, so nothing unescaped gets in. */
export interface Html {
  readonly markup: string;
}

export type Insertable = Html | string | number | undefined | readonly Insertable[];

/**
 * A template whose inserted values are escaped, for text and for double-quoted attributes alike; markup made by `html`
 * stays, lists are joined, undefined is nothing.
 */
export const html = (parts: TemplateStringsArray, ...values: readonly Insertable[]): Html =>
  raw(parts.reduce((markup, part, index) => markup + insert(values[index - 1]) + part));

const MADE = new WeakSet<Html>();

const raw = (markup: string): Html => {
  const made = Object.freeze({ markup });
  MADE.add(made);
  return made;
};

/** A constant of ours that is markup already, such as the stylesheet. Never for data. */
export const trusted = (markup: string): Html => raw(markup);

const insert = (value: Insertable): string => {
  if (value === undefined) return '';
  if (typeof value === 'string') return escape(value);
  if (typeof value === 'number') return String(value);
  if ('markup' in value) {
    // An object of this shape that came in as data (JSON) is no markup.
    if (!MADE.has(value)) throw new TypeError('markup that html did not make');
    return value.markup;
  }
  return value.map(insert).join('');
};

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

const escape = (text: string): string =>
  text.replace(CONTROLS, '').replace(/[&<>"'`]/g, (character) => ENTITIES[character] as string);

/** Not allowed in HTML, whitespace aside (HTML, 13.1.4). */
// eslint-disable-next-line no-control-regex -- they are what this is about
const CONTROLS = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

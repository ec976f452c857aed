import { html, type Html } from './html.ts';
import { langTag, type Language } from './language.ts';

/** By the city's clock. `at`: ms since the epoch. */
export const renderMoment = (at: number, language: Language): Html =>
  html`<time datetime="${new Date(at).toISOString()}"
    >${format(at, language, { dateStyle: 'medium', timeStyle: 'short' })}</time
  >`;

export const renderDay = (at: number, language: Language): Html =>
  html`<time datetime="${new Date(at).toISOString().slice(0, 10)}"
    >${format(at, language, { dateStyle: 'long' })}</time
  >`;

const format = (at: number, language: Language, options: Intl.DateTimeFormatOptions): string =>
  new Intl.DateTimeFormat(langTag(language), {
    ...options,
    hourCycle: 'h23',
    timeZone: 'Asia/Shanghai',
  }).format(at);

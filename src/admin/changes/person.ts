import { html, type Html } from '../../portal/html.ts';
import type { PageCall } from '../section.ts';

const TEXTS = {
  zh: { you: '您', system: '系统（文件或命令）' },
  en: { you: 'You', system: 'System (files or command)' },
} as const;

/** Who did something. Names are personal data: people of the console go by their unified ids. */
export const personOf = (
  { caller, language }: Pick<PageCall, 'caller' | 'language'>,
  unifiedId: string,
): Html =>
  unifiedId === 'system'
    ? html`${TEXTS[language].system}`
    : unifiedId === caller.actor.unifiedId
      ? html`<strong>${TEXTS[language].you}</strong>`
      : html`<code class="long">${unifiedId}</code>`;

import { html, type Html } from '../../portal/html.ts';
import { shownName } from '../../portal/masked.ts';
import type { AdminParts } from '../admin-parts.ts';
import type { PageCall } from '../section.ts';

const TEXTS = {
  zh: { you: '您', system: '系统（文件或命令）' },
  en: { you: 'You', system: 'System (files or command)' },
} as const;

/** By unified id: as shown in the masthead, so that an approver sees whose change it is. */
export type ShownNames = ReadonlyMap<string, string>;

/** What the register calls those who did something; without whom it does not know, and without any while it is away. */
export const shownNames = async (
  { register }: Pick<AdminParts, 'register'>,
  ids: readonly (string | undefined)[],
): Promise<ShownNames> => {
  const found = await Promise.all(
    [...new Set(ids)].map(async (unifiedId) => {
      if (unifiedId === undefined || unifiedId === SYSTEM) return [];
      const registered = await register.identityById(unifiedId).catch(() => undefined);
      return registered === undefined ? [] : [[unifiedId, shownName(registered.identity)] as const];
    }),
  );
  return new Map(found.flat());
};

/** Who did something. Whole names are personal data: people of the console go by their unified ids as well. */
export const personOf = (
  { caller, language }: Pick<PageCall, 'caller' | 'language'>,
  names: ShownNames,
  unifiedId: string,
): Html => {
  if (unifiedId === SYSTEM) return html`${TEXTS[language].system}`;
  if (unifiedId === caller.actor.unifiedId) return html`<strong>${TEXTS[language].you}</strong>`;
  const name = names.get(unifiedId);
  return html`${name === undefined ? undefined : html`${name} `}<code class="long">${unifiedId}</code>`;
};

const SYSTEM = 'system';

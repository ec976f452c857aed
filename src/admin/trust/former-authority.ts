import { html } from '../../portal/html.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { Authority } from '../../trust/trust-list.ts';
import type { AdminParts } from '../admin-parts.ts';
import { renderHeading, renderNotice } from '../render/frame.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { isUsed, readUse } from './read-use.ts';
import { renderUse } from './render-use.ts';
import { readUseSpan, useSpanOf } from './use-span.ts';
import { USE_TEXTS } from './use-texts.ts';

/**
 * An authority of the list, or undefined for one that has left it and was used within a year.
 *
 * @throws Refusal ONECERT_CHANGE_UNKNOWN for any other
 */
export const authorityNamed = async (
  parts: Pick<AdminParts, 'trust' | 'auditIndex'>,
  authority: string,
  at: number,
): Promise<Authority | undefined> => {
  const listed = parts.trust().authorities.get(authority);
  if (listed !== undefined) return listed;
  const [known] = (await readUse(parts, useSpanOf('year', at), authority)).authorities;
  if (known === undefined || !isUsed(known.total))
    throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'not in the trust list, and not used within a year');
  return undefined;
};

/** GET /console/trust/:authority, of one that has left the list. */
export const formerAuthorityPage = async (call: PageCall, authority: string): Promise<PageAnswer> => {
  const { parts, language, query, at } = call;
  const texts = USE_TEXTS[language];
  const use = await readUse(parts, readUseSpan(query, at), authority);
  const own = use.authorities[0];
  const main = html`${renderHeading(authority, {
    crumbs: [['/console/trust', texts.list]],
  })}
  ${renderNotice(texts.left, html`<p>${texts.leftSaid}</p>`)} ${own && renderUse(call, use, own)}`;
  return { page: { title: authority, main } };
};

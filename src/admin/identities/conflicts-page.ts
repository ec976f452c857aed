import { html } from '../../portal/html.ts';
import type { ConflictState } from '../../identity/register.ts';
import { renderHeading } from '../render/frame.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { renderConflicts } from './identity-page.ts';
import { CONFLICT_TEXTS, IDENTITY_TEXTS } from './texts.ts';

const STATES: readonly ConflictState[] = ['open', 'joined', 'kept-refused'];
const PAGE = 50;

/** GET /console/identities/conflicts?state=&before= */
export const conflictsPage = async (call: PageCall): Promise<PageAnswer> => {
  const { language, query, parts } = call;
  const texts = CONFLICT_TEXTS[language];
  const state = STATES.find((each) => each === query.get('state')) ?? 'open';
  const before = /^[1-9]\d{0,14}$/.test(query.get('before') ?? '') ? Number(query.get('before')) : undefined;
  const conflicts = await parts.register.listConflicts({
    limit: PAGE,
    state,
    ...(before !== undefined && { before }),
  });
  const last = conflicts.length === PAGE ? conflicts.at(-1) : undefined;
  const main = html`${renderHeading(texts.title, {
      crumbs: [['/console/identities', IDENTITY_TEXTS[language].title]],
      lead: texts.lead,
    })}
    <nav class="tabs" aria-label="${texts.label}">
      <ul>
        ${STATES.map(
          (each) =>
            html`<li>
              <a
                href="/console/identities/conflicts?state=${each}"
                ${each === state ? html`aria-current="page"` : undefined}
                >${texts.views[each]}</a
              >
            </li>`,
        )}
      </ul>
    </nav>
    ${renderConflicts(call, conflicts)}
    ${
      last === undefined
        ? undefined
        : html`<p>
            <a href="/console/identities/conflicts?state=${state}&amp;before=${last.id}">${texts.older}</a>
          </p>`
    }`;
  return { page: { title: texts.title, main } };
};

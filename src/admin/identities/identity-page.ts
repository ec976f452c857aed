import type { Acting } from '../../identity/acting.ts';
import type { Conflict, RegisteredIdentity, UsedCertificate } from '../../identity/register.ts';
import { html, type Html } from '../../portal/html.ts';
import { actingRoleName, numberName } from '../../portal/identity-words.ts';
import { shownName, shownNumber } from '../../portal/masked.ts';
import { renderDay, renderMoment } from '../../portal/moment.ts';
import { authorityName, proofName } from '../../portal/my-pages.ts';
import { SUBJECTS } from '../../portal/service-list.ts';
import type { Session } from '../../signin/session.ts';
import { hasRole } from '../access.ts';
import { personOf, shownNames } from '../changes/person.ts';
import { formOf, textField } from '../render/form.ts';
import { renderCard, renderFacts, renderHeading, renderNotice, renderState } from '../render/frame.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { openIdentity } from './find-identity.ts';
import { reasonOf } from './reason.ts';
import { standingOf } from './standing.ts';
import { CONFLICT_LOOKS, CONFLICT_TEXTS, conflictReason, IDENTITY_TEXTS } from './texts.ts';

export interface Shown {
  readonly reason: string;
  /** Names and numbers in full, rather than masked. */
  readonly full: boolean;
  /** What was done just now. */
  readonly told?: string;
}

const CONFLICTS = 20;
const HISTORY = 20;
/** What a table of sessions holds; all of them are ended by one button. */
const SESSIONS = 50;

export const identityPath = (unifiedId: string): string =>
  `/console/identities/of/${encodeURIComponent(unifiedId)}`;

/** Of citizens, and of the persons who act for enterprises, only part of a name is shown. */
export const nameOf = ({ kind, name }: Parameters<typeof shownName>[0], full: boolean): string =>
  full ? name : shownName({ kind, name });

/** GET /console/identities/of/:identity : nothing yet but the question why. */
export const askWhy = (call: PageCall): PageAnswer => {
  const texts = IDENTITY_TEXTS[call.language];
  const unifiedId = call.parameters['identity'] ?? '';
  const main = html`${renderHeading(texts.open, {
    crumbs: [['/console/identities', texts.title]],
    lead: texts.openSaid,
  })}
  ${renderFacts([[texts.unifiedId, html`<code class="long">${unifiedId}</code>`]])}
  ${formOf(call, { action: identityPath(unifiedId), button: texts.open, fields: reasonField(call) })}`;
  return { page: { title: texts.open, main } };
};

/** POST /console/identities/of/:identity */
export const lookAt = async (call: PageCall): Promise<PageAnswer> => {
  const reason = reasonOf(call.form);
  const full = call.form.get('full') === 'true';
  const what = full ? 'identity-open' : 'identity-search';
  const found = await openIdentity(call, call.parameters['identity'] ?? '', { reason, what });
  return identityPage(call, found, { reason, full });
};

/** @param id where a page asks more than once */
export const reasonField = ({ language }: Pick<PageCall, 'language'>, value = '', id?: string): Html => {
  const { reason, reasonHint } = IDENTITY_TEXTS[language];
  return textField({ name: 'reason', id, label: reason, hint: reasonHint, value, required: true });
};

/** Everything the gateway knows of one identity. That it is looked at is in the audit log by then. */
export const identityPage = async (
  call: PageCall,
  registered: RegisteredIdentity,
  shown: Shown,
): Promise<PageAnswer> => {
  const { language, parts } = call;
  const texts = IDENTITY_TEXTS[language];
  const { unifiedId } = registered.identity;
  const [sessions, conflicts, standing] = await Promise.all([
    parts.portal.sessions.list(unifiedId),
    parts.register.conflictsOf(unifiedId, CONFLICTS),
    renderStanding(call, registered),
  ]);
  const main = html`${renderHeading(nameOf(registered.identity, shown.full), {
      crumbs: [['/console/identities', texts.title]],
    })}
    ${shown.full ? renderNotice(texts.shownFull, undefined, 'grave') : undefined}
    ${renderWho(call, registered, shown)} ${standing} ${renderSessions(call, unifiedId, sessions, shown)}
    ${renderCertificates(call, registered, shown)}
    <h2>${texts.meets}</h2>
    ${renderConflicts(call, conflicts)} ${renderErasure(call, unifiedId)}`;
  return { page: { title: texts.title, main, told: shown.told } };
};

const renderWho = (
  call: PageCall,
  { identity, registeredAt, aliases }: RegisteredIdentity,
  { reason, full }: Shown,
): Html => {
  const { language } = call;
  const texts = IDENTITY_TEXTS[language];
  const { kind, identifiers, unifiedId } = identity;
  const facts = renderFacts([
    [texts.name, html`<bdi>${nameOf(identity, full)}</bdi>`],
    [texts.kind, SUBJECTS[language][kind]],
    ...identifiers.map((identifier): [string, Html] => [
      numberName(identifier.type, language),
      html`<code>${full ? identifier.value : shownNumber(kind, identifier)}</code>`,
    ]),
    [texts.unifiedId, html`<code class="long">${unifiedId}</code>`],
    [
      texts.aliases,
      aliases.length === 0
        ? undefined
        : html`${aliases.map((alias) => html`<code class="long">${alias}</code><br />`)}`,
    ],
    [texts.since, renderMoment(registeredAt, language)],
  ]);
  const more = html`<p class="muted small note">${texts.masked}</p>
    <details>
      <summary>${texts.full}</summary>
      ${formOf(call, {
        action: identityPath(unifiedId),
        button: texts.full,
        look: 'quiet',
        hidden: { full: 'true' },
        fields: html`<p class="muted small">${texts.fullSaid}</p>
          ${reasonField(call, reason, 'full-reason')}`,
      })}
    </details>`;
  return renderCard('who', texts.who, html`${facts} ${kind === 'citizen' && !full ? more : undefined}`);
};

const renderStanding = async (
  call: PageCall,
  { identity: { unifiedId }, aliases }: RegisteredIdentity,
): Promise<Html> => {
  const { language, parts, caller } = call;
  const texts = IDENTITY_TEXTS[language];
  const { locked, reason, version, name } = await standingOf(parts, unifiedId, aliases);
  const history = await parts.changes.store.history({ kind: 'identity', name }, { limit: HISTORY });
  const names = await shownNames(
    parts,
    history.flatMap(({ proposedBy, approvedBy }) => [proposedBy, approvedBy]),
  );
  const state = html`<p>
      ${renderState(locked ? texts.locked : texts.unlocked, locked ? 'bad' : 'good')}
      ${locked ? texts.lockedSaid : undefined}
    </p>
    ${reason === undefined ? undefined : html`<p class="muted">${reason}</p>`}
    ${name === unifiedId ? undefined : html`<p class="muted">${texts.lockedAs} <code class="long">${name}</code></p>`}`;
  const steps =
    history.length === 0
      ? undefined
      : html`<h3>${texts.history}</h3>
          <ul class="dots">
            ${history.map(
              ({ version: each, at, proposedBy, approvedBy, note }) =>
                html`<li>
                  <a href="/console/changes/of/identity/${name}">${texts.version(each)}</a>
                  ${renderMoment(at, language)} ${personOf(call, names, proposedBy)}
                  ${approvedBy === undefined ? undefined : html`+ ${personOf(call, names, approvedBy)}`}
                  ${note}
                </li>`,
            )}
          </ul>`;
  const form = hasRole(caller.actor, 'operator')
    ? html`<details>
        <summary>${locked ? texts.unlock : texts.lock}</summary>
        ${formOf(call, {
          action: `${identityPath(name)}/standing`,
          button: locked ? texts.unlock : texts.lock,
          look: locked ? 'quiet' : 'danger',
          hidden: { base: version, locked: String(!locked) },
          fields: html`<p class="muted small">${locked ? texts.unlockSaid : texts.lockSaid}</p>
            ${reasonField(call, '', 'standing-reason')}`,
        })}
      </details>`
    : undefined;
  return renderCard('standing', texts.standing, html`${state} ${form} ${steps}`);
};

const renderSessions = (
  call: PageCall,
  unifiedId: string,
  sessions: readonly Session[],
  { reason }: Shown,
): Html => {
  const { language, parts, caller } = call;
  const texts = IDENTITY_TEXTS[language];
  const mayEnd = hasRole(caller.actor, 'operator');
  const action = `${identityPath(unifiedId)}/end`;
  const authorities = parts.portal.authorities();
  return html`<h2>${texts.sessions} <span class="muted small">${sessions.length}</span></h2>
    ${renderTable(sessions.slice(0, SESSIONS), {
      caption: texts.sessions,
      nothing: texts.noSessions,
      columns: [
        { title: texts.begun, cell: ({ createdAt }) => renderMoment(createdAt, language) },
        { title: texts.seen, cell: ({ lastSeen }) => renderMoment(lastSeen, language) },
        { title: texts.way, cell: ({ proof }) => proofName(proof, language) },
        { title: texts.authority, cell: ({ authority }) => authorityName(authorities, authority, language) },
        { title: texts.from, cell: ({ from, agent }) => html`<bdi>${from}</bdi> ${agent}` },
        ...(mayEnd
          ? [
              {
                title: texts.end,
                cell: ({ key, agent }: Session) =>
                  formOf(call, {
                    action,
                    inline: true,
                    button: texts.end,
                    look: 'quiet' as const,
                    hidden: { session: key, reason },
                    fields: html`<span class="hidden">${texts.endOf(agent)}</span>`,
                  }),
              },
            ]
          : []),
      ],
    })}
    ${
      mayEnd && sessions.length > 0
        ? html`<details>
            <summary>${texts.endAll}</summary>
            ${formOf(call, {
              action,
              button: texts.endAll,
              look: 'danger',
              fields: html`<p class="muted small">${texts.endAllSaid}</p>
                <input type="hidden" name="reason" value="${reason}" />`,
            })}
          </details>`
        : undefined
    }`;
};

const renderCertificates = (call: PageCall, { certificates }: RegisteredIdentity, { full }: Shown): Html => {
  const { language, parts } = call;
  const texts = IDENTITY_TEXTS[language];
  const authorities = parts.portal.authorities();
  const acting = (who: Acting | undefined): Html | undefined =>
    who === undefined
      ? undefined
      : html`${actingRoleName(who.role, language)}
        ${who.name === undefined ? undefined : html`<bdi>${nameOf({ kind: 'citizen', name: who.name }, full)}</bdi>`}`;
  return html`<h2>${texts.certificates}</h2>
    ${renderTable(
      [...certificates].sort((one, other) => other.lastUsed - one.lastUsed),
      {
        caption: texts.certificates,
        nothing: texts.noCertificates,
        columns: [
          {
            title: texts.authority,
            cell: ({ authority }) => authorityName(authorities, authority, language),
          },
          { title: texts.role, cell: ({ acting: who }) => acting(who) },
          { title: texts.first, cell: ({ firstUsed }) => renderMoment(firstUsed, language) },
          { title: texts.last, cell: ({ lastUsed }) => renderMoment(lastUsed, language) },
          {
            title: texts.ends,
            cell: ({ notAfter }: UsedCertificate) =>
              notAfter === undefined ? undefined : renderDay(notAfter, language),
          },
          {
            title: texts.thumbprint,
            cell: ({ thumbprint }) =>
              html`<code class="long">${Buffer.from(thumbprint, 'base64url').toString('hex')}</code>`,
          },
        ],
      },
    )}`;
};

/** Conflicts as a table; nothing of it tells of a person. */
export const renderConflicts = (call: PageCall, conflicts: readonly Conflict[]): Html => {
  const { language, parts } = call;
  const texts = CONFLICT_TEXTS[language];
  const authorities = parts.portal.authorities();
  return renderTable(conflicts, {
    caption: texts.title,
    nothing: texts.none,
    columns: [
      {
        title: texts.number,
        cell: ({ id }) => html`<a href="/console/identities/conflicts/${id}">${texts.one(id)}</a>`,
      },
      { title: texts.why, cell: ({ reason }) => conflictReason(reason, language) },
      { title: texts.authority, cell: ({ authority }) => authorityName(authorities, authority, language) },
      {
        title: texts.state,
        cell: ({ state }) => renderState(texts.views[state], CONFLICT_LOOKS[state]),
      },
      { title: texts.meets, number: true, cell: ({ meets }) => meets.length },
      { title: texts.times, number: true, cell: ({ times }) => times },
      { title: texts.last, cell: ({ lastAt }) => renderMoment(lastAt, language) },
    ],
  });
};

const renderErasure = (call: PageCall, unifiedId: string): Html => {
  const texts = IDENTITY_TEXTS[call.language];
  return renderCard(
    'erasure',
    texts.erase,
    html`<p>${texts.eraseSaid}</p>
      <p><code class="long">onecert audit erase --identity ${unifiedId} --reason "…" --yes</code></p>`,
  );
};

import { stringify } from 'yaml';
import { CHANGE_SCHEMAS } from '../../changes/schemas.ts';
import type { Conflict, RegisteredIdentity } from '../../identity/register.ts';
import { html, type Html } from '../../portal/html.ts';
import { actingRoleName, numberName } from '../../portal/identity-words.ts';
import { shownNumber } from '../../portal/masked.ts';
import { renderMoment } from '../../portal/moment.ts';
import { authorityName } from '../../portal/my-pages.ts';
import { SUBJECTS } from '../../portal/service-list.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { hasRole } from '../access.ts';
import type { AdminParts } from '../admin-parts.ts';
import { baseOf, proposeDraft } from '../changes/draft.ts';
import { InputInvalid, issuesOfInput } from '../input-invalid.ts';
import { formOf, textField } from '../render/form.ts';
import { renderCard, renderFacts, renderHeading, renderNotice, renderState } from '../render/frame.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { identityPath, nameOf, reasonField } from './identity-page.ts';
import { reasonOf, recordLook } from './reason.ts';
import { standingOf } from './standing.ts';
import { CONFLICT_LOOKS, CONFLICT_TEXTS, conflictReason, IDENTITY_TEXTS } from './texts.ts';

const { file: SETTLEMENT_FILE, schema } = CHANGE_SCHEMAS.conflict;

/** The conflict with this number. @throws Refusal ONECERT_CHANGE_UNKNOWN */
export const conflictOf = async (
  { register }: Pick<AdminParts, 'register'>,
  id: string | undefined,
): Promise<Conflict> => {
  const found = /^[1-9]\d{0,14}$/.test(id ?? '') ? await register.conflict(Number(id)) : undefined;
  if (found === undefined) throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'no such conflict');
  return found;
};

const pathOf = ({ id }: Conflict): string => `/console/identities/conflicts/${id}`;

/** GET /console/identities/conflicts/:conflict : masked. */
export const conflictPage = async (call: PageCall): Promise<PageAnswer> =>
  render(call, await conflictOf(call.parts, call.parameters['conflict']), false);

/** POST /console/identities/conflicts/:conflict : in full, after the entry that says why. */
export const openConflict = async (call: PageCall): Promise<PageAnswer> => {
  const reason = reasonOf(call.form);
  const conflict = await conflictOf(call.parts, call.parameters['conflict']);
  await recordLook(call, {
    what: 'conflict-open',
    reason,
    conflict: conflict.id,
    unifiedId: conflict.meets[0],
  });
  return render(call, conflict, true);
};

const render = async (call: PageCall, conflict: Conflict, full: boolean): Promise<PageAnswer> => {
  const { language, parts, caller } = call;
  const texts = CONFLICT_TEXTS[language];
  const looked = await Promise.all(conflict.meets.map((each) => parts.register.identityById(each)));
  const met = [
    ...new Map(
      looked.flatMap((each) => (each === undefined ? [] : [[each.identity.unifiedId, each] as const])),
    ).values(),
  ];
  const locked = await Promise.all(
    met.map(async ({ identity, aliases }) => (await standingOf(parts, identity.unifiedId, aliases)).locked),
  );
  const current = await parts.changes.store.current({ kind: 'conflict', name: String(conflict.id) });
  const { state, settledAt, joined } = conflict;
  const title = texts.one(conflict.id);
  const main = html`${renderHeading(title, {
      crumbs: [
        ['/console/identities', IDENTITY_TEXTS[language].title],
        ['/console/identities/conflicts', texts.title],
      ],
    })}
    ${full ? renderNotice(IDENTITY_TEXTS[language].shownFull, undefined, 'grave') : undefined}
    ${renderFacts([
      [texts.state, renderState(texts.views[state], CONFLICT_LOOKS[state])],
      [texts.why, conflictReason(conflict.reason, language)],
      [texts.settled, settledAt === undefined ? undefined : renderMoment(settledAt, language)],
      [
        texts.joined,
        joined === undefined
          ? undefined
          : html`<a href="${identityPath(joined)}"><code class="long">${joined}</code></a>`,
      ],
      [texts.first, renderMoment(conflict.firstAt, language)],
      [texts.last, renderMoment(conflict.lastAt, language)],
      [texts.times, conflict.times],
    ])}
    ${renderReading(call, conflict, full)}
    <h2>${texts.with}</h2>
    ${met.map((each, index) => renderMet(call, each, { full, locked: locked[index] === true }))}
    ${
      hasRole(caller.actor, 'operator') && state !== 'joined'
        ? renderSettle(call, conflict, met, current?.version ?? 0)
        : undefined
    }`;
  return { page: { title, main } };
};

const renderReading = (call: PageCall, conflict: Conflict, full: boolean): Html => {
  const { language, parts } = call;
  const texts = CONFLICT_TEXTS[language];
  const words = IDENTITY_TEXTS[language];
  const { reading, thumbprint, authority } = conflict;
  const facts = renderFacts([
    [texts.authority, authorityName(parts.portal.authorities(), authority, language)],
    ...(reading === undefined
      ? []
      : ([
          [words.kind, SUBJECTS[language][reading.kind]],
          [words.name, html`<bdi>${nameOf(reading, full)}</bdi>`],
          ...reading.identifiers.map((identifier): [string, Html] => [
            numberName(identifier.type, language),
            html`<code>${full ? identifier.value : shownNumber(reading.kind, identifier)}</code>`,
          ]),
          [
            words.role,
            reading.acting === undefined ? undefined : actingRoleName(reading.acting.role, language),
          ],
        ] as [string, Html | string | undefined][])),
    [
      texts.thumbprint,
      html`<code class="long">${Buffer.from(thumbprint, 'base64url').toString('hex')}</code>`,
    ],
  ]);
  const more = full
    ? undefined
    : html`<details>
        <summary>${words.full}</summary>
        ${formOf(call, {
          action: pathOf(conflict),
          button: words.full,
          look: 'quiet',
          fields: html`<p class="muted small">${words.fullSaid}</p>
            ${reasonField(call)}`,
        })}
      </details>`;
  return renderCard(
    'says',
    texts.says,
    html`${facts} ${reading === undefined ? html`<p>${texts.contradictory}</p>` : undefined} ${more}`,
  );
};

const renderMet = (
  { language }: PageCall,
  { identity, registeredAt }: RegisteredIdentity,
  { full, locked }: { readonly full: boolean; readonly locked: boolean },
): Html => {
  const texts = CONFLICT_TEXTS[language];
  const words = IDENTITY_TEXTS[language];
  const { unifiedId, kind, identifiers } = identity;
  return html`<section class="card">
    ${renderFacts([
      [words.name, html`<bdi>${nameOf(identity, full)}</bdi>`],
      ...identifiers.map((identifier): [string, Html] => [
        numberName(identifier.type, language),
        html`<code>${full ? identifier.value : shownNumber(kind, identifier)}</code>`,
      ]),
      [
        words.unifiedId,
        html`<a href="${identityPath(unifiedId)}"><code class="long">${unifiedId}</code></a>`,
      ],
      [words.since, renderMoment(registeredAt, language)],
      [words.standing, locked ? renderState(texts.locked, 'bad') : undefined],
    ])}
  </section>`;
};

/** What each decision does is said beside it. */
const renderSettle = (
  call: PageCall,
  conflict: Conflict,
  met: readonly RegisteredIdentity[],
  base: number,
): Html => {
  const { language } = call;
  const texts = CONFLICT_TEXTS[language];
  const option = (name: string, value: string, label: string, chosen: boolean): Html =>
    html`<label class="check"
      ><input
        type="radio"
        name="${name}"
        value="${value}"
        ${chosen ? html`checked` : undefined}
      />${label}</label
    > `;
  const join =
    conflict.reading === undefined || met.length === 0
      ? undefined
      : html`${option('decision', 'join', texts.join, false)}
          <p class="muted small">${texts.joinSaid}</p>
          <fieldset class="field">
            <legend>${texts.identity}</legend>
            ${met.map(({ identity }, index) =>
              option(
                'identity',
                identity.unifiedId,
                `${nameOf(identity, false)} · ${identity.unifiedId}`,
                index === 0,
              ),
            )}
          </fieldset>
          <fieldset class="field">
            <legend>${texts.name}</legend>
            ${option('name', 'recorded', texts.recordedName, true)}
            ${option('name', 'certificate', texts.certificateName, false)}
          </fieldset>`;
  return renderCard(
    'settle',
    texts.settle,
    formOf(call, {
      action: `${pathOf(conflict)}/settle`,
      button: texts.propose,
      hidden: { base },
      fields: html`<fieldset class="field">
          <legend>${texts.decision}</legend>
          ${option('decision', 'keep-refused', texts.keep, true)}
          <p class="muted small">${texts.keepSaid}</p>
          ${join}
        </fieldset>
        ${textField({ name: 'settle-reason', label: texts.reason, value: '', required: true })}`,
    }),
  );
};

/** POST /console/identities/conflicts/:conflict/settle : a draft; two have to want it. */
export const proposeSettlement = async (call: PageCall): Promise<PageAnswer> => {
  const { form, parts, parameters } = call;
  const { id, state } = await conflictOf(parts, parameters['conflict']);
  if (state === 'joined') throw new Refusal('ONECERT_CHANGE_SETTLED', 'the certificate was joined already');
  const reason = reasonOf(new URLSearchParams({ reason: form.get('settle-reason') ?? '' }));
  const decision = form.get('decision');
  const parsed = schema.safeParse({
    decision,
    reason,
    ...(decision === 'join' && {
      identity: form.get('identity') ?? undefined,
      name: form.get('name') ?? undefined,
    }),
  });
  if (!parsed.success) throw new InputInvalid(issuesOfInput('form', parsed.error));
  return proposeDraft(call, {
    kind: 'conflict',
    name: String(id),
    base: baseOf(call),
    files: [{ path: SETTLEMENT_FILE, content: Buffer.from(stringify(parsed.data)) }],
    note: reason,
  });
};

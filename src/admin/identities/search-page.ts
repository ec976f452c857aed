import { html, type Html } from '../../portal/html.ts';
import { numberName } from '../../portal/identity-words.ts';
import { issuesOfInput } from '../input-invalid.ts';
import { formOf, selectField, textField } from '../render/form.ts';
import { renderHeading, renderNotice } from '../render/frame.ts';
import { renderIssues } from '../render/issues.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { findIdentity, TYPES, wantedSchema } from './find-identity.ts';
import { identityPage, reasonField } from './identity-page.ts';
import { IDENTITY_TEXTS } from './texts.ts';

/** GET /console/identities */
export const searchPage = (call: PageCall): Promise<PageAnswer> => page(call, undefined);

/** POST /console/identities : a form, so that a number gets into no address and no log of addresses. */
export const search = async (call: PageCall): Promise<PageAnswer> => {
  const { form, language } = call;
  const field = (name: string): string | undefined => {
    const value = form.get(name)?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  const byId = form.has('unifiedId');
  const parsed = wantedSchema.safeParse({
    reason: form.get('reason') ?? '',
    ...(byId
      ? { unifiedId: field('unifiedId') ?? '' }
      : { type: field('type'), number: field('number') ?? '' }),
  });
  if (!parsed.success) return page(call, renderIssues(issuesOfInput('form', parsed.error), language), 422);
  const found = await findIdentity(call, parsed.data);
  if (found === undefined) {
    const { none } = IDENTITY_TEXTS[language];
    return page(call, renderNotice(none, undefined));
  }
  return identityPage(call, found, { reason: parsed.data.reason, full: false });
};

const page = async (call: PageCall, notice: Html | undefined, status = 200): Promise<PageAnswer> => {
  const { language, form, parts } = call;
  const texts = IDENTITY_TEXTS[language];
  const { conflicts } = await parts.register.count();
  const reason = form.get('reason') ?? '';
  const main = html`${renderHeading(texts.title, {
      lead: texts.lead,
      actions: html`<a class="button small quiet" href="/console/identities/conflicts"
        >${texts.openConflicts(conflicts)}</a
      >`,
    })}
    ${notice}
    <section class="card" aria-labelledby="by-number">
      <h2 id="by-number">${texts.byNumber}</h2>
      ${formOf(call, {
        action: '/console/identities',
        button: texts.search,
        fields: html`${selectField({
          name: 'type',
          label: texts.type,
          value: form.get('type') ?? 'citizen-id-number',
          options: TYPES.map((type) => [type, numberName(type, language)] as const),
        })}
        ${textField({ name: 'number', label: texts.number, value: '', required: true })}
        ${reasonField(call, reason)}`,
      })}
    </section>
    <section class="card" aria-labelledby="by-id">
      <h2 id="by-id">${texts.byId}</h2>
      ${formOf(call, {
        action: '/console/identities',
        button: texts.search,
        fields: html`${textField({ name: 'unifiedId', label: texts.unifiedId, value: '', required: true })}
        ${reasonField(call, reason, 'reason-by-id')}`,
      })}
    </section>`;
  return { status, page: { title: texts.title, main } };
};

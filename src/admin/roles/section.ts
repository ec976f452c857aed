import { ONLY_DOCUMENT } from '../../changes/document.ts';
import { rolesSchema, type Roles } from '../../changes/schemas.ts';
import { parseYaml } from '../../configuration/read-yaml.ts';
import { html, type Html } from '../../portal/html.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { addItem, removeItem } from '../edit-yaml.ts';
import { hasRole, ROLE_NAMES } from '../access.ts';
import { baseOf, proposeDraft } from '../changes/draft.ts';
import { withEdits } from '../changes/files.ts';
import { documentPath } from '../changes/kinds.ts';
import { departmentName, roleName } from '../console-page.ts';
import { formOf, selectField, textField } from '../render/form.ts';
import { renderCard, renderHeading, renderNotice } from '../render/frame.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall, Section } from '../section.ts';
import { TEXTS } from './texts.ts';

const ROLES = { kind: 'roles', name: ONLY_DOCUMENT } as const;
const FILE = 'roles.yaml';

type Entry = Roles['roles'][number];

/** GET /console/roles : who has which role. */
const rolesPage = async (call: PageCall): Promise<PageAnswer> => {
  const { parts, language, caller } = call;
  const texts = TEXTS[language];
  const current = await parts.changes.store.current(ROLES);
  const text = current?.files.find(({ path }) => path === FILE)?.content.toString('utf8') ?? '';
  const { roles } = parseYaml(FILE, text, rolesSchema).value;
  const mayChange = hasRole(caller.actor, 'operator');
  const base = current?.version ?? 0;
  const revoke = (_entry: Entry, index: number): Html =>
    formOf(call, {
      action: '/console/roles/revoke',
      button: texts.revoke,
      look: 'quiet danger',
      hidden: { base, index },
      fields: undefined,
      inline: true,
    });
  const main = html`${renderHeading(texts.title, {
    lead: texts.lead,
    actions: html`<a class="button quiet" href="${documentPath(ROLES)}">${texts.history}</a>`,
  })}
  ${
    roles.filter(({ role }) => role === 'operator').length < 2
      ? renderNotice(texts.few, html`<p>${texts.fewSaid}</p>`, 'grave')
      : undefined
  }
  ${renderTable(
    roles.map((entry, index) => ({ entry, index })),
    {
      caption: texts.title,
      nothing: texts.nothing,
      columns: [
        { title: texts.role, cell: ({ entry }) => roleName(entry.role, language) },
        {
          title: texts.department,
          cell: ({ entry }) =>
            entry.department === undefined ? '–' : departmentName(call, entry.department),
        },
        {
          title: texts.who,
          cell: ({ entry: { unifiedId, certificate } }) =>
            html`<span class="small muted"
                >${unifiedId === undefined ? texts.certificate : texts.unifiedId}</span
              ><br /><code class="long">${unifiedId ?? certificate}</code>`,
        },
        { title: texts.note, cell: ({ entry }) => entry.note },
        ...(mayChange
          ? [
              {
                title: texts.change,
                cell: ({ entry, index }: { readonly entry: Entry; readonly index: number }) =>
                  revoke(entry, index),
              },
            ]
          : []),
      ],
    },
  )}
  ${mayChange ? renderCard('grant', texts.grant, renderGrant(call, base)) : undefined}`;
  return { page: { title: texts.title, main } };
};

const renderGrant = (call: PageCall, base: number): Html => {
  const texts = TEXTS[call.language];
  return formOf(call, {
    action: '/console/roles/grant',
    button: texts.grantButton,
    hidden: { base },
    fields: html`<div class="pair">
        ${selectField({
          name: 'role',
          label: texts.role,
          options: ROLE_NAMES.map((role) => [role, roleName(role, call.language)]),
        })}
        ${selectField({
          name: 'department',
          label: texts.departmentOfOfficer,
          options: [
            ['', '–'],
            ...call.parts
              .departments()
              .map(({ department, name }): [string, string] => [department, name[call.language]]),
          ],
        })}
      </div>
      ${textField({ name: 'who', label: texts.whoField, hint: texts.whoHint, required: true })}
      ${textField({ name: 'note', label: texts.note, hint: texts.noteHint })}`,
  });
};

/** A draft with roles.yaml as `edit` leaves it; comments stay. */
const changeRoles = async (
  call: PageCall,
  note: string,
  edit: (text: string) => string,
): Promise<PageAnswer> => {
  const base = baseOf(call);
  const before = base === 0 ? [] : (await call.parts.changes.store.version(ROLES, base)).files;
  const text = before.find(({ path }) => path === FILE)?.content.toString('utf8') ?? 'roles: []\n';
  const files = withEdits(before, new Map([[FILE, edit(text)]]));
  return proposeDraft(call, { ...ROLES, base, files, note });
};

/** POST /console/roles/grant : what is wrong with it is told by the dry run of its draft. */
const grant = (call: PageCall): Promise<PageAnswer> => {
  const { form, language } = call;
  const [role, department, who, note] = ['role', 'department', 'who', 'note'].map((name) =>
    (form.get(name) ?? '').trim().slice(0, 200),
  ) as [string, string, string, string];
  const thumbprint = who.replaceAll(':', '').toLowerCase();
  const holder = /^[0-9a-f]{64}$/.test(thumbprint) ? { certificate: thumbprint } : { unifiedId: who };
  const entry = {
    role,
    ...(role === 'officer' && { department }),
    ...holder,
    ...(note !== '' && { note }),
  };
  return changeRoles(call, TEXTS[language].granted(role, who), (text) => addItem(text, 'roles', entry));
};

/** POST /console/roles/revoke */
const revoke = (call: PageCall): Promise<PageAnswer> => {
  const index = call.form.get('index') ?? '';
  return changeRoles(call, TEXTS[call.language].revoked, (text) => {
    const edited = /^\d{1,5}$/.test(index) ? removeItem(text, 'roles', Number(index)) : undefined;
    if (edited === undefined) throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'no such role in that version');
    return edited;
  });
};

export const rolesSection: Section = {
  id: 'roles',
  title: { zh: '角色', en: 'Roles' },
  path: '/roles',
  roles: ['operator', 'auditor'],
  pages: [
    { method: 'get', path: '', access: { roles: ['operator', 'auditor'] }, handle: rolesPage },
    { method: 'post', path: '/grant', access: { roles: ['operator'] }, handle: grant },
    { method: 'post', path: '/revoke', access: { roles: ['operator'] }, handle: revoke },
  ],
};

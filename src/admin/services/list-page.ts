import type { Proposal } from '../../changes/document.ts';
import { html, type Html } from '../../portal/html.ts';
import { renderMoment } from '../../portal/moment.ts';
import { SUBJECTS } from '../../portal/service-list.ts';
import { createDirectory } from '../../services/directory.ts';
import type { Service } from '../../services/enrolment.ts';
import { openingAt } from '../../services/opening.ts';
import { hasRole, maySeeDepartment } from '../access.ts';
import { departmentName } from '../console-page.ts';
import { formOf, textField } from '../render/form.ts';
import { renderHeading, renderState } from '../render/frame.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { departmentIn, keyOf, visibleDepartments } from './department-document.ts';
import { FORM_TEXTS } from './form-texts.ts';
import { TEXTS } from './texts.ts';

export type ServiceState = 'open' | 'disabled' | 'maintenance' | 'closed';

export const stateOf = (service: Service, at: number): ServiceState =>
  service.enabled ? openingAt(service, at).state : 'disabled';

const LOOKS = { open: 'good', disabled: 'bad', maintenance: 'open', closed: 'plain' } as const;

export const renderServiceState = (call: PageCall, service: Service): Html => {
  const state = stateOf(service, call.at);
  return renderState(TEXTS[call.language].states[state], LOOKS[state]);
};

/** Open proposals for departments that this person may see. */
export const openProposals = async (
  { parts, caller }: Pick<PageCall, 'parts' | 'caller'>,
  department?: string,
): Promise<readonly Proposal[]> =>
  (
    await parts.changes.store.listProposals({
      states: ['draft', 'submitted'],
      kind: 'department',
      ...(department !== undefined && { name: department }),
      limit: 500,
    })
  ).filter(({ name }) => maySeeDepartment(caller.actor, name));

/** Whether all words of `query` stand somewhere in what is known of the service. */
export const matches = (service: Service, query: string): boolean => {
  const { name, description, department, path, backends } = service;
  const text = [
    service.service,
    path,
    department.department,
    ...[name, description, department.name].flatMap((both) => [both?.zh, both?.en]),
    ...backends.map(({ url }) => url),
  ]
    .join('\n')
    .toLowerCase();
  return query
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};

/** GET /console/services?q= */
export const listPage = async (call: PageCall): Promise<PageAnswer> => {
  const { language, parts, caller, query } = call;
  const texts = TEXTS[language];
  const wanted = (query.get('q') ?? '').slice(0, 200);
  const departments = visibleDepartments(caller, parts);
  const services = createDirectory(departments).services.filter((service) => matches(service, wanted));
  const proposals = await openProposals(call);
  const changed = new Map(
    await Promise.all(
      departments.map(
        async ({ department }) =>
          [department, (await parts.changes.store.current(keyOf(department)))?.at] as const,
      ),
    ),
  );
  const main = html`${renderHeading(texts.title, { lead: texts.lead, actions: renderActions(call) })}
    <form class="search card" method="get" role="search">
      ${textField({ name: 'q', label: texts.search, hint: texts.searchHint, value: wanted, type: 'search' })}
      <p><button class="button">${texts.find}</button></p>
    </form>
    <p role="status">${texts.found(services.length)}</p>
    ${renderServices(call, services, proposals, changed)} ${renderNewDepartment(call)}`;
  return { page: { title: texts.title, main } };
};

const renderActions = (call: PageCall): Html => {
  const texts = TEXTS[call.language];
  const { actor } = call.caller;
  const own = actor.roles.flatMap((held) => (held.role === 'officer' ? [held.department] : []));
  const may = hasRole(actor, 'operator', 'officer');
  return html`${own.map(
      (department) =>
        html`<a class="button small" href="/console/services/of/${department}/enrol"
          >${texts.enrol}${own.length > 1 ? ` (${departmentName(call, department)})` : ''}</a
        > `,
    )}
    ${
      may
        ? html`<a class="button small quiet" href="/console/services/import">${texts.import}</a>
            <a class="button small quiet" href="/console/services/import-csv">${texts.importCsv}</a>`
        : undefined
    } <a class="button small quiet" href="/console/services/services.yaml">${texts.export}</a>`;
};

const renderServices = (
  call: PageCall,
  services: readonly Service[],
  proposals: readonly Proposal[],
  changed: ReadonlyMap<string, number | undefined>,
): Html => {
  const { language } = call;
  const texts = TEXTS[language];
  const claims = FORM_TEXTS[language].claimNames;
  const separator = language === 'zh' ? '、' : ', ';
  return renderTable(services, {
    caption: texts.title,
    nothing: texts.nothing,
    columns: [
      {
        title: texts.service,
        cell: ({ service, name, department, path }) =>
          html`<a href="/console/services/of/${department.department}/service/${service}">${name[language]}</a
            ><br /><code class="small">${path}</code>`,
      },
      {
        title: texts.department,
        cell: ({ department }) =>
          html`<a href="/console/services/of/${department.department}">${department.name[language]}</a>`,
      },
      {
        title: texts.state,
        cell: (service) => {
          const open = proposals.filter(({ name }) => name === service.department.department);
          const isWaiting = open.some(({ state }) => state === 'submitted');
          return html`${renderServiceState(call, service)}
          ${
            open.length === 0
              ? undefined
              : html`<br /><a
                    class="small"
                    href="/console/services/of/${service.department.department}#proposals"
                    >${isWaiting ? texts.waiting : texts.drafted}</a
                  >`
          }`;
        },
      },
      {
        title: texts.subjects,
        cell: ({ subjects }) => subjects.map((kind) => SUBJECTS[language][kind]).join(separator),
      },
      {
        title: texts.claims,
        cell: ({ claims: told }) =>
          told.length === 0
            ? html`<span class="muted">${texts.claimsNone}</span>`
            : html`<span class="small">${told.map(({ claim }) => claims[claim]).join(separator)}</span>`,
      },
      {
        title: texts.backends,
        cell: ({ backends }) =>
          html`<span class="long small">${backends.map(({ url }) => url).join(' ')}</span>`,
      },
      {
        title: texts.changed,
        cell: ({ department }) => {
          const at = changed.get(department.department);
          return at === undefined ? texts.never : renderMoment(at, language);
        },
      },
    ],
  });
};

const renderNewDepartment = (call: PageCall): Html | undefined => {
  if (!hasRole(call.caller.actor, 'operator')) return undefined;
  const texts = TEXTS[call.language];
  return html`<details class="card">
    <summary>${texts.newDepartment}</summary>
    ${formOf(call, {
      action: '/console/services/department',
      button: texts.goOn,
      look: 'quiet',
      fields: textField({
        name: 'department',
        label: texts.department,
        hint: texts.newDepartmentHint,
        required: true,
      }),
    })}
  </details>`;
};

/** POST /console/services/department : to the form for the first service of a department that has none yet. */
export const beginDepartment = ({ form }: PageCall): PageAnswer => {
  const department = departmentIn({ department: (form.get('department') ?? '').trim() });
  return { redirect: `/console/services/of/${department}/enrol` };
};

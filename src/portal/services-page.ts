import { LIFE_STAGES, type LifeStage, type Service } from '../services/enrolment.ts';
import { html, type Html } from './html.ts';
import type { Language } from './language.ts';
import type { Page } from './layout.ts';
import {
  byDepartment,
  renderServiceGroups,
  STAGES,
  type AuthorityNames,
  type ServiceGroup,
} from './service-list.ts';

export interface ServicesPage {
  /** What is left of all services. */
  readonly services: readonly Service[];
  readonly authorities: AuthorityNames;
  /** Life stages that have any service. */
  readonly stages: readonly LifeStage[];
  readonly filter: ServiceFilter;
  /** Whether somebody is signed in, whose certificate the services can be measured by. */
  readonly signedIn: boolean;
}

export interface ServiceFilter {
  readonly q: string;
  readonly stage: LifeStage | undefined;
  readonly by: 'department' | 'stage';
  /** Only what the certificate of the person signed in opens. */
  readonly mine: boolean;
}

const TEXTS = {
  zh: {
    title: '服务目录',
    search: '搜索服务',
    placeholder: '例如：居住证、税',
    stage: '人生阶段',
    all: '全部',
    by: '排列方式',
    orders: { department: '按部门', stage: '按人生阶段' },
    mine: '只看我的证书可以办理的',
    signIn: '登录后可以只看您的证书能办理的服务',
    submit: '查找',
    found: (count: number) => `共 ${count} 项服务`,
    none: '没有符合条件的服务。请换一个词，或清除条件。',
    clear: '清除条件',
    other: '其他',
  },
  en: {
    title: 'Services',
    search: 'Search services',
    placeholder: 'residence permit, tax …',
    stage: 'Stage of life',
    all: 'All',
    by: 'Order',
    orders: { department: 'By department', stage: 'By stage of life' },
    mine: 'Only what I can use with my certificate',
    signIn: 'Sign in to see what your certificate opens',
    submit: 'Search',
    found: (count: number) => (count === 1 ? '1 service' : `${count} services`),
    none: 'No service is like that. Try another word, or clear the search.',
    clear: 'Clear the search',
    other: 'Others',
  },
} as const;

/** The directory, by department or stage of life, searched and filtered by the server. */
export const servicesPage = (content: ServicesPage, language: Language): Omit<Page, 'switchable'> => {
  const texts = TEXTS[language];
  const { services, authorities, filter } = content;
  const groups =
    filter.by === 'stage' ? byStage(services, filter.stage, language) : byDepartment(services, language);
  const main = html`<h1>${texts.title}</h1>
    ${renderSearch(content, language)}
    <p role="status" class="muted">${services.length === 0 ? texts.none : texts.found(services.length)}</p>
    <h2 class="hidden">${texts.title}</h2>
    ${renderServiceGroups(groups, authorities, language)}`;
  return { title: texts.title, main, width: 'wide' };
};

const renderSearch = ({ filter, stages, signedIn }: ServicesPage, language: Language): Html => {
  const texts = TEXTS[language];
  const filtered = filter.q !== '' || filter.stage !== undefined || filter.mine;
  return html`<form class="card search" method="get" action="/services" role="search">
    <div class="field wide">
      <label for="q">${texts.search}</label>
      <input
        id="q"
        name="q"
        type="search"
        value="${filter.q}"
        maxlength="100"
        placeholder="${texts.placeholder}"
      />
    </div>
    <div class="field">
      <label for="stage">${texts.stage}</label>
      <select id="stage" name="stage">
        <option value="">${texts.all}</option>
        ${stages.map((stage) => option(stage, STAGES[language][stage], filter.stage === stage))}
      </select>
    </div>
    <div class="field">
      <label for="by">${texts.by}</label>
      <select id="by" name="by">
        ${(['department', 'stage'] as const).map((by) => option(by, texts.orders[by], filter.by === by))}
      </select>
    </div>
    <button class="button">${texts.submit}</button>
    <div class="field wide">
      ${
        signedIn
          ? html`<label class="check"
              >${
                filter.mine
                  ? html`<input type="checkbox" name="mine" value="1" checked />`
                  : html`<input type="checkbox" name="mine" value="1" />`
              }
              ${texts.mine}</label
            >`
          : html`<a href="/signin?return=${encodeURIComponent('/services?mine=1')}">${texts.signIn}</a>`
      }
      ${filtered ? html`<a href="/services">${texts.clear}</a>` : undefined}
    </div>
  </form>`;
};

const option = (value: string, text: string, selected: boolean): Html =>
  selected
    ? html`<option value="${value}" selected>${text}</option>`
    : html`<option value="${value}">${text}</option>`;

/** A service of several stages is listed at each; of one stage asked for, at that alone. */
const byStage = (
  services: readonly Service[],
  only: LifeStage | undefined,
  language: Language,
): readonly ServiceGroup[] => {
  const groups = LIFE_STAGES.filter((stage) => only === undefined || stage === only).map((stage) => ({
    id: `stage-${stage}`,
    title: STAGES[language][stage],
    services: services.filter(({ stages }) => stages?.includes(stage)),
  }));
  const others = {
    id: 'stage-none',
    title: TEXTS[language].other,
    services: services.filter(({ stages }) => stages === undefined),
  };
  return [...groups, others].filter((group) => group.services.length > 0);
};

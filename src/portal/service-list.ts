import type { Claim } from '../services/claims.ts';
import type { LifeStage, Service } from '../services/enrolment.ts';
import { html, type Html, type Insertable } from './html.ts';
import type { Language } from './language.ts';

/** Names of authorities, for services that do not accept all. */
export type AuthorityNames = readonly {
  readonly authority: string;
  readonly name: { readonly zh: string; readonly en: string };
}[];

/** Services under one heading. */
export interface ServiceGroup {
  /** Unique in the page. */
  readonly id: string;
  readonly title: string;
  readonly services: readonly Service[];
}

export const SUBJECTS = {
  zh: { citizen: '个人', enterprise: '企业' },
  en: { citizen: 'Citizens', enterprise: 'Enterprises' },
} as const;

export const STAGES: Readonly<Record<Language, Readonly<Record<LifeStage, string>>>> = {
  zh: {
    birth: '出生',
    school: '上学',
    work: '就业',
    family: '婚姻家庭',
    housing: '住房',
    health: '医疗健康',
    retirement: '退休养老',
    founding: '企业开办',
    operating: '企业经营',
    closing: '企业注销',
  },
  en: {
    birth: 'Birth',
    school: 'School',
    work: 'Work',
    family: 'Family',
    housing: 'Housing',
    health: 'Health',
    retirement: 'Retirement',
    founding: 'Founding an enterprise',
    operating: 'Running an enterprise',
    closing: 'Closing an enterprise',
  },
};

/** What a service can be told of people, in their words. */
const CLAIMS: Readonly<Record<Language, Readonly<Record<Claim, string>>>> = {
  zh: {
    'unified-id': '统一身份标识',
    name: '姓名或名称',
    identifiers: '身份号码',
    kind: '个人或企业',
    authority: '签发证书的机构',
    certificate: '您的证书',
    assurance: '身份保证等级',
    acting: '代表企业办理的人',
  },
  en: {
    'unified-id': 'your unified id',
    name: 'your name',
    identifiers: 'your identifiers',
    kind: 'whether you are a citizen or an enterprise',
    authority: 'which authority issued your certificate',
    certificate: 'your certificate',
    assurance: 'your level of assurance',
    acting: 'who acts for the enterprise',
  },
};

const TEXTS = {
  zh: {
    told: '这项服务会得到',
    purpose: (what: string) => `，用于${what}`,
    only: (names: string) => `仅限${names}的证书`,
    separator: '、',
    closed: '已暂停',
  },
  en: {
    told: 'What this service is told',
    purpose: (what: string) => `: ${what}`,
    only: (names: string) => `Certificates of ${names} only`,
    separator: ', ',
    closed: 'Switched off',
  },
} as const;

/** One group a department, in the order of the directory. */
export const byDepartment = (services: readonly Service[], language: Language): readonly ServiceGroup[] => {
  const groups = Map.groupBy(services, ({ department }) => department.department);
  return [...groups].map(([department, members]) => ({
    id: `department-${department}`,
    title: members[0]?.department.name[language] ?? department,
    services: members,
  }));
};

/** Cards of services under their headings. */
export const renderServiceGroups = (
  groups: readonly ServiceGroup[],
  authorities: AuthorityNames,
  language: Language,
): readonly Html[] =>
  groups.map(
    ({ id, title, services }) =>
      html`<section class="department" aria-labelledby="${id}">
        <h3 id="${id}">${title}</h3>
        <ul class="services">
          ${services.map((service) => renderService(service, authorities, language))}
        </ul>
      </section>`,
  );

const renderService = (service: Service, authorities: AuthorityNames, language: Language): Html => {
  const name = service.name[language];
  const closed = service.enabled ? undefined : html`<li class="stopped">${TEXTS[language].closed}</li>`;
  return html`<li class="service${service.enabled ? '' : ' closed'}">
    <h4>${service.enabled ? html`<a href="${service.path}">${name}</a>` : name}</h4>
    ${service.description && html`<p class="muted">${service.description[language]}</p>`}
    <ul class="tags">
      ${closed}${service.subjects.map((kind) => html`<li>${SUBJECTS[language][kind]}</li>`)}${renderAuthorities(service, authorities, language)}
    </ul>
    ${renderClaims(service, language)}
  </li>`;
};

/** Told before anybody goes there: what of them, and what for. */
const renderClaims = ({ claims }: Service, language: Language): Insertable => {
  if (claims.length === 0) return undefined;
  const { told, purpose: said } = TEXTS[language];
  return html`<details>
    <summary>${told}</summary>
    <ul>
      ${claims.map(
        ({ claim, purpose }) =>
          html`<li>${CLAIMS[language][claim]}${purpose && said(purpose[language])}</li>`,
      )}
    </ul>
  </details>`;
};

/** Said only where not all authorities are accepted. One that has left the trust list is not named. */
const renderAuthorities = (service: Service, known: AuthorityNames, language: Language): Insertable => {
  const { authorities } = service;
  if (authorities === 'all') return undefined;
  const { only, separator } = TEXTS[language];
  const names = known
    .filter(({ authority }) => authorities.includes(authority))
    .map(({ name }) => name[language]);
  return html`<li class="plain">${only(names.join(separator))}</li>`;
};

import type { Identity, SubjectKind } from '../identity/identity.ts';
import type { Service } from '../services/enrolment.ts';
import { html, type Html, type Insertable } from './html.ts';
import type { Language } from './language.ts';
import { renderPage } from './layout.ts';

interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

export interface HomePage {
  /** In force, in the order shown. */
  readonly authorities: readonly { readonly authority: string; readonly name: Bilingual }[];
  readonly services: readonly Service[];
  /** Who is signed in, where someone is. */
  readonly caller?: Pick<Identity, 'kind' | 'name' | 'unifiedId'>;
}

const TEXTS = {
  zh: {
    title: '一张证书，通办全市网上业务',
    lead: '无论您的数字证书由哪家认可机构签发，都可以直接进入各部门的网上服务，不必逐个注册。',
    how: '怎样使用',
    ways: [
      '插入您的证书介质（如 USB Key），或在浏览器中导入证书文件。',
      '在下面选择要办理的服务。',
      '浏览器提示时选择您的签名证书，即可进入。',
    ],
    accepted: '认可的电子认证机构',
    services: '服务目录',
    none: '目前还没有部门开通服务。',
    subjects: { citizen: '个人', enterprise: '企业' },
    only: (names: string) => `仅限${names}的证书`,
    listSeparator: '、',
    closed: '已暂停',
    caller: '您已登录',
    id: '统一身份标识',
  },
  en: {
    title: 'One certificate for every online service of the city',
    lead: 'Whichever accepted authority issued your digital certificate, it opens the services of every department. There is nothing to register for.',
    how: 'How it works',
    ways: [
      'Plug in your key device, or import your certificate file into the browser.',
      'Choose a service below.',
      'When the browser asks, pick your signing certificate. You are in.',
    ],
    accepted: 'Accepted certification authorities',
    services: 'Services',
    none: 'No department offers a service here yet.',
    subjects: { citizen: 'Citizens', enterprise: 'Enterprises' },
    only: (names: string) => `Certificates of ${names} only`,
    listSeparator: ', ',
    closed: 'Switched off',
    caller: 'You are signed in',
    id: 'Unified id',
  },
} as const;

/** The portal's front page: what this is, whose certificates are accepted, and every service. A whole HTML document. */
export const renderHomePage = (page: HomePage, language: Language): string => {
  const texts = TEXTS[language];
  const departments = byDepartment(page.services);
  const main = html`<div class="hero">
      <h1>${texts.title}</h1>
      <p>${texts.lead}</p>
    </div>
    ${page.caller && renderCaller(page.caller, language)}
    <div class="introduction">
      <section class="card" aria-labelledby="how">
        <h2 id="how">${texts.how}</h2>
        <ol class="ways">
          ${texts.ways.map((way) => html`<li>${way}</li>`)}
        </ol>
      </section>
      <section class="card" aria-labelledby="accepted">
        <h2 id="accepted">${texts.accepted}</h2>
        <ul class="names">
          ${page.authorities.map(({ name }) => html`<li>${name[language]}</li>`)}
        </ul>
      </section>
    </div>
    <h2 class="section-title">${texts.services}</h2>
    ${departments.length === 0 ? html`<p class="muted">${texts.none}</p>` : undefined}
    ${departments.map((services) => renderDepartment(services, page, language))}`;
  return renderPage({ title: texts.title, main, width: 'wide', switchable: true }, language);
};

/** In the order of the directory. */
const byDepartment = (services: readonly Service[]): readonly (readonly Service[])[] => {
  const departments = new Map<string, Service[]>();
  for (const service of services) {
    const { department } = service.department;
    const known = departments.get(department);
    if (known === undefined) departments.set(department, [service]);
    else known.push(service);
  }
  return [...departments.values()];
};

const renderDepartment = (services: readonly Service[], page: HomePage, language: Language): Html => {
  const id = `department-${services[0]?.department.department ?? ''}`;
  return html`<section class="department" aria-labelledby="${id}">
    <h3 id="${id}">${services[0]?.department.name[language]}</h3>
    <ul class="services">
      ${services.map((service) => renderService(service, page, language))}
    </ul>
  </section>`;
};

const renderService = (service: Service, page: HomePage, language: Language): Html => {
  const texts = TEXTS[language];
  const name = service.name[language];
  const closed = service.enabled ? undefined : html`<li class="stopped">${texts.closed}</li>`;
  return html`<li class="service${service.enabled ? '' : ' closed'}">
    <h4>${service.enabled ? html`<a href="${service.path}">${name}</a>` : name}</h4>
    ${service.description && html`<p class="muted">${service.description[language]}</p>`}
    <ul class="tags">
      ${closed}${service.subjects.map((kind) => html`<li>${texts.subjects[kind]}</li>`)}${renderAuthorities(service, page, language)}
    </ul>
  </li>`;
};

/** Said only where not all authorities are accepted. One that has left the trust list is not named. */
const renderAuthorities = ({ authorities }: Service, page: HomePage, language: Language): Insertable => {
  if (authorities === 'all') return undefined;
  const texts = TEXTS[language];
  const names = page.authorities
    .filter(({ authority }) => authorities.includes(authority))
    .map(({ name }) => name[language]);
  return html`<li class="plain">${texts.only(names.join(texts.listSeparator))}</li>`;
};

const renderCaller = (
  { kind, name, unifiedId }: NonNullable<HomePage['caller']>,
  language: Language,
): Html => {
  const texts = TEXTS[language];
  return html`<section class="card caller">
    <p><strong>${texts.caller}</strong> · ${texts.subjects[kind]} <bdi>${shownName(kind, name)}</bdi></p>
    <p class="muted small">${texts.id} <code>${unifiedId}</code></p>
  </section>`;
};

/** Of a person only the first character is shown: others may look at the screen. Names of enterprises are public. */
const shownName = (kind: SubjectKind, name: string): string => {
  const [first = '', ...others] = name;
  return kind === 'enterprise' ? name : first + '*'.repeat(Math.min(others.length, 3));
};

import type { Identity } from '../identity/identity.ts';
import { LIFE_STAGES, type Service } from '../services/enrolment.ts';
import { html, type Html } from './html.ts';
import type { Language } from './language.ts';
import { renderPage, type Page } from './layout.ts';
import { shownName } from './masked.ts';
import { byDepartment, renderServiceGroups, STAGES, SUBJECTS } from './service-list.ts';

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
      '插入您的证书介质（如 USB Key），或准备好证书文件。',
      '选择要办理的服务，按提示用证书登录。',
      '登录一次，各部门的服务都可以直接进入。',
    ],
    accepted: '认可的电子认证机构',
    services: '服务目录',
    stages: '按人生阶段查找',
    none: '目前还没有部门开通服务。',
    caller: '您已登录',
    id: '统一身份标识',
  },
  en: {
    title: 'One certificate for every online service of the city',
    lead: 'Whichever accepted authority issued your digital certificate, it opens the services of every department. There is nothing to register for.',
    how: 'How it works',
    ways: [
      'Plug in your key device, or have your certificate file ready.',
      'Choose a service and sign in with your certificate.',
      'Sign in once: the services of every department are open to you.',
    ],
    accepted: 'Accepted certification authorities',
    services: 'Services',
    stages: 'By stage of life',
    none: 'No department offers a service here yet.',
    caller: 'You are signed in',
    id: 'Unified id',
  },
} as const;

/** The portal's front page by itself, as a listener without the portal shows it. A whole HTML document. */
export const renderHomePage = (content: HomePage, language: Language): string =>
  renderPage({ ...homePage(content, language), switchable: true }, language);

/** The portal's front page: what this is, whose certificates are accepted, and every service. */
export const homePage = (content: HomePage, language: Language): Omit<Page, 'switchable'> => {
  const texts = TEXTS[language];
  const groups = byDepartment(content.services, language);
  const main = html`<div class="hero">
      <h1>${texts.title}</h1>
      <p>${texts.lead}</p>
    </div>
    ${content.caller && renderCaller(content.caller, language)}
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
          ${content.authorities.map(({ name }) => html`<li>${name[language]}</li>`)}
        </ul>
      </section>
    </div>
    ${renderStages(content.services, language)}
    <h2 class="section-title">${texts.services}</h2>
    ${groups.length === 0 ? html`<p class="muted">${texts.none}</p>` : undefined}
    ${renderServiceGroups(groups, content.authorities, language)}`;
  return { title: texts.title, main, width: 'wide' };
};

/** Only stages that have a service. */
const renderStages = (services: readonly Service[], language: Language): Html | undefined => {
  const known = LIFE_STAGES.filter((stage) => services.some(({ stages }) => stages?.includes(stage)));
  if (known.length === 0) return undefined;
  return html`<h2 class="section-title">${TEXTS[language].stages}</h2>
    <ul class="chips">
      ${known.map((stage) => html`<li><a href="/services?stage=${stage}">${STAGES[language][stage]}</a></li>`)}
    </ul>`;
};

const renderCaller = (
  { kind, name, unifiedId }: NonNullable<HomePage['caller']>,
  language: Language,
): Html => {
  const texts = TEXTS[language];
  return html`<section class="card caller">
    <p>
      <strong>${texts.caller}</strong> · ${SUBJECTS[language][kind]} <bdi>${shownName({ kind, name })}</bdi>
    </p>
    <p class="muted small">${texts.id} <code>${unifiedId}</code></p>
  </section>`;
};

import { createHash } from 'node:crypto';
import { html, trusted, type Html } from '../../portal/html.ts';
import type { Language } from '../../portal/language.ts';
import { STAGES, SUBJECTS, type AuthorityNames } from '../../portal/service-list.ts';
import type { Service } from '../../services/enrolment.ts';
import { chaptersOf, type Guide, type GuideChapter } from '../../services/guide.ts';

/** A4, printed by the browser (CSS Paged Media); on a screen it looks like what will come out. */
const STYLESHEET = `
@page { size: A4; margin: 18mm 16mm 20mm; @bottom-center { content: counter(page); font-size: 9pt; color: #4b5b64; } }
@page :first { margin: 0; @bottom-center { content: none; } }
.booklet { color: #14222a; background: #fff; line-height: 1.6; }
.booklet section { padding-top: 2rem; }
.booklet .cover + section { break-before: page; }
.booklet .cover { break-before: auto; padding: 45mm 22mm; min-height: 250mm; background: #0b5a72; color: #fff; }
.booklet .cover h1 { font-size: 2.6rem; margin-top: 2rem; }
.booklet .cover p { margin-top: .75rem; font-size: 1.15rem; }
.booklet .cover .year { font-size: 4.5rem; font-weight: 650; letter-spacing: .04em; }
.booklet h2 { font-size: 1.6rem; border-bottom: 3px solid #0b5a72; padding-bottom: .4rem; margin-bottom: 1rem; break-after: avoid; }
.booklet .prose { white-space: pre-line; margin-bottom: 1.25rem; break-after: avoid; }
.booklet .numbered { margin-bottom: 1.25rem; }
.booklet .contents li { display: flex; justify-content: space-between; gap: 1rem; padding: .35rem 0; border-bottom: 1px dotted #76868f; }
.booklet .item { break-inside: avoid; padding: .9rem 0; border-bottom: 1px solid #d3dde1; }
.booklet .item h3 { font-size: 1.1rem; }
.booklet .item dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin-top: .4rem; font-size: .92rem; }
.booklet .item dt { color: #4b5b64; }
.back { margin-bottom: 1rem; }
@media screen and (max-width: 34rem) {
  .booklet .cover { padding: 20mm 8mm; min-height: 0; }
}
@media print {
  .masthead, .footer, .skip, .switch, .back { display: none !important; }
  body, main, main > .wrap { display: block; background: #fff; padding: 0; margin: 0; max-width: none; min-height: 0; }
  .booklet .cover { min-height: 297mm; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
export const BOOKLET_STYLE = trusted(`<style>${STYLESHEET}</style>`);
export const BOOKLET_STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLESHEET).digest('base64')}'`;

const TEXTS = {
  zh: {
    city: '一张证书，通办各部门网上业务',
    contents: '目录',
    count: (count: number) => `${count} 项`,
    channels: '快捷通道',
    how: '怎样登录',
    steps: [
      '准备好任一家受认可的电子认证机构签发的数字证书（见下）。',
      '打开下面的网址，选择“登录”，按您的证书选择一种方式：浏览器中的证书、证书介质（UKey）或证书文件。',
      '登录一次，即可办理各部门的业务；办完请选择“退出”。',
    ],
    site: '网址',
    accepted: '受认可的电子认证机构',
    department: '部门',
    subjects: '适用',
    certificates: '证书',
    all: '任一家受认可机构的证书',
    only: (names: string) => `仅限${names}`,
    address: '网址',
    separator: '、',
    contact: '咨询',
  },
  en: {
    city: 'One certificate for the online services of every department',
    contents: 'Contents',
    count: (count: number) => (count === 1 ? '1 service' : `${count} services`),
    channels: 'Quick channels',
    how: 'How to sign in',
    steps: [
      'Have a certificate of any one of the accepted authorities at hand (see below).',
      'Open the address below, choose "Sign in", and the way that suits your certificate: in the browser, on a key device, or in a file.',
      'Signed in once, you can use the services of every department. Choose "Sign out" when you have done.',
    ],
    site: 'Address',
    accepted: 'Accepted certification authorities',
    department: 'Department',
    subjects: 'For',
    certificates: 'Certificate',
    all: 'of any accepted authority',
    only: (names: string) => `of ${names} only`,
    address: 'Address',
    separator: ', ',
    contact: 'Whom to ask',
  },
} as const;

export interface Booklet {
  readonly guide: Guide;
  readonly services: readonly Service[];
  readonly authorities: AuthorityNames;
  /** Origin of the portal. */
  readonly site: string;
}

/** The guide as a book: cover, contents, how to sign in, a chapter a stage of life, quick channels, contacts. */
export const renderBooklet = ({ guide, services, authorities, site }: Booklet, language: Language): Html => {
  const texts = TEXTS[language];
  const chapters = chaptersOf(guide, services);
  const named = new Map(authorities.map(({ authority, name }) => [authority, name[language]]));
  const prose = (both: Guide['preface']): Html | undefined =>
    both[language] === '' ? undefined : html`<p class="prose">${both[language]}</p>`;

  const item = (service: Service): Html => {
    const { name, description, department, subjects, authorities: accepted, path } = service;
    const only =
      accepted === 'all'
        ? texts.all
        : texts.only(accepted.map((each) => named.get(each) ?? each).join(texts.separator));
    return html`<div class="item">
      <h3>${name[language]}</h3>
      ${description === undefined ? undefined : html`<p>${description[language]}</p>`}
      <dl>
        <dt>${texts.department}</dt>
        <dd>${department.name[language]}</dd>
        <dt>${texts.subjects}</dt>
        <dd>${subjects.map((kind) => SUBJECTS[language][kind]).join(texts.separator)}</dd>
        <dt>${texts.certificates}</dt>
        <dd>${only}</dd>
        <dt>${texts.address}</dt>
        <dd>${site}${path}</dd>
      </dl>
    </div>`;
  };
  const chapter = ({ stage, introduction, services: members }: GuideChapter): Html =>
    html`<section aria-labelledby="stage-${stage}">
      <h2 id="stage-${stage}">${STAGES[language][stage]}</h2>
      ${prose(introduction)}${members.map(item)}
    </section>`;
  const channels = guide.channels.map(
    ({ name, services: wanted }) =>
      html`<div class="item">
        <h3>${name[language]}</h3>
        <ul>
          ${wanted.flatMap((each) =>
            services
              .filter(({ service }) => service === each)
              .map(
                (service) =>
                  html`<li>${service.name[language]} <span class="muted">${site}${service.path}</span></li>`,
              ),
          )}
        </ul>
      </div>`,
  );
  return html`<div class="booklet">
    <div class="cover">
      <p class="year">${guide.year}</p>
      <h1>${guide.title[language]}</h1>
      <p>${texts.city}</p>
    </div>
    <section aria-labelledby="contents">
      <h2 id="contents">${texts.contents}</h2>
      ${prose(guide.preface)}
      <ol class="contents">
        ${chapters.map(
          ({ stage, services: members }) =>
            html`<li>
              <a href="#stage-${stage}">${STAGES[language][stage]}</a>
              <span>${texts.count(members.length)}</span>
            </li>`,
        )}
      </ol>
    </section>
    <section aria-labelledby="how">
      <h2 id="how">${texts.how}</h2>
      <ol class="dots numbered">
        ${texts.steps.map((step) => html`<li>${step}</li>`)}
      </ol>
      <dl class="facts">
        <dt>${texts.site}</dt>
        <dd>${site}</dd>
        <dt>${texts.accepted}</dt>
        <dd>${authorities.map(({ name }) => name[language]).join(texts.separator)}</dd>
      </dl>
    </section>
    ${chapters.map(chapter)}
    ${
      channels.length === 0
        ? undefined
        : html`<section aria-labelledby="channels">
            <h2 id="channels">${texts.channels}</h2>
            ${channels}
          </section>`
    }
    ${
      guide.contact[language] === ''
        ? undefined
        : html`<section aria-labelledby="contact">
            <h2 id="contact">${texts.contact}</h2>
            ${prose(guide.contact)}
          </section>`
    }
  </div>`;
};

import type { RefusalContext } from '../refusal/context.ts';
import { describe } from '../refusal/refusal.ts';
import type { Step } from '../refusal/step.ts';
import { html, type Html } from './html.ts';
import { langTag, otherLanguage, type Language } from './language.ts';
import { renderPage } from './layout.ts';

const TEXTS = {
  zh: {
    to: '访问的服务：',
    next: '接下来怎么做',
    accepted: '可以使用以下机构签发的证书',
    report: '查看证书检查过程',
    outcomes: { passed: '通过', failed: '未通过', skipped: '未检查' },
    help: '需要帮助？请把下面的编号告诉服务台',
    reference: '编号',
    code: '代码',
    clause: '依据',
    at: '时间',
    home: '返回首页，查看全部服务',
    clock: '（北京时间）',
    until: '预计恢复时间：',
  },
  en: {
    to: 'Service: ',
    next: 'What to do next',
    accepted: 'Certificates of these authorities are accepted',
    report: 'See how the certificate was checked',
    outcomes: { passed: 'Passed', failed: 'Failed', skipped: 'Not checked' },
    help: 'Need help? Tell the help desk this reference',
    reference: 'Reference',
    code: 'Code',
    clause: 'Rests on',
    at: 'Time',
    home: 'Home page with all services',
    clock: ' (Beijing time)',
    until: 'It is there again: ',
  },
} as const;

export interface RefusalPageOptions {
  /** More to do than the catalogue says, in the page's language. */
  readonly advice?: Html;
  /** Origin of the home page where it is another than this page's. */
  readonly base?: string;
}

/** The page a person sees whose call is refused: what is wrong, what to do next, and why. A whole HTML document. */
export const renderRefusalPage = (
  context: RefusalContext,
  language: Language,
  { advice, base = '' }: RefusalPageOptions = {},
): string => {
  const entry = describe(context.code);
  const texts = TEXTS[language];
  const { title, next } = entry[language];
  const failed = context.steps.find(({ code }) => code === context.code);
  const main = html`<div class="card refused${entry.status >= 500 ? ' passing' : ''}">
      ${context.service && html`<p class="eyebrow">${texts.to}<bdi>${context.service[language]}</bdi></p>`}
      <h1>${title}</h1>
      ${failed === undefined ? undefined : html`<p class="because">${failed[language]}</p>`}
      ${context.notice && html`<p class="because">${context.notice[language]}</p>`}
      ${context.until === undefined ? undefined : renderUntil(context.until, language)}
      <div class="next">
        <h2>${texts.next}</h2>
        <p>${next}</p>
      </div>
    </div>
    ${advice} ${isAboutCertificate(context) ? renderAccepted(context, language) : undefined}
    ${context.steps.length > 0 ? renderReport(context.steps, language) : undefined}
    ${renderHelp(context, entry.clause, language)} ${renderOther(context, otherLanguage(language))}
    <p><a href="${base}/">${texts.home}</a></p>`;
  return renderPage({ title, main, width: 'narrow', switchable: false }, language);
};

const renderUntil = (until: number, language: Language): Html =>
  html`<p>
    ${TEXTS[language].until}<strong
      ><time datetime="${new Date(until).toISOString()}">${formatTime(until, language)}</time></strong
    >${TEXTS[language].clock}
  </p>`;

/** Where another certificate would help, the person is told whose. */
const isAboutCertificate = ({ code, accepted }: RefusalContext): boolean =>
  accepted.length > 0 && /^ONECERT_(?:CERTIFICATE|REVOCATION|IDENTIFIER|AUTHORITY|ASSURANCE)_/.test(code);

const renderAccepted = ({ accepted }: RefusalContext, language: Language): Html =>
  html`<section class="card">
    <h2>${TEXTS[language].accepted}</h2>
    <ul class="names">
      ${accepted.map((name) => html`<li><bdi>${name[language]}</bdi></li>`)}
    </ul>
  </section>`;

const MARKS = { passed: '✓', failed: '✕', skipped: '–' } as const;

const renderReport = (steps: readonly Step[], language: Language): Html =>
  html`<details class="card">
    <summary>${TEXTS[language].report}</summary>
    <ol class="steps">
      ${steps.map((step) => renderStep(step, language))}
    </ol>
  </details>`;

const renderStep = (step: Step, language: Language): Html => {
  const outcome = TEXTS[language].outcomes[step.outcome];
  return html`<li class="${step.outcome}">
    <span class="mark" role="img" aria-label="${outcome}">${MARKS[step.outcome]}</span>
    <div>
      <span class="said">${step[language]}</span>
      ${step.on === undefined ? undefined : html`<span class="about"><bdi>${step.on}</bdi></span>`}
      <span class="about" lang="en">${step.clause}</span>
    </div>
  </li>`;
};

const renderHelp = ({ code, reference, at }: RefusalContext, clause: string, language: Language): Html => {
  const texts = TEXTS[language];
  return html`<section class="card">
    <h2>${texts.help}</h2>
    <dl class="facts">
      <dt>${texts.reference}</dt>
      <dd class="reference">${reference}</dd>
      <dt>${texts.code}</dt>
      <dd><code>${code}</code></dd>
      <dt>${texts.at}</dt>
      <dd><time datetime="${new Date(at).toISOString()}">${formatTime(at, language)}</time>${texts.clock}</dd>
      <dt>${texts.clause}</dt>
      <dd lang="en">${clause}</dd>
    </dl>
  </section>`;
};

/** The same in the other language, so that nobody needs to look for a switch. */
const renderOther = (context: RefusalContext, language: Language): Html => {
  const { title, next } = describe(context.code)[language];
  return html`<section class="card" lang="${langTag(language)}">
    <h2>${title}</h2>
    ${context.notice && html`<p>${context.notice[language]}</p>`}
    ${context.until === undefined ? undefined : renderUntil(context.until, language)}
    <p class="muted">${next}</p>
  </section>`;
};

/** The city's clock. */
const formatTime = (at: number, language: Language): string =>
  new Intl.DateTimeFormat(langTag(language), {
    dateStyle: 'long',
    timeStyle: 'medium',
    hourCycle: 'h23',
    timeZone: 'Asia/Shanghai',
  }).format(at);

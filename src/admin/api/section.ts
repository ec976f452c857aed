import { html, type Html } from '../../portal/html.ts';
import { CATALOGUE } from '../../refusal/catalogue.ts';
import { EVERY_ROLE } from '../access.ts';
import { roleName } from '../console-page.ts';
import { refusalCodesOf, schemaOf } from '../openapi.ts';
import type { AnyOperation } from '../operation.ts';
import { API, API_TOKEN_HEADER } from '../places.ts';
import { renderHeading, renderState } from '../render/frame.ts';
import type { PageAnswer, PageCall, Section } from '../section.ts';

const TEXTS = {
  zh: {
    title: '管理接口',
    lead: '控制台所做的一切都可以由程序完成。',
    document: 'OpenAPI 3.1 文档',
    session: (header: string) =>
      `用会话 Cookie 调用时，修改类调用须带 Origin 和 ${header}（任何一次答复的响应头中都有）；或在双向 TLS 端口用客户端证书调用。`,
    roles: '角色',
    fresh: '须 15 分钟内登录',
    ifMatch: '须带 If-Match',
    body: '请求内容',
    answer: '答复',
    refusals: '可能的拒绝',
    schema: '格式（JSON Schema）',
    example: '示例',
  },
  en: {
    title: 'Admin API',
    lead: 'A program can do everything that the console does.',
    document: 'OpenAPI 3.1 document',
    session: (header: string) =>
      `With a session cookie, calls that change something take Origin and ${header} (in the header of every answer). Or call with a client certificate on the mutual TLS port.`,
    roles: 'Roles',
    fresh: 'Takes a sign-in of the last 15 minutes',
    ifMatch: 'Takes If-Match',
    body: 'Request',
    answer: 'Answer',
    refusals: 'Refusals',
    schema: 'Format (JSON Schema)',
    example: 'Example',
  },
} as const;

/** GET /console/api : every operation, read from the same declarations as the OpenAPI document. */
const apiPage =
  (sections: () => readonly Section[]) =>
  (call: PageCall): PageAnswer => {
    const { language, parts } = call;
    const texts = TEXTS[language];
    const { browser, certificateSignIn } = parts.portal.urls;
    const main = html`${renderHeading(texts.title, {
        lead: texts.lead,
        actions: html`<a class="button quiet" href="${API}/openapi.json">${texts.document}</a>`,
      })}
      <div class="card">
        <p>${texts.session(API_TOKEN_HEADER)}</p>
        <p class="note"><code class="long">${browser}${API}</code></p>
        <p><code class="long">${certificateSignIn}${API}</code></p>
      </div>
      ${sections()
        .filter(({ operations = [] }) => operations.length > 0)
        .map(
          ({ id, title, operations = [] }) =>
            html`<section aria-labelledby="tag-${id}">
              <h2 id="tag-${id}">${title[language]}</h2>
              ${operations.map((operation) => renderOperation(operation, call))}
            </section>`,
        )}`;
    return { page: { title: texts.title, main } };
  };

const renderOperation = (operation: AnyOperation, { language }: PageCall): Html => {
  const texts = TEXTS[language];
  const { id, method, path, summary, description, access, ifMatch, body, answer, example } = operation;
  return html`<details class="card" id="${id}">
    <summary>
      <span class="verb">${method}</span> <code>${path}</code>
      <span class="muted">${summary[language]}</span>
    </summary>
    ${description === undefined ? undefined : html`<p>${description[language]}</p>`}
    <p class="note">
      ${access.roles.map((role) => html`${renderState(roleName(role, language), 'plain')} `)}
      ${access.fresh === true ? renderState(texts.fresh, 'open') : undefined}
      ${ifMatch === true ? renderState(texts.ifMatch, 'open') : undefined}
    </p>
    ${
      body === undefined
        ? undefined
        : html`<h3 class="note">${texts.body}</h3>
            ${renderJson(texts.example, example.body)} ${renderJson(texts.schema, schemaOf(body, 'input'))}`
    }
    <h3 class="note">${texts.answer}</h3>
    ${renderJson(texts.example, example.answer)} ${renderJson(texts.schema, schemaOf(answer, 'output'))}
    <details>
      <summary>${texts.refusals}</summary>
      <ul class="dots">
        ${refusalCodesOf(operation).map(
          (code) =>
            html`<li>
              ${CATALOGUE[code].status} <code class="long">${code}</code> ${CATALOGUE[code][language].title}
            </li>`,
        )}
      </ul>
    </details>
  </details>`;
};

const renderJson = (title: string, value: unknown): Html =>
  html`<details>
    <summary>${title}</summary>
    <pre class="raw" tabindex="0" role="region" aria-label="${title}">${JSON.stringify(value, null, 2)}</pre>
  </details>`;

/** @param sections all of the console's, this one among them */
export const apiSection = (sections: () => readonly Section[]): Section => ({
  id: 'api',
  title: { zh: '管理接口', en: 'API' },
  path: '/api',
  roles: EVERY_ROLE,
  pages: [{ method: 'get', path: '', access: { roles: EVERY_ROLE }, handle: apiPage(sections) }],
});

import type { ConfigurationIssue } from '../../configuration/configuration-error.ts';
import { html, type Html } from '../../portal/html.ts';
import { SUBJECTS } from '../../portal/service-list.ts';
import type { Service } from '../../services/enrolment.ts';
import { departmentName } from '../console-page.ts';
import { formOf, selectField, textArea, textField } from '../render/form.ts';
import { renderCard, renderFacts, renderHeading, renderNotice, renderState } from '../render/frame.ts';
import { renderIssues } from '../render/issues.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { checkDepartment } from './check-department.ts';
import { departmentIn, readInForce, readProposal, type DepartmentText } from './department-document.ts';
import { METHODS } from './form-sections.ts';
import { runTrial } from './run-trial.ts';
import { TRIAL_KINDS, type TrialAnswer } from './trial.ts';
import { TEXTS } from './texts.ts';

const WORDS = {
  zh: {
    lead: '以测试身份调用业务系统：身份是虚构的，断言中写明 test: true，不涉及任何真人数据。每次试调都记入审计日志。',
    draft: '试调的是草稿中的登记，尚未生效。',
    inForce: '试调的是现行登记。',
    none: '该部门还没有可以试调的服务。',
    kind: '测试身份',
    method: '方法',
    target: '路径（含查询）',
    targetHint: '办事人发给网关的路径，从服务路径开始。',
    body: '请求体',
    bodyHint: '只用于 POST、PUT、PATCH。请勿填写真人信息。',
    contentType: '请求体类型',
    call: '调用',
    answered: (status: number, ms: number) => `业务系统答复 ${status}，用时 ${ms} 毫秒`,
    failed: '没有得到答复',
    request: '发出的请求',
    assertion: '断言内容',
    headers: '答复头',
    answerBody: '答复内容（开头）',
    empty: '（空）',
    cut: '只显示开头部分。',
    field: '字段',
    value: '值',
  },
  en: {
    lead: 'Calls the back end as a test identity. It is invented, and the assertion says test: true, so no person’s data is reached. Each trial stands in the audit log.',
    draft: 'This tries the draft, which is not in force.',
    inForce: 'This tries what is in force.',
    none: 'The department has no service yet that could be tried.',
    kind: 'Test identity',
    method: 'Method',
    target: 'Path, with its query',
    targetHint: 'As people would send it to the gateway: it begins with the path of the service.',
    body: 'Body',
    bodyHint: 'For POST, PUT and PATCH only. Nothing of real people, please.',
    contentType: 'Content-Type of the body',
    call: 'Call it',
    answered: (status: number, ms: number) => `The back end answered ${status}, in ${ms} ms`,
    failed: 'There was no answer',
    request: 'What was sent',
    assertion: 'What the assertion says',
    headers: 'Header of the answer',
    answerBody: 'Body of the answer (its beginning)',
    empty: '(empty)',
    cut: 'Only its beginning is shown.',
    field: 'Field',
    value: 'Value',
  },
} as const;

interface Tried {
  readonly from: DepartmentText;
  readonly services: readonly Service[];
  /** Why there are none: what is wrong with the draft. */
  readonly issues: readonly ConfigurationIssue[];
}

/** Services in force, or of the draft that is named. A draft that is wrong has none. */
export const servicesToTry = async (
  { parts }: Pick<PageCall, 'parts'>,
  department: string,
  draft: string,
): Promise<Tried> => {
  const from =
    draft === '' ? await readInForce(parts, department) : await readProposal(parts, department, draft);
  if (draft === '') {
    const enrolled = parts.departments().find((each) => each.department === department);
    return { from, services: enrolled === undefined ? [] : servicesOf(enrolled), issues: [] };
  }
  const checked = await checkDepartment(parts, department, from.text);
  return checked.issues === undefined
    ? { from, services: servicesOf(checked.department), issues: [] }
    : { from, services: [], issues: checked.issues };
};

const servicesOf = ({
  department,
  name,
  services,
}: ReturnType<PageCall['parts']['departments']>[number]): readonly Service[] =>
  services.map((service) => ({ ...service, department: { department, name } }));

/** GET /console/services/of/:department/try?service=&draft= */
export const tryPage = async (call: PageCall): Promise<PageAnswer> => {
  const department = departmentIn(call.parameters);
  const tried = await servicesToTry(call, department, call.query.get('draft') ?? '');
  return show(call, tried, call.query);
};

/** POST: calls the back end, and shows what came of it. */
export const tryIt = async (call: PageCall): Promise<PageAnswer> => {
  const { form } = call;
  const department = departmentIn(call.parameters);
  const tried = await servicesToTry(call, department, form.get('draft') ?? '');
  const service = tried.services.find((each) => each.service === form.get('service'));
  if (service === undefined) return show(call, tried, form);
  const body = form.get('body') ?? '';
  const answer = await runTrial(call, tried.from.draft?.id, {
    service,
    kind: TRIAL_KINDS.find((kind) => kind === form.get('kind')) ?? service.subjects[0] ?? 'citizen',
    method: form.get('method') ?? 'GET',
    target: (form.get('target') ?? '').trim() || service.path,
    ...(body !== '' && { body, contentType: form.get('contentType') ?? '' }),
  });
  return show(call, tried, form, answer);
};

const show = (call: PageCall, tried: Tried, values: URLSearchParams, answer?: TrialAnswer): PageAnswer => {
  const { language } = call;
  const [texts, words] = [TEXTS[language], WORDS[language]];
  const { from, issues } = tried;
  const { department, draft } = from;
  const home = `/console/services/of/${department}`;
  const main = html`${renderHeading(texts.tryIt, {
      crumbs: [
        ['/console/services', texts.title],
        [home, departmentName(call, department)],
        ...(draft === undefined ? [] : [[`/console/changes/${draft.id}`, texts.proposals] as const]),
      ],
      lead: words.lead,
    })}
    <p>
      ${renderState(draft === undefined ? words.inForce : words.draft, draft === undefined ? 'good' : 'open')}
    </p>
    ${issues.length > 0 ? renderIssues(issues, language) : undefined}
    ${answer === undefined ? undefined : renderAnswer(call, answer)} ${renderForm(call, tried, values)}`;
  return { page: { title: texts.tryIt, main } };
};

const renderForm = (call: PageCall, { from, services }: Tried, values: URLSearchParams): Html => {
  const { language } = call;
  const [texts, words] = [TEXTS[language], WORDS[language]];
  const [first] = services;
  if (first === undefined) return html`<p class="nothing">${words.none}</p>`;
  const chosen = services.find(({ service }) => service === values.get('service')) ?? first;
  const kinds = TRIAL_KINDS.map((kind) => [kind, SUBJECTS[language][kind]] as const);
  return html`<div class="card">
    ${formOf(call, {
      action: `/console/services/of/${from.department}/try`,
      button: words.call,
      hidden: from.draft === undefined ? {} : { draft: from.draft.id },
      fields: html`<div class="pair">
          ${selectField({
            name: 'service',
            label: texts.service,
            value: chosen.service,
            options: services.map(({ service, name }) => [service, name[language]]),
          })}
          ${selectField({ name: 'kind', label: words.kind, value: values.get('kind') ?? chosen.subjects[0], options: kinds })}
          ${selectField({
            name: 'method',
            label: words.method,
            value: values.get('method') ?? 'GET',
            options: METHODS.map((method) => [method, method]),
          })}
        </div>
        ${textField({ name: 'target', label: words.target, hint: words.targetHint, value: values.get('target') ?? chosen.path })}
        <details ${(values.get('body') ?? '') === '' ? undefined : html`open`}>
          <summary>${words.body}</summary>
          ${textField({ name: 'contentType', label: words.contentType, value: values.get('contentType') ?? 'application/json' })}
          ${textArea({ name: 'body', label: words.body, hint: words.bodyHint, value: values.get('body') ?? '', rows: 4 })}
        </details>`,
    })}
  </div>`;
};

const renderAnswer = (call: PageCall, { request, claims, outcome, tookMs }: TrialAnswer): Html => {
  const words = WORDS[call.language];
  const hasAnswer = 'status' in outcome;
  return html`<section aria-label="${words.answerBody}" role="status">
      ${
        hasAnswer
          ? renderNotice(
              words.answered(outcome.status, tookMs),
              html`<p><code class="long">${request.method} ${request.url}</code></p>`,
              outcome.status < 400 ? 'done' : 'plain',
            )
          : renderNotice(
              words.failed,
              html`<p><code>${outcome.code}</code> <span lang="en">${outcome.problem}</span></p>
                <p><code class="long">${request.method} ${request.url}</code></p>`,
              'grave',
            )
      }
    </section>
    ${
      hasAnswer
        ? renderCard(
            'answer-body',
            words.answerBody,
            outcome.body === ''
              ? html`<p class="muted">${words.empty}</p>`
              : html`<pre class="raw" tabindex="0" role="region" aria-label="${words.answerBody}">
${outcome.body}</pre>
                  ${outcome.isCut ? html`<p class="muted">${words.cut}</p>` : undefined}`,
          )
        : undefined
    }
    <div class="columns">
      ${renderCard('assertion', words.assertion, renderFacts(Object.entries(claims).map(([name, value]) => [name, html`<code class="long">${typeof value === 'string' ? value : JSON.stringify(value)}</code>`])))}
      ${renderCard('request', words.request, renderHeaders(request.headers, words.request, call))}
      ${hasAnswer ? renderCard('headers', words.headers, renderHeaders(outcome.headers, words.headers, call)) : undefined}
    </div>`;
};

const renderHeaders = (
  headers: readonly (readonly [string, string])[],
  caption: string,
  { language }: PageCall,
): Html =>
  renderTable(headers, {
    caption,
    nothing: WORDS[language].empty,
    columns: [
      { title: WORDS[language].field, cell: ([name]) => html`<code>${name}</code>` },
      { title: WORDS[language].value, cell: ([, value]) => html`<code class="long">${value}</code>` },
    ],
  });

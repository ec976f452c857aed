import type { ConfigurationIssue } from '../../configuration/configuration-error.ts';
import { html } from '../../portal/html.ts';
import { baseOf } from '../changes/draft.ts';
import { departmentName } from '../console-page.ts';
import { formOf, textArea, textField } from '../render/form.ts';
import { renderHeading } from '../render/frame.ts';
import { renderIssues } from '../render/issues.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { departmentIn, readInForce, readProposal, type DepartmentText } from './department-document.ts';
import { formBase, isAnswer, isOwnDraft, noteOf, saveDepartment } from './save.ts';
import { TEXTS } from './texts.ts';

const show = (
  call: PageCall,
  from: DepartmentText,
  text: string,
  issues: readonly ConfigurationIssue[] = [],
): PageAnswer => {
  const { language, form } = call;
  const texts = TEXTS[language];
  const { department, base, draft } = from;
  const home = `/console/services/of/${department}`;
  const main = html`${renderHeading(texts.yaml, {
    crumbs: [
      ['/console/services', texts.title],
      [home, departmentName(call, department)],
    ],
    lead: texts.yamlLead,
  })}
  ${issues.length === 0 ? undefined : html`<div role="alert">${renderIssues(issues, language)}</div>`}
  ${formOf(call, {
    action: `${home}/yaml`,
    button: texts.save,
    hidden: { base, ...(draft !== undefined && isOwnDraft(call, from) && { draft: draft.id }) },
    fields: html`${textArea({
      name: 'text',
      label: texts.yamlLabel,
      rows: 32,
      value: text,
      ...(issues.length > 0 && {
        wrong: issues.map(({ line, message }) => `${line}: ${message}`).join('; '),
      }),
    })}
    ${textField({ name: 'note', label: texts.note, value: form.get('note') ?? '' })}`,
  })}`;
  return { status: issues.length === 0 ? 200 : 422, page: { title: texts.yaml, main } };
};

/** GET /console/services/of/:department/yaml?draft= */
export const yamlPage = async (call: PageCall): Promise<PageAnswer> => {
  const department = departmentIn(call.parameters);
  const draft = call.query.get('draft');
  const from =
    draft === null
      ? await readInForce(call.parts, department)
      : await readProposal(call.parts, department, draft);
  return show(call, from, from.text);
};

export const saveYaml = async (call: PageCall): Promise<PageAnswer> => {
  const from = await formBase(call, departmentIn(call.parameters), baseOf(call));
  const text = (call.form.get('text') ?? '').replaceAll('\r\n', '\n');
  const answer = await saveDepartment(call, from, text, noteOf(call, TEXTS[call.language].notes.yaml));
  return isAnswer(answer) ? answer : show(call, from, text, answer.issues);
};

/** GET /console/services/of/:department/department.yaml */
export const downloadYaml = async (call: PageCall): Promise<PageAnswer> => {
  const department = departmentIn(call.parameters);
  const { text } = await readInForce(call.parts, department);
  return { download: { name: `${department}.yaml`, type: 'application/yaml', body: text } };
};

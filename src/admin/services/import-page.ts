import { html } from '../../portal/html.ts';
import type { ConfigurationIssue } from '../../configuration/configuration-error.ts';
import { formOf, textArea, textField } from '../render/form.ts';
import { renderHeading, renderNotice } from '../render/frame.ts';
import { renderTable } from '../render/table.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { CSV_COLUMNS, readCsvImport } from './csv-import.ts';
import { readInForce, visibleDepartments } from './department-document.ts';
import { checkImport, proposeImport, readYamlImport, type Import } from './import-departments.ts';
import { noteOf } from './save.ts';
import { TEXTS } from './texts.ts';

const WORDS = {
  zh: {
    yaml: '粘贴一个或多个部门的 YAML，文件之间用单独一行 --- 隔开。全部正确才导入；每个部门成为一份草稿。',
    csv: '每行一项新服务，第一行是列名（见下）。全部正确才导入；每个部门成为一份草稿。',
    columns: '列',
    csvHint:
      '必须有 department、service、name_zh、name_en、path、subjects、backends。一格中的多项用空格或分号隔开；claims 写作 name=中文用途|English purpose; kind。',
    text: '内容',
    import: '检查并导入',
    wrong: (count: number) => `有 ${count} 处不对，没有导入任何内容。`,
    line: '行',
    column: '列',
    what: '位置',
    message: '问题',
  },
  en: {
    yaml: 'Paste the YAML of one or more departments, parted by lines of ---. Everything has to be right, or nothing is imported; each department becomes a draft.',
    csv: 'A row for each new service, below a header row with the columns named here. Everything has to be right, or nothing is imported; each department becomes a draft.',
    columns: 'Columns',
    csvHint:
      'department, service, name_zh, name_en, path, subjects and backends have to be there. Several in one cell: with spaces or semicolons; claims are name=中文用途|English purpose; kind.',
    text: 'What to import',
    import: 'Check and import',
    wrong: (count: number) => `${count} things are wrong. Nothing has been imported.`,
    line: 'Line',
    column: 'Column',
    what: 'Where',
    message: 'What is wrong',
  },
} as const;

type Form = 'yaml' | 'csv';
const PATHS = { yaml: '/console/services/import', csv: '/console/services/import-csv' } as const;

const show = (call: PageCall, form: Form, issues: readonly ConfigurationIssue[] = []): PageAnswer => {
  const { language } = call;
  const [texts, words] = [TEXTS[language], WORDS[language]];
  const title = form === 'yaml' ? texts.import : texts.importCsv;
  const main = html`${renderHeading(title, { crumbs: [['/console/services', texts.title]], lead: words[form] })}
  ${
    form === 'csv'
      ? html`<div class="card">
          <p class="long"><code>${CSV_COLUMNS.join(',')}</code></p>
          <p class="muted small">${words.csvHint}</p>
        </div>`
      : undefined
  }
  ${issues.length === 0 ? undefined : renderWrong(call, issues)}
  ${formOf(call, {
    action: PATHS[form],
    button: words.import,
    fields: html`${textArea({ name: 'text', label: words.text, rows: 20, value: call.form.get('text') ?? '' })}
    ${textField({ name: 'note', label: texts.note, value: call.form.get('note') ?? '' })}`,
  })}`;
  return { status: issues.length === 0 ? 200 : 422, page: { title, main } };
};

const renderWrong = ({ language }: PageCall, issues: readonly ConfigurationIssue[]) => {
  const words = WORDS[language];
  return html`<div role="alert">${renderNotice(words.wrong(issues.length), undefined, 'grave')}</div>
    ${renderTable(issues, {
      caption: words.wrong(issues.length),
      nothing: '',
      columns: [
        { title: words.line, cell: ({ line }) => line, number: true },
        { title: words.column, cell: ({ column }) => column, number: true },
        { title: words.what, cell: ({ path }) => html`<code>${path}</code>` },
        { title: words.message, cell: ({ message }) => html`<span lang="en">${message}</span>` },
      ],
    })}`;
};

const run = async (call: PageCall, form: Form, read: Import): Promise<PageAnswer> => {
  const { imported, issues = await checkImport(call, imported ?? []) } = read;
  if (issues.length > 0 || imported === undefined) return show(call, form, issues);
  const made = await proposeImport(call, imported, noteOf(call, TEXTS[call.language].notes.import));
  const [only] = made;
  if (only !== undefined && made.length === 1) return { redirect: `/console/changes/${only.id}` };
  return { redirect: '/console/changes?view=mine' };
};

export const importPage = (call: PageCall): PageAnswer => show(call, 'yaml');
export const importCsvPage = (call: PageCall): PageAnswer => show(call, 'csv');
export const importYaml = (call: PageCall): Promise<PageAnswer> =>
  run(call, 'yaml', readYamlImport(call.form.get('text') ?? ''));
export const importCsv = async (call: PageCall): Promise<PageAnswer> =>
  run(call, 'csv', await readCsvImport(call.parts, call.form.get('text') ?? ''));

/** GET /console/services/services.yaml : every department one may see, as import takes them. */
export const exportYaml = async ({ parts, caller }: PageCall): Promise<PageAnswer> => {
  const texts = await Promise.all(
    visibleDepartments(caller, parts).map(async ({ department }) => readInForce(parts, department)),
  );
  const body = texts
    .filter(({ base }) => base > 0)
    .map(({ text }) => text)
    .join('---\n');
  return { download: { name: 'services.yaml', type: 'application/yaml', body } };
};

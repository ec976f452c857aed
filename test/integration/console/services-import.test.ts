import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { send } from './filled-form.ts';
import { openConsole, type ConsoleVisitor, type OpenedConsole } from './opened-console.ts';

const FOLDER = join(import.meta.dirname, '../../../config/departments');
const written = (department: string): string => readFileSync(join(FOLDER, `${department}.yaml`), 'utf8');
const YAML = '/console/services/import';
const CSV = '/console/services/import-csv';
const HEADER = 'department,service,name_zh,name_en,path,subjects,backends,claims';

describe('services imported, exported, and through the API', () => {
  let opened: OpenedConsole;
  let operator: ConsoleVisitor;
  let officer: ConsoleVisitor;

  beforeAll(async () => {
    opened = await openConsole();
    for (const name of ['tax', 'education'])
      await opened.begin({ kind: 'department', name }, { 'department.yaml': written(name) });
    operator = await opened.signIn('operator');
    officer = await opened.signIn('taxOfficer');
  }, 120_000);
  afterAll(() => opened.close());

  const count = async (): Promise<number> =>
    (await opened.changes.store.listProposals({ limit: 500 })).length;
  /** Rows of the table of what is wrong: line, column, where, message. */
  const wrongRows = (body: string): string[][] =>
    [...body.matchAll(/<tr>([\s\S]*?)<\/tr>/g)]
      .map(([, row = '']) =>
        [...row.matchAll(/<td[^>]*>([\s\S]*?)<\/td>/g)].map(([, cell = '']) =>
          cell.replace(/<[^>]*>/g, '').trim(),
        ),
      )
      .filter((cells) => cells.length > 0);

  it('go out as one file and come in again: what is the same makes no draft', async () => {
    const { body, headers } = await operator.page('/console/services/services.yaml');
    expect(headers['content-disposition']).toContain('services.yaml');
    expect(body).toContain(written('tax'));
    expect(body).toContain('\n---\n');
    expect((await officer.page('/console/services/services.yaml')).body).not.toContain(
      'department: education',
    );
    const before = await count();
    const changed = body.replace('bodyLimit: 256KiB', 'bodyLimit: 512KiB');
    const answer = await send(operator, YAML, YAML, { text: changed });
    expect(answer.headers.location).toMatch(/^\/console\/changes\/[\w-]{22}$/);
    expect(await count()).toBe(before + 1);
    const { files, name } = await opened.changes.store.proposal(
      (answer.headers.location ?? '').split('/').at(-1) ?? '',
    );
    expect([name, files[0]?.content.toString()]).toEqual(['tax', written('tax').replace('256KiB', '512KiB')]);
  });

  it('with one bad document: nothing is imported, everything wrong is told by line', async () => {
    const before = await count();
    const tax = written('tax');
    const text = `${tax}---\ndepartment: health\nname: { zh: 卫健委, en: Health }\nservices:\n  - nonsense: 1\n`;
    const { status, body } = await send(operator, YAML, YAML, { text });
    expect(status).toBe(422);
    const line = tax.split('\n').length + 4;
    expect(wrongRows(body).map(([at]) => at)).toContain(String(line));
    expect(await count()).toBe(before);
    const twice = await send(operator, YAML, YAML, { text: `${tax}---\n${tax}` });
    expect(twice.body).toContain('stands here twice');
    const others = await send(officer, YAML, YAML, { text: `${tax}# x\n---\n${written('education')}# y\n` });
    expect(others.status).toBe(422);
    expect(others.body).toContain('not yours');
    expect(await count()).toBe(before);
  });

  it('that want one path of each other are refused together', async () => {
    const of = (name: string, path: string) =>
      `department: ${name}\nname: { zh: 甲, en: A }\nservices:\n  - service: ${name}-one\n    name: { zh: 甲, en: A }\n    path: ${path}\n    subjects: [citizen]\n    backends: ['http://10.0.0.1/']\n`;
    const { status, body } = await send(operator, YAML, YAML, {
      text: `${of('parks', '/parks')}---\n${of('trees', '/parks/trees')}`,
    });
    expect(status).toBe(422);
    expect(body).toContain('lies below');
  });

  it('come as CSV: a draft for each department', async () => {
    const text = [
      HEADER,
      'tax,tax-refund,退税,"Refund, of ""tax""",/tax-refund,citizen enterprise,http://10.0.0.1/ http://10.0.0.2/,name=打印|Printed; kind',
      'education,school-meals,校餐,School Meals,/school-meals,citizen,http://10.0.0.3/,',
    ].join('\r\n');
    const before = await count();
    const { headers } = await send(operator, CSV, CSV, { text });
    expect(headers.location).toBe('/console/changes?view=mine');
    expect(await count()).toBe(before + 2);
    const [one, other] = await opened.changes.store.listProposals({ limit: 2 });
    const all = [one, other].map((each) => each?.files[0]?.content.toString() ?? '').join('');
    expect(all).toContain('Refund, of "tax"');
    expect(all).toContain('http://10.0.0.2/');
    expect(all).toContain('en: Printed');
  });

  it('of which one row is bad: nothing is imported, every bad row is told with line and column', async () => {
    const before = await count();
    const text = [
      HEADER,
      'tax,tax-a,甲,A,/tax-a,citizen,http://10.0.0.1/,',
      'tax,tax-b,乙,B,no-slash,citizen,http://10.0.0.1/,',
      'tax,tax-c,丙,C,/tax-c,ghost,ftp://10.0.0.1/,',
      'tax,tax-d,丁,D,/tax-d,citizen,http://10.0.0.1/,name',
    ].join('\n');
    const { status, body } = await send(operator, CSV, CSV, { text });
    expect(status).toBe(422);
    const places = wrongRows(body).map(([line, column, where]) => [line, column, where].join(' '));
    expect(places).toEqual(expect.arrayContaining(['3 5 path', '4 6 subjects', '4 7 backends']));
    expect(body).toContain('tax-a,甲');
    const purposes = await send(operator, CSV, CSV, {
      text: text
        .split('\n')
        .filter((_row, index) => index === 0 || index === 4)
        .join('\n'),
    });
    expect(wrongRows(purposes.body).map(([line, column, where]) => [line, column, where])).toEqual([
      ['2', '8', 'claims'],
    ]);
    for (const [broken, said] of [
      ['a,b', 'no such column'],
      [`${HEADER}\ntax,"x`, 'not closed'],
      [`${HEADER}\ntax,x`, 'expected 8 cells'],
      [`${HEADER}\ntax,joint-tax-registration,甲,A,/x,citizen,http://10.0.0.1/,`, 'enrolled already'],
      ['', 'header row'],
    ] as const) {
      const answer = await send(operator, CSV, CSV, { text: broken });
      expect([broken, answer.status]).toEqual([broken, 422]);
      expect(answer.body).toContain(said);
    }
    expect(await count()).toBe(before);
  });

  it('are listed, read, proposed, imported and tried by programs', async () => {
    const listed = await officer.call('GET', '/services?q=joint');
    expect(listed.body).toMatchObject([
      { department: 'tax', service: 'joint-tax-registration', state: 'open' },
    ]);
    const one = await officer.call('GET', '/departments/tax/services/joint-tax-registration');
    expect(one.body).toMatchObject({ enrolment: { bodyLimit: 256 * 1024 } });
    expect(one.headers.etag).toBe('"1"');
    const yaml = `${written('tax')}# by a program\n`;
    const stale = await officer.call('PUT', '/departments/tax', {
      body: { yaml },
      headers: { 'if-match': '"7"' },
    });
    expect(stale.body['code']).toBe('ONECERT_CHANGE_STALE');
    const wrong = await officer.call('PUT', '/departments/tax', {
      body: { yaml: 'department: tax\n' },
      headers: { 'if-match': '"1"' },
    });
    expect(wrong.body).toMatchObject({ code: 'ONECERT_CHANGE_INVALID', issues: [{ path: 'name' }] });
    const made = await officer.call('PUT', '/departments/tax', {
      body: { yaml },
      headers: { 'if-match': '"1"' },
    });
    expect(made.body).toMatchObject({ state: 'submitted', origin: 'api', name: 'tax' });
    const imported = await operator.call('POST', '/services/import', { body: { format: 'csv', text: 'x' } });
    expect(imported.body['code']).toBe('ONECERT_INPUT_INVALID');
    const tried = await officer.call('POST', '/departments/tax/services/joint-tax-registration/try', {
      body: { kind: 'citizen', target: '/joint-tax' },
    });
    expect(tried.body).toMatchObject({
      claims: { test: true },
      outcome: { code: 'ONECERT_SUBJECT_KIND_NOT_ACCEPTED' },
    });
    const other = await officer.call('GET', '/departments/education/services/school-enrolment');
    expect(other.body['code']).toBe('ONECERT_OTHER_DEPARTMENT');
  });
});

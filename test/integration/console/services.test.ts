import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filledForm, send } from './filled-form.ts';
import { openConsole, type ConsoleVisitor, type OpenedConsole } from './opened-console.ts';

const FOLDER = join(import.meta.dirname, '../../../config/departments');
export const written = (department: string): string =>
  readFileSync(join(FOLDER, `${department}.yaml`), 'utf8');
const keyOf = (name: string) => ({ kind: 'department', name }) as const;
const TAX = '/console/services/of/tax';
const JOINT = `${TAX}/service/joint-tax-registration`;

describe('services in the console', () => {
  let opened: OpenedConsole;
  let operator: ConsoleVisitor;
  let second: ConsoleVisitor;
  let officer: ConsoleVisitor;

  beforeAll(async () => {
    opened = await openConsole();
    for (const name of ['tax', 'education'])
      await opened.begin(keyOf(name), { 'department.yaml': written(name) });
    operator = await opened.signIn('operator');
    second = await opened.signIn('second');
    officer = await opened.signIn('taxOfficer');
  }, 120_000);
  afterAll(() => opened.close());

  /** Text of the draft that an answer leads to. */
  const draftOf = async (location: string | undefined): Promise<string> => {
    expect(location).toMatch(/^\/console\/changes\/[\w-]{22}$/);
    const { files } = await opened.changes.store.proposal((location ?? '').split('/').at(-1) ?? '');
    return files[0]?.content.toString() ?? '';
  };

  it('are listed: all for operators and auditors, the own for an officer', async () => {
    const all = await operator.page('/console/services');
    expect(all.body).toContain('Joint Tax Registration');
    expect(all.body).toContain('School Enrolment Check');
    const own = await officer.page('/console/services');
    expect(own.body).toContain('Joint Tax Registration');
    expect(own.body).not.toContain('School Enrolment Check');
    const found = await operator.page('/console/services?q=school+education');
    expect(found.body).toContain('1 service<');
    expect(found.body).not.toContain('Joint Tax Registration');
    const auditor = await opened.signIn('auditor');
    const looked = await auditor.page(JOINT);
    expect(looked.status).toBe(200);
    expect(looked.body).not.toContain(`${JOINT}/change`);
  });

  it('of another department are not there for an officer', async () => {
    for (const path of ['', '/yaml', '/enrol', '/department.yaml', '/service/school-enrolment']) {
      const answer = await officer.ask(`/console/services/of/education${path}`, {
        headers: { accept: 'application/problem+json' },
      });
      expect([path, answer.status]).toEqual([path, 404]);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'ONECERT_OTHER_DEPARTMENT' });
    }
  });

  it('say everything of an enrolment in words', async () => {
    const { body } = await officer.page(JOINT);
    for (const said of [
      '/joint-tax/applications',
      'Enterprises',
      '256KiB',
      'on disk (fsync)',
      'Who acts for an enterprise',
    ])
      expect(body).toContain(said);
  });

  it('are sent back by the form as they were: nothing is another word', async () => {
    const { body } = await officer.page(`${JOINT}/change`);
    const form = filledForm(body, `${JOINT}/change`);
    form.set('timeout-response', '7s');
    const answer = await officer.ask(`${JOINT}/change`, {
      method: 'POST',
      body: form,
      headers: { 'accept-language': 'en' },
    });
    const text = await draftOf(answer.headers.location);
    expect(text).toBe(written('tax').replace('response: 5s', 'response: 7s'));
  });

  it('are changed where the form says so, with comments and references as they were', async () => {
    const change = '/console/services/of/education/service/school-enrolment/change';
    const answer = await send(operator, change, change, {
      'claim-kind': '1',
      'claim-kind-purpose-zh': '区分',
      'claim-kind-purpose-en': 'To tell them apart',
      'backend-1-url': 'https://10.1.2.3:8443',
      'backend-1-weight': '3',
      'backend-1-serverName': 'school.internal',
      'limit-total-calls': '60',
      'limit-total-per': '1m',
      'hours-0-from': '09:00',
      'hours-0-until': '17:30',
      'hours-0-days': 'mon',
      note: 'a second machine',
    });
    const text = await draftOf(answer.headers.location);
    const kept = written('education')
      .split('\n')
      .filter((line) => !/claims:|backends:|bodyLimit/.test(line));
    for (const line of kept) expect(text.split('\n')).toContain(line);
    expect(text).toContain('${ONECERT_EDUCATION_PORT:-8462}');
    expect(text).toContain('serverName: school.internal');
    expect(text).toMatch(/total: \{ calls: 60, per: 1m \}/);
  });

  it('are enrolled by an officer, approved by an operator', async () => {
    const enrol = `${TAX}/enrol`;
    const answer = await send(officer, enrol, enrol, {
      service: 'tax-certificate',
      'name-zh': '完税证明',
      'name-en': 'Tax Certificate',
      path: '/tax-certificate',
      subjects: 'citizen',
      'claim-name': '1',
      'claim-name-purpose-zh': '印在证明上',
      'claim-name-purpose-en': 'Printed on it',
      'backend-0-url': 'http://127.0.0.1:9/',
    });
    const text = await draftOf(answer.headers.location);
    expect(text.startsWith(written('tax').trimEnd())).toBe(true);
    const location = answer.headers.location ?? '';
    await send(officer, location, `${location}/submit`);
    const list = await officer.page('/console/services');
    expect(list.body).toContain('Change waiting');
    const done = await send(second, location, `${location}/approve`);
    expect(done.headers.location).toBe(`${location}?done=approve`);
    expect((await opened.files(keyOf('tax')))['department.yaml']).toBe(text);
  });

  it('that are wrong are told of at every field, and nothing written is lost', async () => {
    const enrol = `${TAX}/enrol`;
    const { status, body } = await send(officer, enrol, enrol, {
      service: 'Not A Slug',
      'name-zh': '甲',
      path: 'no-slash',
      'claim-identifiers': '1',
      'backend-1-url': 'ftp://nowhere',
      'limit-total-calls': 'many',
      'oidc-jwks': '{"keys":',
      oidc: '1',
      'oidc-method': 'private_key_jwt',
      note: 'kept <b>too</b>',
    });
    expect(status).toBe(422);
    for (const field of ['service', 'name-en', 'path', 'subjects', 'backend-1-url', 'limit-total-calls'])
      expect(body).toContain(`id="${field}-wrong"`);
    for (const value of [
      'Not A Slug',
      'no-slash',
      'ftp://nowhere',
      '{&quot;keys&quot;:',
      'kept &lt;b&gt;too&lt;/b&gt;',
    ])
      expect(body).toContain(value);
    const purposes = await send(officer, enrol, enrol, {
      service: 'tax-refund',
      'name-zh': '退税',
      'name-en': 'Refund',
      path: '/tax-refund',
      subjects: 'citizen',
      'claim-identifiers': '1',
      'backend-0-url': 'http://10.0.0.1/',
    });
    expect(purposes.status).toBe(422);
    expect(purposes.body).toContain('id="claim-identifiers-purpose-zh-wrong"');
  });

  it.each([
    ['below the path of another department', { path: '/school-enrolment/tax' }, 'path', 'lies below'],
    ['of a cloud’s metadata', { 'backend-0-url': 'http://100.100.100.200/' }, 'backend-0-url', 'credentials'],
    ['with an identifier that is taken', { service: 'school-enrolment' }, 'service', 'already taken'],
  ])('%s are refused at the field', async (_what, wrong, field, said) => {
    const enrol = `${TAX}/enrol`;
    const { status, body } = await send(officer, enrol, enrol, {
      service: 'tax-lien',
      'name-zh': '留置',
      'name-en': 'Lien',
      path: '/tax-lien',
      subjects: 'citizen',
      'backend-0-url': 'http://10.0.0.1/',
      ...wrong,
    });
    expect(status).toBe(422);
    const place = body.indexOf(`id="${field}-wrong"`);
    expect(place).toBeGreaterThan(0);
    expect(body.slice(place, place + 300)).toContain(said);
  });

  it('are switched off, put under maintenance and given a time by proposals', async () => {
    const off = await send(officer, JOINT, `${JOINT}/enabled`);
    expect(await draftOf(off.headers.location)).toContain('enabled: false');
    const maintained = await send(officer, JOINT, `${JOINT}/maintenance`, {
      'maintenance-from': '2027-03-01',
      'maintenance-until': '2027-03-02',
      'maintenance-message-zh': '升级',
      'maintenance-message-en': 'An upgrade',
    });
    expect(await draftOf(maintained.headers.location)).toMatch(
      /maintenance:[\s\S]*message: \{ zh: 升级, en: An upgrade \}/,
    );
    const open = await send(officer, JOINT, `${JOINT}/schedule`, { 'open-from': '2027-03-01' });
    expect(await draftOf(open.headers.location)).toMatch(/open: \{ from: 2027-03-01 \}/);
    const wrong = await send(officer, JOINT, `${JOINT}/schedule`, { 'open-from': 'some day' });
    expect(wrong.status).toBe(422);
    expect(wrong.body).toContain('expected a date');
    const gone = await send(officer, JOINT, `${JOINT}/remove`);
    expect(await draftOf(gone.headers.location)).not.toContain('joint-tax');
  });

  it('made from an old version meet the page that shows both changes', async () => {
    const form = filledForm((await officer.page(`${JOINT}/change`)).body, `${JOINT}/change`);
    const before = (await opened.files(keyOf('tax')))['department.yaml'] ?? '';
    await opened.begin(keyOf('tax'), {
      'department.yaml': before.replace('bodyLimit: 256KiB', 'bodyLimit: 1MiB'),
    });
    form.set('timeout-response', '9s');
    const late = await officer.ask(`${JOINT}/change`, {
      method: 'POST',
      body: form,
      headers: { 'accept-language': 'en' },
    });
    expect(late.status).toBe(409);
    expect(late.body).toContain('ONECERT_CHANGE_STALE');
    expect(late.body).toContain('9s');
    expect(late.body).toContain('bodyLimit: 1MiB');
  });

  it('are written as YAML too: what is wrong is told by line, and the text is kept', async () => {
    const before = (await opened.files(keyOf('tax')))['department.yaml'] ?? '';
    const wrong = await send(officer, `${TAX}/yaml`, `${TAX}/yaml`, { text: `${before}nonsense: 1\n` });
    expect(wrong.status).toBe(422);
    expect(wrong.body).toContain('unknown setting');
    expect(wrong.body).toContain('nonsense: 1');
    const other = await send(officer, `${TAX}/yaml`, `${TAX}/yaml`, {
      text: before.replace('department: tax', 'department: taxes'),
    });
    expect(other.body).toContain('does not become another');
    const right = await send(officer, `${TAX}/yaml`, `${TAX}/yaml`, { text: `${before}# a word\n` });
    expect(await draftOf(right.headers.location)).toBe(`${before}# a word\n`);
    const { body, headers } = await officer.page(`${TAX}/department.yaml`);
    expect(body).toBe(before);
    expect(headers['content-disposition']).toContain('tax.yaml');
  });
});

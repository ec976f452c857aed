import { parse } from 'yaml';
import { guideSchema } from '../../../src/services/guide.ts';
import { openConsole, type ConsoleVisitor, type OpenedConsole } from './opened-console.ts';

describe('the guide in the console', () => {
  let opened: OpenedConsole;
  let operator: ConsoleVisitor;

  beforeAll(async () => {
    opened = await openConsole();
    operator = await opened.signIn('operator');
  }, 120_000);
  afterAll(() => opened.close());

  it('is the plain directory before anybody has written one, and prints', async () => {
    const booklet = await operator.page('/console/guide/booklet?lang=en');
    expect(booklet.status).toBe(200);
    expect(booklet.body).toContain('Guide to online services');
    expect(booklet.body).toContain('School Enrolment Check');
    expect(booklet.body).toContain('School Enrolment Check');
    // Closed for the year: not what a booklet leads people to.
    expect(booklet.body).not.toContain('Rental Subsidy');
    expect(booklet.headers['content-security-policy']).toContain("default-src 'none'");
  });

  it('is written by an operator, in force at once, in the order written', async () => {
    const saved = await operator.submit('/console/guide', '/console/guide', {
      year: '2027',
      'title-zh': '深圳市网上办事指南',
      'title-en': 'Shenzhen online',
      'stage-housing-zh': '租房与购房',
      'stage-housing-en': 'Renting and buying <b>homes</b>',
      'stage-housing-order': 'rental-housing',
      'channel-0-zh': '新市民',
      'channel-0-en': 'Newcomers',
      'channel-0-services': 'residence-permit, social-insurance',
      note: 'for 2027',
    });
    expect(saved.status).toBe(303);
    const { guide } = guideOf(await opened.files({ kind: 'guide', name: 'city' }));
    expect(guide).toMatchObject({
      year: 2027,
      channels: [{ services: ['residence-permit', 'social-insurance'] }],
    });
    const { body } = await operator.page('/console/guide/booklet?lang=en');
    expect(body).toContain('Renting and buying &lt;b&gt;homes&lt;/b&gt;');
    const housing = body.slice(body.indexOf('id="stage-housing"'));
    expect(housing.indexOf('Rental Housing')).toBeLessThan(housing.indexOf('Property Registration'));
    expect(body).toContain('Newcomers');
    const entry = opened.entries().findLast(({ event }) => event === 'change');
    expect(entry).toMatchObject({ kind: 'guide', name: 'city' });
  });

  it('keeps what was written when somebody else saved it meanwhile, and nothing takes effect', async () => {
    const second = await opened.signIn('second');
    const page = await operator.page('/console/guide');
    const before = await opened.files({ kind: 'guide', name: 'city' });
    expect((await second.submit('/console/guide', '/console/guide', { year: '2028' })).status).toBe(303);
    const { body: form } = page;
    const base = /name="base" value="(\d+)"/.exec(form)?.[1];
    const late = await operator.ask('/console/guide', {
      method: 'POST',
      headers: { 'accept-language': 'en' },
      body: new URLSearchParams({
        token: opened.tokenOf(operator),
        base: base ?? '',
        year: '2029',
        'title-zh': '甲',
        'title-en': 'Mine',
      }),
    });
    expect(late.status).toBe(409);
    expect(late.body).toContain('ONECERT_CHANGE_STALE');
    expect(late.body).toContain('value="Mine"');
    expect(guideOf(await opened.files({ kind: 'guide', name: 'city' })).guide.year).toBe(2028);
    expect(before).not.toEqual({});
  });

  it('names every service that nobody has enrolled, and keeps nothing', async () => {
    const before = await opened.files({ kind: 'guide', name: 'city' });
    const wrong = await operator.submit('/console/guide', '/console/guide', {
      'stage-birth-order': 'no-such-one',
      'channel-1-zh': '甲',
      'channel-1-en': 'A',
      'channel-1-services': 'nor-this',
    });
    expect(wrong.status).toBe(422);
    expect(wrong.body).toContain('no-such-one');
    expect(wrong.body).toContain('nor-this');
    expect(await opened.files({ kind: 'guide', name: 'city' })).toEqual(before);
  });

  it('is read by everybody with a role, and written by operators alone', async () => {
    const auditor = await opened.signIn('auditor');
    expect((await auditor.page('/console/guide')).body).not.toContain('<button class="button ">Save');
    const refused = await auditor.ask('/console/guide', {
      method: 'POST',
      headers: { accept: 'application/problem+json' },
      body: new URLSearchParams({ token: opened.tokenOf(auditor), base: '1', year: '2030' }),
    });
    expect(JSON.parse(refused.body)).toMatchObject({ code: 'ONECERT_ROLE_REQUIRED' });
  });

  it('is changed through the API with the version it was made from', async () => {
    const { body, headers } = await operator.call('GET', '/guide');
    const guide = { ...(body['guide'] as object), year: 2031 };
    const stale = await operator.call('PUT', '/guide', {
      body: { guide },
      headers: { 'if-match': '"1"' },
    });
    expect(stale.body['code']).toBe('ONECERT_CHANGE_STALE');
    const done = await operator.call('PUT', '/guide', {
      body: { guide },
      headers: { 'if-match': headers.etag as string },
    });
    expect(done.body).toMatchObject({ guide: { year: 2031 } });
    const unknown = await operator.call('PUT', '/guide', {
      body: { guide: { ...guide, stages: [{ stage: 'birth', order: ['nobody'] }] } },
      headers: { 'if-match': done.headers.etag as string },
    });
    expect(unknown.body['code']).toBe('ONECERT_INPUT_INVALID');
  });
});

const guideOf = (files: Readonly<Record<string, string>>) => {
  expect(Object.keys(files)).toEqual(['guide.yaml']);
  return { guide: guideSchema.parse(parse(files['guide.yaml'] ?? '')) };
};

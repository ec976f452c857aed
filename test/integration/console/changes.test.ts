import { openConsole, type ConsoleVisitor, type OpenedConsole } from './opened-console.ts';

const ROLES = { kind: 'roles', name: 'city' } as const;
const SECOND = 'b'.repeat(22);
/** A masked name, and the unified id. */
const WHOSE = /\S\*+ <code class="long">[\w-]{22}<\/code>/;

describe('changes in the console', () => {
  let opened: OpenedConsole;
  let operator: ConsoleVisitor;
  let second: ConsoleVisitor;

  beforeAll(async () => {
    opened = await openConsole();
    await opened.begin(ROLES, {
      'roles.yaml': `# who may do what\nroles:\n  - { role: operator, unifiedId: ${'a'.repeat(22)} } # Li\n`,
    });
    operator = await opened.signIn('operator');
    second = await opened.signIn('second');
  }, 120_000);
  afterAll(() => opened.close());

  const grant = (
    who: string,
    role = 'auditor',
    department = '',
  ): Promise<{ status: number; location: string }> =>
    operator
      .submit('/console/roles', '/console/roles/grant', { role, department, who, note: '' })
      .then(({ status, headers }) => ({ status, location: headers.location ?? '' }));

  it('begin as a draft with its differences and its dry run', async () => {
    const { status, location } = await grant(SECOND);
    expect([status, location]).toEqual([303, expect.stringMatching(/^\/console\/changes\/[\w-]{22}$/)]);
    const { body } = await operator.page(location);
    expect(body).toContain('The dry run is done');
    expect(body).toMatch(/class="diff-line added"[\s\S]*?role: auditor/);
    expect((await opened.files(ROLES))['roles.yaml']).not.toContain(SECOND);
  });

  it('take a second operator, who approves', async () => {
    const { location } = await grant(SECOND);
    await operator.submit(location, `${location}/submit`);
    const { body: mine } = await operator.page(location);
    expect(mine).toContain('Four eyes');
    expect(mine).not.toContain(`${location}/approve`);
    const token = opened.tokenOf(operator);
    const own = await operator.ask(`${location}/approve`, {
      method: 'POST',
      body: new URLSearchParams({ token }),
      headers: { accept: 'application/problem+json' },
    });
    expect(JSON.parse(own.body)).toMatchObject({ code: 'ONECERT_CHANGE_OWN', status: 403 });
    // Whoever approves sees whose change it is.
    for (const page of [location, '/console/changes', '/console'])
      expect([page, (await second.page(page)).body]).toEqual([page, expect.stringMatching(WHOSE)]);
    const done = await second.submit(location, `${location}/approve`, { 'approve-note': 'looked at it' });
    expect(done.headers.location).toBe(`${location}?done=approve`);
    const history = await operator.page('/console/changes/of/roles/city');
    expect(history.body).toMatch(/<strong>You<\/strong>[\s\S]*?\S\*+ <code class="long">/);
    expect((await opened.files(ROLES))['roles.yaml']).toMatch(/^# who may do what[\s\S]*# Li[\s\S]*b{22}/);
  });

  it('take a sign-in of the last 15 minutes to approve', async () => {
    const { location } = await grant('c'.repeat(22));
    await operator.submit(location, `${location}/submit`);
    opened.clock.now += 16 * 60_000;
    const { body } = await second.page(location);
    expect(body).toContain(`/signin?return=${encodeURIComponent(location)}`);
    expect(body).not.toContain(`action="${location}/approve"`);
    const late = await second.ask(`${location}/approve`, {
      method: 'POST',
      body: new URLSearchParams({ token: opened.tokenOf(second), back: location }),
      headers: { 'accept-language': 'en' },
    });
    expect(late.status).toBe(401);
    expect(late.body).toContain(`/signin?return=${encodeURIComponent(location)}`);
    second = await opened.signIn('second');
    operator = await opened.signIn('operator');
    const done = await second.submit(location, `${location}/reject`, { 'reject-note': 'who is that?' });
    expect(done.status).toBe(303);
    expect((await operator.page(location)).body).toContain('who is that?');
  });

  it('that are not right cannot be submitted: every place is told', async () => {
    const { location } = await grant('nobody at all');
    const { body } = await operator.page(location);
    expect(body).toContain('22 characters');
    expect(body).not.toContain(`action="${location}/submit"`);
    const forced = await operator.ask(`${location}/submit`, {
      method: 'POST',
      body: new URLSearchParams({ token: opened.tokenOf(operator) }),
      headers: { accept: 'application/problem+json' },
    });
    expect(JSON.parse(forced.body)).toMatchObject({ code: 'ONECERT_CHANGE_INVALID', status: 422 });
  });

  it('made from an old version show both changes, and are made again on top where they can be', async () => {
    const stale = await operator.page('/console/roles');
    await opened.begin(ROLES, {
      ...(await opened.files(ROLES)),
      'other.yaml': 'changed by somebody else\n',
    });
    const base = /name="base" value="(\d+)"/.exec(stale.body)?.[1] ?? '';
    const token = opened.tokenOf(operator);
    const answer = await operator.ask('/console/roles/grant', {
      method: 'POST',
      body: new URLSearchParams({ token, base, role: 'auditor', who: 'd'.repeat(22) }),
      headers: { 'accept-language': 'en' },
    });
    expect(answer.status).toBe(409);
    expect(answer.body).toContain('ONECERT_CHANGE_STALE');
    expect(answer.body).toContain('changed by somebody else');
    expect(answer.body).toContain('d'.repeat(22));
    const form = new URLSearchParams(
      [...answer.body.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
        ([, name = '', value = '']): [string, string] => [name, value.replaceAll('&quot;', '"')],
      ),
    );
    // The sign-out form stands before it.
    form.set('token', token);
    const again = await operator.ask('/console/changes/again', { method: 'POST', body: form });
    expect(again.status).toBe(303);
    const { body } = await operator.page(again.headers.location ?? '');
    expect(body).toContain('d'.repeat(22));
    expect(body).not.toContain('is not in force any more');
  });

  it('are rolled back by a proposal with an old version', async () => {
    const history = '/console/changes/of/roles/city';
    const { body } = await operator.page(`${history}?from=1&to=2`);
    expect(body).toMatch(/class="diff-line added"[\s\S]*?b{22}/);
    const rolled = await operator.submit(history, `${history}/back`);
    expect(rolled.headers.location).toMatch(/^\/console\/changes\//);
    expect((await operator.page(rolled.headers.location ?? '')).body).toContain('Rolled back to version');
  });

  it('are known to auditors, who change nothing', async () => {
    const auditor = await opened.signIn('auditor');
    const { body } = await auditor.page('/console/changes?view=decided');
    expect(body).toContain('Approved');
    expect((await auditor.page('/console/roles')).body).not.toContain('/console/roles/grant');
  });

  it('are made by programs too, with the version they were made from', async () => {
    const { status, headers, body } = await operator.call('GET', '/documents/roles/city');
    expect(status).toBe(200);
    const files = body['files'] as { path: string; content: string }[];
    const path = '/documents/roles/city/proposals';
    const wanted = { files: files.filter((file) => file.path === 'roles.yaml'), note: 'by a program' };
    const without = await operator.call('POST', path, { body: wanted });
    expect([without.status, without.body['code']]).toEqual([428, 'ONECERT_PRECONDITION_REQUIRED']);
    const old = await operator.call('POST', path, { body: wanted, headers: { 'if-match': '"1"' } });
    expect([old.status, old.body['code']]).toEqual([409, 'ONECERT_CHANGE_STALE']);
    const made = await operator.call('POST', path, {
      body: wanted,
      headers: { 'if-match': headers.etag ?? '' },
    });
    expect([made.status, made.body['state'], made.body['origin']]).toEqual([201, 'submitted', 'api']);
    const approved = await second.call('POST', `/proposals/${String(made.body['id'])}/approve`, { body: {} });
    expect([approved.status, approved.body['kind']]).toEqual([200, 'roles']);
    const wrong = await operator.call('POST', path, {
      body: { files: [{ path: '../up', content: 1 }] },
      headers: { 'if-match': '"9"' },
    });
    expect(wrong.body).toMatchObject({
      code: 'ONECERT_INPUT_INVALID',
      issues: [{ path: 'files.0.path' }, { path: 'files.0.content' }],
    });
  });
});

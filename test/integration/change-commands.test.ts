import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCensus, type Census } from './census.ts';
import { eventually, hasTools, openCity, type City } from './city.ts';

const withTools = hasTools() ? describe : describe.skip;

withTools('onecert services, changes and roles', () => {
  let census: Census;
  let city: City;
  let given: string;
  beforeAll(async () => {
    census = await startCensus();
    city = await openCity({ files: census.files });
    given = join(city.folder, 'given');
    mkdirSync(given);
  });
  afterAll(async () => {
    await city.remove();
    await census.down();
  });

  const run = (...args: string[]) => city.onecert(...args, '--config', city.configuration);
  const file = (): string => join(city.configuration, 'departments/census.yaml');
  const write = (name: string, text: string): string => {
    const path = join(given, name);
    writeFileSync(path, text);
    return path;
  };
  const documents = () => city.audit().filter(({ what }) => what === 'document');
  const idOf = (stdout: string): string => /proposed as ([\w-]{22})/i.exec(stdout)?.[1] ?? '';

  it('say that nothing is there before a gateway has run, and make no store by looking', async () => {
    for (const args of [
      ['services', 'diff'],
      ['changes', 'list'],
      ['roles', 'list'],
    ]) {
      expect(await run(...args)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching('no change store') as string,
      });
    }
  });

  it('give a role at once while there is no operator, with its entry in the log that no gateway writes', async () => {
    const roles = join(city.configuration, 'roles.yaml');
    const before = readFileSync(roles, 'utf8');
    // The demo's operators are given by its environment, which this command has not.
    const unset = await run('roles', 'grant', 'operator', '--certificate', 'a'.repeat(64));
    expect(unset).toMatchObject({ code: 2, stderr: expect.stringContaining('not set here') as string });
    writeFileSync(roles, '# Nobody yet.\nroles: []\n');
    const granted = await run(
      'roles',
      'grant',
      'operator',
      '--certificate',
      'a'.repeat(64),
      '--note',
      'first',
    );
    expect(granted).toMatchObject({
      code: 0,
      stdout: expect.stringMatching('In force, version 1') as string,
    });
    expect(documents()).toMatchObject([
      { event: 'change', step: 'put', kind: 'roles', by: 'system', version: 1 },
    ]);
    const second = await run('roles', 'grant', 'operator', '--certificate', 'b'.repeat(64));
    expect(second.stdout).toMatch('Proposed as');
    expect((await run('roles', 'list')).stdout).toBe(`operator  certificate ${'a'.repeat(64)}  first\n`);
    const revoked = await run('roles', 'revoke', 'operator', '--certificate', 'a'.repeat(64));
    expect(revoked).toMatchObject({
      code: 3,
      stderr: expect.stringMatching('fewer than two operators') as string,
    });
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(join(city.data, `changes.sqlite${suffix}`), { force: true });
    writeFileSync(roles, before);
  });

  it('export what is in force byte for byte, beside the gateway, and find no difference', async () => {
    await city.start();
    expect((await run('services', 'export', 'census')).stdout).toBe(readFileSync(file(), 'utf8'));
    const out = join(city.folder, 'out');
    expect((await run('services', 'export', '--out', out)).code).toBe(0);
    expect(readFileSync(join(out, 'census.yaml'), 'utf8')).toBe(readFileSync(file(), 'utf8'));
    expect(await run('services', 'diff')).toMatchObject({ code: 0, stdout: '' });
    expect((await run('services', 'export', 'nowhere')).code).toBe(2);
    const trust = join(city.folder, 'out-trust');
    expect((await run('changes', 'export', 'trust-list', '--out', trust)).code).toBe(0);
    expect(readFileSync(join(trust, 'yuean/authority.yaml'), 'utf8')).toBe(
      readFileSync(join(city.trust, 'yuean/authority.yaml'), 'utf8'),
    );
    expect(await run('changes', 'export', 'nothing', '--out', trust)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('trust-list') as string,
    });
    expect((await run('changes', 'export', 'department', '--out', trust)).code).toBe(2);
  });

  it('import nothing where one file is wrong, and name all that is', async () => {
    const text = readFileSync(file(), 'utf8');
    const wrong = write('wrong.yaml', text.replace('subjects: [citizen]', 'subjects: [citizan]'));
    const unreadable = write('unreadable.yaml', 'department: [\n');
    const secret = write('secret.yaml', 'department: health\nname: { zh: 卫生, en: Health }\nservices: []\n');
    const failed = await run('services', 'import', secret, wrong, unreadable, join(given, 'missing.yaml'));
    expect(failed.code).toBe(3);
    expect(failed.stderr).toMatch(/wrong\.yaml:\d+:\d+: services\[\d+\]\.subjects/);
    expect(failed.stderr).toMatch(/unreadable\.yaml:\d+:\d+: /);
    expect(failed.stderr).toMatch(/missing\.yaml:1:1: /);
    expect((await run('changes', 'list', '--all')).stdout).toBe('');
  });

  it('refuse names of the environment that the file in config/ does not read', async () => {
    const text = readFileSync(file(), 'utf8');
    const note = write('stealing.yaml', text.replace(/zh: [^,}]+/, "zh: '${ONECERT_POSTGRES:-}x'"));
    const failed = await run('services', 'import', note);
    expect(failed).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/stealing\.yaml:\d+:\d+: .*ONECERT_POSTGRES/) as string,
    });
  });

  it('propose what is imported, recorded by the gateway that runs, and show how it differs', async () => {
    const text = readFileSync(file(), 'utf8');
    const closed = write(
      'census.yaml',
      text.replace('path: /citizens-only\n', 'path: /citizens-only\n    enabled: false\n'),
    );
    const imported = await run('services', 'import', closed, '--note', 'closed for the holidays');
    expect(imported.code).toBe(0);
    const id = idOf(imported.stdout);
    expect((await run('changes', 'list')).stdout).toMatch(
      new RegExp(`^${id}  department census  \\[submitted\\]  import, system`),
    );
    const shown = await run('changes', 'show', id);
    expect(shown.stdout).toMatch('closed for the holidays');
    expect(shown.stdout).toMatch('\n+    enabled: false\n');
    expect(documents().at(-1)).toMatchObject({
      step: 'submitted',
      kind: 'department',
      name: 'census',
      origin: 'import',
    });
    expect(await run('changes', 'show', 'x'.repeat(22))).toMatchObject({
      code: 1,
      stderr: expect.stringMatching('ONECERT_CHANGE_UNKNOWN') as string,
    });
    // Not in force: nobody has approved it.
    expect((await city.curl('/citizens-only', { as: 'li-wei-yuean' })).status).toBe(200);
    expect((await run('services', 'import')).stdout).toMatch('census: unchanged');
  });

  it('settle what files and store disagree about as --take says', async () => {
    const { openEmbeddedChangeStore } = await import('../../src/changes/embedded-change-store.ts');
    const store = openEmbeddedChangeStore(join(city.data, 'changes.sqlite'));
    const key = { kind: 'department', name: 'census' } as const;
    const text = `${readFileSync(file(), 'utf8')}# in force\n`;
    await store.put({
      ...key,
      base: 1,
      files: [{ path: 'department.yaml', content: Buffer.from(text) }],
      origin: 'console',
      proposedBy: 'system',
      note: '',
      at: Date.now(),
    });
    await store.close();
    expect(await run('services', 'diff')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching('\n\\+# in force\n') as string,
    });
    const unsaid = await run('services', 'import');
    expect(unsaid).toMatchObject({
      code: 2,
      stderr: expect.stringMatching('disagree about census') as string,
    });
    const proposed = await run('services', 'import', '--take', 'files');
    expect(proposed.stdout).toMatch(/census: proposed as/);
    expect((await run('services', 'import', '--take', 'store')).stdout).toMatch(
      'is what is in force now (version 2)',
    );
    expect(readFileSync(file(), 'utf8')).toBe(text);
    expect((await run('services', 'diff')).code).toBe(0);
    await eventually('nobody has to choose', async () => {
      const ready = await fetch(`http://127.0.0.1:${city.ports.ONECERT_ADMIN_PORT}/readyz`);
      return !(await ready.text()).includes('files on disk are wrong');
    });
  });
});

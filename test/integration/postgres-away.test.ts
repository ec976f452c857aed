import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  describeWithOwnPostgres,
  onPostgres,
  ownPostgres,
  type OwnPostgres,
} from '../unit/storage/postgres-servers.ts';
import { eventually, hasTools, openCity, type City } from './city.ts';

const whenAll = hasTools() ? describeWithOwnPostgres : describe.skip;

whenAll('a gateway whose register is in PostgreSQL', () => {
  let postgres: OwnPostgres;
  let city: City;
  const service = '/residence-permit';
  const call = (as: string) => city.curl(service, { as });

  beforeAll(async () => {
    postgres = await ownPostgres();
    await postgres.start();
    city = await openCity();
    city.edit('config/gateway.yaml', 'drain: 30s', `drain: 30s\nstores: { postgres: '${postgres.url}' }`);
    city.edit(
      'config/roles.yaml',
      'roles:\n',
      `roles:\n  - { role: auditor, certificate: '${'b'.repeat(64)}' }\n`,
    );
    await city.start();
  }, 180_000);
  afterAll(async () => {
    await city.stop();
    await city.remove();
    await postgres.remove();
  });
  const readiness = async () => {
    const answer = await fetch(`http://127.0.0.1:${city.ports.ONECERT_ADMIN_PORT}/readyz`);
    const { checks } = (await answer.json()) as { checks: { name: string; detail?: string }[] };
    return { status: answer.status, detail: checks.find(({ name }) => name === 'postgres')?.detail };
  };

  it('is asked by commands in the stores it shares, and not in files that hold nothing', async () => {
    expect((await call('li-wei-zhujiang')).status).toBe(200);
    const search = (...more: string[]) =>
      city.onecert('audit', 'search', '--json', '--event', 'call', ...more);
    const named = ['--config', city.configuration];
    await eventually('the index has the call', async () => (await search(...named)).code === 0);
    const [line = ''] = (await search(...named)).stdout.split('\n');
    expect(JSON.parse(line)).toMatchObject({ event: 'call', department: 'public-security' });
    const opened = await search(...named, '--open', '--reason', 'complaint 7');
    expect(opened.stdout).toContain('"from":"127.0.0.1"');
    expect(await search('--data', city.data)).toMatchObject({
      code: 5,
      stdout: '',
      stderr: expect.stringContaining('give --config') as string,
    });
    const inspected = await city.onecert('inspect', ...named, '--json', '--no-advisories');
    const { results } = JSON.parse(inspected.stdout) as {
      results: { id: string; status: string; findings: { text: { en: string } }[] }[];
    };
    const said = (id: string) =>
      results
        .find((each) => each.id === id)
        ?.findings.map(({ text }) => text.en)
        .join();
    expect(said('enrolment-unused')).toContain('goes back 0 days');
    expect(said('people-certificates')).toContain('roles[0]: its certificate has not signed in yet');
  });

  it('serves on who is known while it is away, refuses strangers, and registers them when it is back', async () => {
    expect((await call('li-wei-zhujiang')).status).toBe(200);
    const rows = await onPostgres(postgres.url, 'SELECT count(*)::integer AS total FROM onecert.identities');
    expect(rows).toEqual([{ total: 1 }]);
    expect(await readiness()).toEqual({ status: 200, detail: undefined });

    await postgres.kill();
    // Each on a connection, and so on a thread, of its own.
    for (let each = 0; each < 8; each++) expect((await call('li-wei-zhujiang')).status).toBe(200);
    const stranger = await call('chen-fang-zhujiang');
    expect(stranger.status).toBe(503);
    expect(stranger.body).toContain('ONECERT_REGISTER_UNAVAILABLE');
    await eventually('readiness tells of it', async () => (await readiness()).detail !== undefined);
    expect((await readiness()).status).toBe(200);
    expect((await city.metric('onecert_postgres_up')).get('')).toBe(0);

    await postgres.start();
    await eventually(
      'a stranger is registered',
      async () => (await call('chen-fang-zhujiang')).status === 200,
    );
    expect(await readiness()).toEqual({ status: 200, detail: undefined });
  });

  it('does not start with other keys than those the register was written with', async () => {
    await city.stop();
    rmSync(join(city.data, 'keys', 'pairwise.key'));
    const result = await city.onecert('start', '--config', city.configuration);
    expect(result.code).toBe(5);
    expect(result.stderr).toContain('pairwise.key is not the one');
  });
});

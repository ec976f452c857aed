import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openEmbeddedChangeStore } from '../../src/changes/embedded-change-store.ts';
import type { ChangeStore } from '../../src/changes/change-store.ts';
import type { DocumentKey } from '../../src/changes/document.ts';
import { thumbprintOf } from '../../src/demo/staff.ts';
import { startCensus, type Census } from './census.ts';
import { eventually, hasTools, openCity, type City } from './city.ts';
import { call, keepAliveAgent } from './proxy/client.ts';

const withTools = hasTools() ? describe : describe.skip;

const CENSUS: DocumentKey = { kind: 'department', name: 'census' };

/** Another process writes versions into the same store, as another replica would. */
withTools('documents in the change store', () => {
  let census: Census;
  let city: City;
  let store: ChangeStore;
  beforeAll(async () => {
    census = await startCensus();
    city = await openCity({ files: census.files, environment: { ONECERT_LOG_LEVEL: 'info' } });
    await city.start();
    store = openEmbeddedChangeStore(join(city.data, 'changes.sqlite'));
  });
  afterAll(async () => {
    // Not there where the city did not start.
    await (store as ChangeStore | undefined)?.close();
    await city.remove();
    await census.down();
  });

  const put = async (key: DocumentKey, path: string, text: string | undefined) =>
    store.put({
      ...key,
      base: (await store.current(key))?.version ?? 0,
      files: text === undefined ? [] : [{ path, content: Buffer.from(text) }],
      origin: 'command',
      proposedBy: 'system',
      note: '',
      at: Date.now(),
    });
  const textOf = async (key: DocumentKey): Promise<string> =>
    (await store.current(key))?.files[0]?.content.toString('utf8') ?? '';
  const said = (part: string): Record<string, unknown>[] =>
    city.log().filter(({ msg }) => String(msg).includes(part));
  const file = (): string => join(city.configuration, 'departments/census.yaml');

  it('begin as what the files are, each with an entry in the audit log', async () => {
    const text = readFileSync(file(), 'utf8');
    const current = await store.current(CENSUS);
    expect(current).toMatchObject({ version: 1, origin: 'files', proposedBy: 'system' });
    expect(current?.files.map(({ path, content }) => [path, content.toString('utf8')])).toEqual([
      ['department.yaml', text],
    ]);
    const entries = city.audit().filter(({ event }) => event === 'change');
    expect(entries).toHaveLength(await store.sequence());
    expect(entries).toContainEqual(
      expect.objectContaining({
        step: 'taken',
        kind: 'department',
        name: 'census',
        version: 1,
        by: 'system',
      }),
    );
    expect(await store.current({ kind: 'trust-list', name: 'city' })).toMatchObject({ version: 1 });
    expect(await store.current({ kind: 'roles', name: 'city' })).toMatchObject({ version: 1 });
  });

  it('come into force when another process has kept a version, and the files are said to be behind', async () => {
    const agent = keepAliveAgent(city.pair('li-wei-yuean'));
    const status = async () => (await call(city.ports.ONECERT_PORT, '/citizens-only', { agent })).status;
    expect(await status()).toBe(200);
    const before = await textOf(CENSUS);
    await put(
      CENSUS,
      'department.yaml',
      before.replace('path: /citizens-only\n', 'path: /citizens-only\n    enabled: false\n'),
    );
    await eventually('the service is closed', async () => (await status()) !== 200);
    await city.stop();
    await city.start();
    expect((await city.curl('/citizens-only', { as: 'li-wei-yuean' })).json().code).toBe(
      'ONECERT_SERVICE_DISABLED',
    );
    expect(said('ahead of the files')).toMatchObject([{ kind: 'department', name: 'census' }]);
    agent.destroy();
  });

  it('stay in force where files and store were both changed, until somebody says which it is to be', async () => {
    writeFileSync(file(), `${readFileSync(file(), 'utf8')}# changed by hand\n`);
    await eventually(
      'the log says so',
      () => said('changed in the files and in the change store').length > 0,
    );
    expect((await city.curl('/citizens-only', { as: 'li-wei-yuean' })).json().code).toBe(
      'ONECERT_SERVICE_DISABLED',
    );
    const ready = await fetch(`http://127.0.0.1:${city.ports.ONECERT_ADMIN_PORT}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.text()).toMatch('files on disk are wrong');
    await put(CENSUS, 'department.yaml', readFileSync(file(), 'utf8'));
    await eventually(
      'the service is open',
      async () => (await city.curl('/citizens-only', { as: 'li-wei-yuean' })).status === 200,
    );
  });

  it('a version that cannot be taken leaves the old one in force, and says so once', async () => {
    const before = await textOf(CENSUS);
    await put(CENSUS, 'department.yaml', before.replace('subjects: [citizen]', 'subjects: [citizan]'));
    await eventually('the log says so', () => said('configuration not taken').length > 0);
    expect((await city.curl('/citizens-only', { as: 'li-wei-yuean' })).status).toBe(200);
    await put(CENSUS, 'department.yaml', before);
    await eventually('it is taken', () => said('configuration taken').length > 0);
  });

  it('a locked identity is refused by open connections and all its certificates, and let in again', async () => {
    const agent = keepAliveAgent(city.pair('li-wei-yuean'));
    const answer = () => call(city.ports.ONECERT_PORT, '/citizens-only', { agent });
    expect((await answer()).status).toBe(200);
    const register = new DatabaseSync(join(city.data, 'register.sqlite'), { readOnly: true });
    const { unified_id: unifiedId } = register
      .prepare('SELECT unified_id FROM identities JOIN certificates ON identity = id WHERE thumbprint = ?')
      .get(
        Buffer.from(thumbprintOf(city.person('li-wei-yuean').certificate), 'hex').toString('base64url'),
      ) as { unified_id: string };
    register.close();
    const key: DocumentKey = { kind: 'identity', name: unifiedId };
    await put(key, 'standing.yaml', 'locked: true\nreason: reported stolen\n');
    await eventually('it is locked', async () => (await answer()).status === 403);
    expect((await answer()).json().code).toBe('ONECERT_IDENTITY_LOCKED');
    const other = await city.curl('/citizens-only', { as: 'li-wei-zhujiang' });
    expect(other.json().code).toBe('ONECERT_IDENTITY_LOCKED');
    expect((await city.curl('/citizens-only', { as: 'chen-fang-yuean' })).status).toBe(200);
    await put(key, 'standing.yaml', 'locked: false\nreason: found again\n');
    await eventually('it is let in', async () => (await answer()).status === 200);
    agent.destroy();
  });
});

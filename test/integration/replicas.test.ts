import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { decodePem } from '../../src/certificate/pem.ts';
import { openPostgresChangeStore } from '../../src/changes/postgres-change-store.ts';
import { openPostgres } from '../../src/storage/postgres.ts';
import {
  describeWithPostgres,
  dropSchema,
  newSchema,
  onPostgres,
  POSTGRES_URL,
} from '../unit/storage/postgres-servers.ts';
import { ownRedis, type OwnRedis } from '../unit/storage/redis-servers.ts';
import { startCensus, type Census } from './census.ts';
import { eventually, hasTools, openSplitCity, type SplitCity } from './city.ts';
import { layOutReplica, type Replica } from './replica.ts';

const whenAll = hasTools() ? describeWithPostgres : describe.skip;

const CENSUS = 'department/census';

/** Two gateways, each with a data folder of its own, on one PostgreSQL and one Redis. */
whenAll('two replicas', () => {
  const schema = newSchema();
  let redis: OwnRedis;
  let census: Census;
  let city: SplitCity;
  let replica: Replica;

  beforeAll(async () => {
    redis = await ownRedis();
    await redis.start();
    census = await startCensus();
    city = await openSplitCity({ files: census.files, environment: { ONECERT_THREADS: '1' } });
    await city.responders.start();
    city.edit(
      'config/gateway.yaml',
      'drain: 30s',
      `drain: 30s\nstores: { postgres: '${POSTGRES_URL}', schema: ${schema}, redis: '${redis.url}' }`,
    );
    const roles = ['zhou-min-zhujiang', 'wu-qiang-zhujiang'].map((person) => ({
      role: 'operator',
      certificate: thumbprintOf(person),
    }));
    writeFileSync(join(city.configuration, 'roles.yaml'), stringify({ roles }));
    await city.start();
    replica = await layOutReplica(city);
    await replica.start();
  }, 180_000);
  afterAll(async () => {
    await replica.remove();
    await city.remove();
    await census.down();
    await redis.remove();
    await dropSchema(schema);
  });

  const thumbprintOf = (person: string): string =>
    createHash('sha256')
      .update(decodePem(readFileSync(city.person(person).certificate, 'latin1'))[0] as Uint8Array)
      .digest('hex');

  type Gateway = Pick<SplitCity, 'curl'> | Pick<Replica, 'curl'>;
  const api = async (
    gateway: Gateway,
    as: string,
    path: string,
    { body, version }: { readonly body?: object; readonly version?: number } = {},
  ) => {
    const sent =
      body === undefined ? [] : ['-d', JSON.stringify(body), '-H', 'content-type: application/json'];
    const match = version === undefined ? [] : ['-H', `if-match: "${version}"`];
    return gateway.curl(`/api/admin/v1${path}`, { as, args: [...sent, ...match] });
  };
  /** Proposed by one operator on one gateway, approved by the other on the other; the files of it are changed. */
  const change = async (
    document: string,
    edit: (text: string) => string,
    [first, second]: readonly [Gateway, Gateway],
  ): Promise<void> => {
    const read = await api(first, 'zhou-min-zhujiang', `/documents/${document}`);
    expect([read.status, read.body]).toEqual([200, expect.stringContaining('"files"')]);
    const current = read.json();
    const files = current['files'] as { readonly path: string; readonly content: string }[];
    const proposed = await api(first, 'zhou-min-zhujiang', `/documents/${document}/proposals`, {
      body: { files: files.map((file) => ({ ...file, content: edit(file.content) })) },
      version: Number(current['version']),
    });
    expect([proposed.status, proposed.json()['state']]).toEqual([201, 'submitted']);
    const id = String(proposed.json()['id']);
    const approved = await api(second, 'wu-qiang-zhujiang', `/proposals/${id}/approve`, { body: {} });
    expect([approved.status, approved.body]).toEqual([200, expect.stringContaining('"approvedBy"')]);
  };
  const closed = (text: string): string =>
    text.replace('path: /citizens-only\n', 'path: /citizens-only\n    enabled: false\n');
  const opened = (text: string): string => text.replace('    enabled: false\n', '');
  const codeOf = async (gateway: Gateway, as = 'li-wei-yuean'): Promise<string> => {
    const { status, body } = await gateway.curl('/citizens-only', { as });
    return status === 200 ? 'served' : (/ONECERT_\w+/.exec(body)?.[0] ?? String(status));
  };
  const everywhere = async (code: string): Promise<void> => {
    for (const gateway of [city, replica])
      await eventually(`${code} everywhere`, async () => (await codeOf(gateway)) === code, 5_000);
  };

  it('have one register, one set of documents, and a person who is the same on both', async () => {
    expect([await codeOf(city), await codeOf(replica)]).toEqual(['served', 'served']);
    const rows = await onPostgres(
      POSTGRES_URL,
      `SELECT (SELECT count(*)::integer FROM ${schema}.identities) AS people,
              (SELECT count(*)::integer FROM ${schema}.change_versions WHERE kind = 'trust-list') AS lists`,
    );
    expect(rows).toEqual([{ people: 1, lists: 1 }]);
  });

  it('take up what is approved on the other one', async () => {
    await change(CENSUS, closed, [city, replica]);
    await everywhere('ONECERT_SERVICE_DISABLED');
    await change(CENSUS, opened, [replica, city]);
    await everywhere('served');
  });

  it('give and take roles together', async () => {
    await change(
      'roles/city',
      (text) => `${text}  - { role: auditor, certificate: '${thumbprintOf('sun-yan-zhujiang')}' }\n`,
      [city, city],
    );
    const reads = async (gateway: Gateway) =>
      (await api(gateway, 'sun-yan-zhujiang', `/documents/${CENSUS}`)).status;
    await eventually('the role is in force on the other', async () => (await reads(replica)) === 200, 5_000);
    expect(await reads(city)).toBe(200);
  });

  it('lock and unlock an identity together', async () => {
    const [person] = await onPostgres(POSTGRES_URL, `SELECT unified_id FROM ${schema}.identities`);
    const standing = async (text: string): Promise<void> => {
      const document = `identity/${String(person?.['unified_id'])}`;
      const current = await api(city, 'zhou-min-zhujiang', `/documents/${document}`);
      const version = current.status === 200 ? Number(current.json()['version']) : 0;
      const proposed = await api(city, 'zhou-min-zhujiang', `/documents/${document}/proposals`, {
        body: { files: [{ path: 'standing.yaml', content: text }] },
        version,
      });
      expect([proposed.status, proposed.body]).toEqual([201, expect.stringContaining('submitted')]);
      const id = String(proposed.json()['id']);
      const path = `/proposals/${id}/approve`;
      expect((await api(city, 'wu-qiang-zhujiang', path, { body: {} })).status).toBe(200);
    };
    await standing('locked: true\nreason: reported stolen\n');
    await everywhere('ONECERT_IDENTITY_LOCKED');
    await standing('locked: false\nreason: found again\n');
    await everywhere('served');
  });

  it('have one index of their logs, and keys by which any of them opens it', async () => {
    const rows = async () =>
      onPostgres(
        POSTGRES_URL,
        `SELECT count(DISTINCT e.replica)::integer AS replicas, count(DISTINCT e.holder)::integer AS holders
         FROM ${schema}.audit_entries e WHERE e.event = 'call' AND e.service IS NOT NULL AND e.holder IS NOT NULL`,
      );
    await eventually('both logs are indexed', async () => (await rows())[0]?.['replicas'] === 2);
    // One person has called through both: under one key.
    expect(await rows()).toEqual([{ replicas: 2, holders: 1 }]);
    const [{ names } = {}] = await onPostgres(
      POSTGRES_URL,
      `SELECT array_agg(name) AS names FROM ${schema}.audit_replicas`,
    );
    const written = [city.data, replica.data].map((data) =>
      readFileSync(join(data, 'replica'), 'utf8').trim(),
    );
    expect([...(names as string[])].sort()).toEqual([...written].sort());
  });

  it('take it up while Redis is away, by looking', async () => {
    await redis.kill();
    // The console needs Redis for its sessions: what comes now comes from a process that has it.
    const postgres = openPostgres({ url: POSTGRES_URL, schema, statementMs: 20_000 });
    expect(await postgres.ready(20_000)).toBe(true);
    const store = await openPostgresChangeStore(postgres);
    const put = async (edit: (text: string) => string): Promise<void> => {
      const key = { kind: 'department', name: 'census' } as const;
      const current = await store.current(key);
      await store.put({
        ...key,
        base: current?.version ?? 0,
        files: (current?.files ?? []).map(({ path, content }) => ({
          path,
          content: Buffer.from(edit(Buffer.from(content).toString('utf8'))),
        })),
        origin: 'command',
        proposedBy: 'system',
        note: '',
        at: Date.now(),
      });
    };
    await put(closed);
    await everywhere('ONECERT_SERVICE_DISABLED');
    await redis.start();
    await put(opened);
    await everywhere('served');
    await postgres.close();
  });

  it('leave documents as they are when a replica starts with other files, and say so', async () => {
    await replica.stop();
    const file = join(replica.configuration, 'departments/census.yaml');
    writeFileSync(file, closed(readFileSync(file, 'utf8')));
    await replica.start();
    expect(await codeOf(replica)).toBe('served');
    expect(replica.output()).toContain('ahead of the files');
  });
});

import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { latestCheckpoint } from '../../src/audit/checkpoint/checkpoints-file.ts';
import {
  describeWithPostgres,
  dropSchema,
  newSchema,
  POSTGRES_URL,
} from '../unit/storage/postgres-servers.ts';
import { entriesOf } from '../unit/audit/written-log.ts';
import { onecert } from './city-command.ts';
import { eventually, hasTools, openCity, openSplitCity, type City, type SplitCity } from './city.ts';
import { connectTls } from './proxy/client.ts';
import { layOutReplica, type Replica } from './replica.ts';

const withTools = hasTools() ? describe : describe.skip;

type Gateway = Pick<City, 'data' | 'configuration' | 'onecert'>;
const folderOf = ({ data }: Pick<Gateway, 'data'>): string => join(data, 'audit');
const keyChanges = (gateway: Pick<Gateway, 'data'>) =>
  entriesOf(folderOf(gateway)).filter(({ what, key }) => what === 'key' && key === 'audit.key');
/** How many keys of the log the latest checkpoint that covers the latest change is signed with. */
const signatures = async (gateway: Pick<Gateway, 'data'>): Promise<number> => {
  const changed = Number(keyChanges(gateway).at(-1)?.['seq'] ?? 0);
  const latest = await latestCheckpoint(folderOf(gateway));
  return latest === undefined || latest.size < changed ? 0 : latest.note.signatures.length;
};
const keys = async (gateway: Gateway, ...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await gateway.onecert('keys', ...args, '--config', gateway.configuration);
  if (code !== 0) throw new Error(`keys ${args.join(' ')}: ${code} ${stderr}`);
  return stdout;
};
const publicKeys = async (gateway: Gateway): Promise<readonly string[]> =>
  (await gateway.onecert('audit', 'key', folderOf(gateway))).stdout.trim().split('\n');
const verify = (gateway: Gateway, ...given: readonly string[]) =>
  gateway.onecert('audit', 'verify', folderOf(gateway), ...given.flatMap((key) => ['--key', key]));

withTools('the key of the audit log, rotated while the gateway runs', () => {
  let city: City;
  let root: string;
  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'onecert-audit-key-'));
    city = await openCity();
    await city.start();
  }, 90_000);
  afterAll(async () => {
    await city?.remove();
    rmSync(root, { recursive: true, force: true });
  });

  const callOnce = async (): Promise<void> => {
    expect(await city.curl('/joint-tax', { as: 'pengwan-tech-yuean' })).toMatchObject({ status: 200 });
  };
  const oldKeys = async (): Promise<string> => {
    const { stdout } = await city.onecert(
      ...['inspect', '--config', city.configuration, '--no-advisories', '--json'],
    );
    const { results } = JSON.parse(stdout) as { results: { id: string; findings: object[] }[] };
    return JSON.stringify(results.find(({ id }) => id === 'keys-rotation')?.findings);
  };

  it('is announced and signs; auditors verify by the old key, the new one or both; the old one retires', async () => {
    await callOnce();
    const [old = '', ...others] = await publicKeys(city);
    expect(others).toEqual([]);
    const twoYearsAgo = new Date(Date.now() - 800 * 86_400_000);
    utimesSync(join(city.data, 'keys/audit.key'), twoYearsAgo, twoYearsAgo);
    expect(await oldKeys()).toContain('audit.key 0: 800 days old');

    expect(await keys(city, 'rotate', 'audit.key', '--use-after', '0s')).toContain(
      'give auditors and witnesses the new public key',
    );
    await eventually('both sign', async () => (await signatures(city)) === 2);
    expect(await oldKeys()).not.toContain('audit.key');
    const [, young = ''] = await publicKeys(city);
    expect(keyChanges(city)).toMatchObject([{ version: 1, change: 'made', vkey: young }]);
    await callOnce();
    const while2 = await verify(city, old);
    expect(while2).toMatchObject({ code: 0, stderr: '' });
    expect(while2.stdout).toMatch(
      new RegExp(
        `Entry \\d+ announces another key of the log under the key you gave, ${quoted(young)}: write`,
      ),
    );
    expect(await verify(city, young)).toMatchObject({ code: 0 });
    expect(await keys(city, 'list')).toMatch(
      /audit\.key \(overlap\): signs the checkpoints of the audit log\n {4}0 .* kept until .*\n {4}1 .* in use\n/,
    );

    // To somebody who has the old key and not the log.
    const announcement = join(root, 'announcement.json');
    const seq = String(keyChanges(city)[0]?.['seq']);
    writeFileSync(
      announcement,
      (await city.onecert('audit', 'prove', seq, '--folder', folderOf(city))).stdout,
    );
    expect(await city.onecert('audit', 'check-proof', announcement, '--key', old)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`It announces a key of the log: ${young}\n`) as string,
    });

    const backup = join(root, 'city.backup');
    const environment = { ...city.environment, ONECERT_BACKUP_PASSPHRASE: 'correct horse battery' };
    const made = await onecert(['backup', '--config', city.configuration, '--out', backup], environment);
    expect(made).toMatchObject({ code: 0 });

    const early = await city.onecert('keys', 'retire', 'audit.key', '0', '--config', city.configuration);
    expect(early).toMatchObject({ code: 2, stderr: expect.stringContaining('is needed until') as string });
    await keys(city, 'retire', 'audit.key', '0', '--now');
    await eventually('the new one signs alone', async () => (await signatures(city)) === 1);
    await callOnce();
    const after = await verify(city, old);
    expect(after).toMatchObject({ code: 0, stderr: '' });
    expect(after.stdout).toMatch(
      new RegExp(
        `From entry \\d+ on the log signs with ${quoted(young)}, announced in entry \\d+ under the key you gave: write it down\\.`,
      ),
    );
    const withNew = await verify(city, young);
    expect(withNew).toMatchObject({ code: 0 });
    expect(withNew.stdout).toContain(`are signed with ${old}, which was not given`);
    expect((await verify(city, old, young)).stdout).not.toContain('write it down');
    expect(await verify(city)).toMatchObject({ code: 0 });

    // While it stands still.
    await city.stop();
    await keys(city, 'rotate', 'audit.key', '--use-after', '0s');
    const unknown = ['retire', 'audit.key', '1', '--now', '--config', city.configuration];
    expect(await city.onecert('keys', ...unknown)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has announced no later version yet') as string,
    });
    await city.start();
    await eventually('the third signs', async () => (await signatures(city)) === 2);
    await city.stop();
    await keys(city, 'retire', 'audit.key', '1', '--now');
    await city.start();
    await eventually('the third signs alone', async () => (await signatures(city)) === 1);
    await callOnce();
    const [, , third = ''] = await publicKeys(city);
    for (const key of [old, young, third]) expect(await verify(city, key)).toMatchObject({ code: 0 });
    const errors = city.log().filter(({ level }) => level === 'error' || Number(level) >= 50);
    expect(errors).toEqual([]);

    // A backup of when both signed: log and keys belong together.
    const configuration = join(root, 'restored/config');
    const restoredData = join(root, 'restored/data');
    const restored = await onecert(['restore', '--from', backup, '--config', configuration], {
      ...environment,
      ONECERT_DATA: restoredData,
    });
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    for (const given of [[old], [young], [old, young], []]) {
      expect(await verify({ ...city, data: restoredData }, ...given)).toMatchObject({ code: 0 });
    }
  }, 240_000);

  it('and that of TLS tickets is in use when its time has come: what the one before made is of no use any more', async () => {
    const visit = async (session?: Buffer): Promise<{ reused: boolean; session: Buffer | undefined }> => {
      const options = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', session } as const;
      const socket = await connectTls(city.ports.ONECERT_PORT, city.pair('li-wei-yuean'), options);
      const seen = { reused: socket.isSessionReused(), session: socket.getSession() };
      const closed = once(socket, 'close');
      socket.end();
      await closed;
      return seen;
    };
    const { session: first } = await visit();
    expect(await visit(first)).toMatchObject({ reused: true });
    await keys(city, 'rotate', 'tls-ticket.key', '--use-after', '6s');
    await eventually('the version is taken up', () =>
      entriesOf(folderOf(city)).some(({ key, change }) => key === 'tls-ticket.key' && change === 'made'),
    );
    await eventually('the old ticket is of no use', async () => !(await visit(first)).reused);
    const { session: second } = await visit();
    expect(await visit(second)).toMatchObject({ reused: true });
  }, 60_000);
});

(hasTools() ? describeWithPostgres : describe.skip)('replicas that share a folder of keys', () => {
  const schema = newSchema();
  let city: SplitCity;
  let replica: Replica;
  beforeAll(async () => {
    city = await openSplitCity({ environment: { ONECERT_THREADS: '1' } });
    await city.responders.start();
    const stores = `stores: { postgres: '${POSTGRES_URL}', schema: ${schema} }`;
    city.edit('config/gateway.yaml', 'drain: 30s', `drain: 5s\n${stores}`);
    await city.start();
    replica = await layOutReplica(city);
    rmSync(join(replica.data, 'keys'), { recursive: true });
    symlinkSync(join(city.data, 'keys'), join(replica.data, 'keys'));
    await replica.start();
  }, 150_000);
  afterAll(async () => {
    await replica?.remove();
    await city?.remove();
    await dropSchema(schema);
  });

  it('each announce the next key in their own log, under their own name', async () => {
    await keys(city, 'rotate', 'audit.key', '--use-after', '0s');
    const gateways = [city, replica];
    const known: string[] = [];
    for (const gateway of gateways) {
      await eventually('both sign', async () => (await signatures(gateway)) === 2);
      const [old = '', young = ''] = await publicKeys(gateway);
      expect(keyChanges(gateway)).toMatchObject([{ version: 1, change: 'made', vkey: young }]);
      expect(await verify(gateway, old)).toMatchObject({ code: 0 });
      known.push(old, young);
    }
    expect(new Set(known.map((key) => key.split('+')[0])).size).toBe(2);
    await keys(replica, 'retire', 'audit.key', '0', '--now');
    for (const gateway of gateways) {
      await eventually('the new one signs alone', async () => (await signatures(gateway)) === 1);
      // Whoever looks after both logs gives the keys of both.
      expect(await verify(gateway, ...known)).toMatchObject({ code: 0, stderr: '' });
    }
  }, 120_000);
});

const quoted = (text: string): string => text.replace(/[+.*?^${}()|[\]\\/]/g, '\\$&');

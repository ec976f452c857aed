import { generateKeyPairSync } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onecert } from './city-command.ts';
import { eventually, hasTools, openCity, type City } from './city.ts';
import { call, keepAliveAgent } from './proxy/client.ts';

const withTools = hasTools() ? describe : describe.skip;
const PASSPHRASE = 'correct horse battery';

withTools('backup and restore', () => {
  let city: City;
  let root: string;
  let subs: readonly unknown[];
  const people = ['li-wei-yuean', 'li-wei-zhujiang'];
  const environment = (): NodeJS.ProcessEnv => ({
    ...city.environment,
    ONECERT_BACKUP_PASSPHRASE: PASSPHRASE,
  });
  const subOf = async (as: string): Promise<unknown> =>
    ((await city.curl('/rental-housing', { as })).json() as { caller: { sub: string } }).caller.sub;
  const filesOf = (folder: string): string[] => (readdirSync(folder, { recursive: true }) as string[]).sort();

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'onecert-backup-'));
    city = await openCity();
    await city.start();
    subs = await Promise.all(people.map(subOf));
  }, 90_000);
  afterAll(async () => {
    await city?.remove();
    rmSync(root, { recursive: true, force: true });
  });

  it('is made under load, verifies, and a gateway starts on what is restored: ids, log, configuration', async () => {
    const agent = keepAliveAgent(city.pair('li-wei-yuean'));
    let ended = false;
    const statuses = new Set<number>();
    const load = (async () => {
      while (!ended) statuses.add((await call(city.ports.ONECERT_PORT, '/rental-housing', { agent })).status);
    })();
    const file = join(root, 'city.backup');
    const made = await onecert(['backup', '--config', city.configuration, '--out', file], environment());
    expect(made).toMatchObject({ code: 0 });
    const before = city.audit().length;
    await eventually('calls go on', () => city.audit().length > before + 10);
    ended = true;
    await load;
    agent.destroy();
    expect([...statuses]).toEqual([200]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const verified = await onecert(['backup', 'verify', file, '--json'], environment());
    expect(verified.code).toBe(0);
    const manifest = JSON.parse(verified.stdout) as {
      id: string;
      auditHead: { seq: number };
      files: { path: string }[];
    };
    expect(manifest.files.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        'config/gateway.yaml',
        'data/register.sqlite',
        'data/keys/field.key',
        'trust/yuean/authority.yaml',
      ]),
    );
    expect(manifest.files.filter(({ path }) => /^data\/crls\//.test(path))).toEqual([]);
    const text = readFileSync(file, 'latin1');
    expect(text).not.toContain('BEGIN PRIVATE KEY');
    expect(text).not.toContain('rental-housing');

    await city.stop();
    const moved = join(root, 'moved');
    mkdirSync(moved);
    for (const name of ['data', 'config', 'ca-trust']) {
      cpSync(join(city.folder, name), join(moved, name), { recursive: true });
      rmSync(join(city.folder, name), { recursive: true });
    }
    const restored = await onecert(
      ['restore', '--from', file, '--config', city.configuration],
      environment(),
    );
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(city.folder).filter((name) => name.startsWith('.onecert'))).toEqual([]);
    expect(filesOf(city.configuration)).toEqual(filesOf(join(moved, 'config')));
    expect(filesOf(city.trust)).toEqual(filesOf(join(moved, 'ca-trust')));
    expect(statSync(join(city.data, 'keys/field.key')).mode & 0o077).toBe(0);
    await city.start();
    expect(await Promise.all(people.map(subOf))).toEqual(subs);
    await city.stop();
    expect(
      city.audit().find(({ event, backup }) => event === 'recovery' && backup !== undefined),
    ).toMatchObject({
      backup: manifest.id,
      backupLastSeq: manifest.auditHead.seq,
      seq: manifest.auditHead.seq + 1,
    });
    expect(await city.onecert('audit', 'verify', join(city.data, 'audit'))).toMatchObject({ code: 0 });
  }, 120_000);

  it('opens with the private key it was made for, without a passphrase', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('x25519');
    const [recipient, identity, file] = ['recipient.pem', 'identity.pem', 'sealed.backup'].map((name) =>
      join(root, name),
    ) as [string, string, string];
    writeFileSync(recipient, publicKey.export({ type: 'spki', format: 'pem' }));
    writeFileSync(identity, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const made = await city.onecert(
      'backup',
      '--config',
      city.configuration,
      '--out',
      file,
      '--recipient',
      recipient,
    );
    expect(made).toMatchObject({ code: 0 });
    expect(await city.onecert('backup', 'verify', file, '--identity', identity)).toMatchObject({ code: 0 });
  }, 60_000);

  it('refuses what is damaged, cut off, or opened with another passphrase, and leaves nothing behind', async () => {
    const file = join(root, 'city.backup');
    const good = readFileSync(file);
    const flipped = Buffer.from(good);
    flipped[Math.floor(good.length / 2)] = (flipped[Math.floor(good.length / 2)] ?? 0) ^ 4;
    const cases: readonly [string, Buffer, string, RegExp][] = [
      ['flipped', flipped, PASSPHRASE, /damaged/],
      ['cut', good.subarray(0, good.length - 1_000), PASSPHRASE, /damaged, or its end is missing/],
      ['passphrase', good, 'correct horse bakery', /passphrase is another one/],
      ['none', Buffer.from('hello'), PASSPHRASE, /no archive of OneCert/],
    ];
    for (const [name, bytes, passphrase, said] of cases) {
      const damaged = join(root, `${name}.backup`);
      writeFileSync(damaged, bytes);
      const target = join(root, `target-${name}`);
      const env = {
        ...environment(),
        ONECERT_DATA: join(target, 'data'),
        ONECERT_BACKUP_PASSPHRASE: passphrase,
      };
      const restored = await onecert(['restore', '--from', damaged, '--config', join(target, 'config')], env);
      expect({ name, code: restored.code, said: said.test(restored.stderr) }).toEqual({
        name,
        code: 5,
        said: true,
      });
      expect(existsSync(target) ? readdirSync(target) : []).toEqual([]);
    }
  }, 60_000);

  it('restores into empty places only', async () => {
    const file = join(root, 'city.backup');
    const target = join(root, 'occupied');
    mkdirSync(join(target, 'data'), { recursive: true });
    writeFileSync(join(target, 'data/something'), 'here first');
    const env = { ...environment(), ONECERT_DATA: join(target, 'data') };
    const restored = await onecert(['restore', '--from', file, '--config', join(target, 'config')], env);
    expect(restored).toMatchObject({ code: 5, stderr: expect.stringContaining('is not empty') as string });
    expect(filesOf(target)).toEqual(['data', 'data/something']);
  });
});

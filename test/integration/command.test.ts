import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { ONECERT, onecert, ROOT, type CommandResult } from './city-command.ts';
import { openSplitCity, type SplitCity } from './city.ts';
import { freePort } from '../free-port.ts';
import { describeWith } from '../tools.ts';

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

describe('the onecert command', () => {
  describe('help and usage', () => {
    const COMMANDS = [
      ...[[], ['start'], ['demo'], ['verify'], ['trust'], ['config'], ['audit']],
      ...['list', 'check', 'sign', 'diff', 'import'].map((name) => ['trust', name]),
      ...['check', 'schema'].map((name) => ['config', name]),
      ['audit', 'verify'],
    ];

    it.each(COMMANDS.map((command) => [['onecert', ...command].join(' '), command] as const))(
      '%s --help',
      async (name, command) => {
        const { code, stdout, stderr } = await onecert([...command, '--help'], process.env);
        expect([code, stderr]).toEqual([0, '']);
        expect(stdout).toContain(`Usage: ${name} `);
        expect(stdout.length).toBeGreaterThan(100);
        if (command.length === 0)
          expect(stdout).toContain('2 usage · 3 configuration · 4 port taken · 5 data folder · 70 internal');
      },
    );

    it.each([
      ['an unknown command', ['stat']],
      ['an unknown option', ['config', 'check', '--folder', 'x']],
      ['a missing argument', ['verify']],
      ['a certificate that is not there', ['verify', '/nowhere/at/all.pem']],
      ['a moment that is none', ['verify', 'x.pem', '--at', 'tomorrow']],
    ] as const)('%s: exit code 2, and why', async (_what, args) => {
      const { code, stderr } = await onecert(args, process.env);
      expect(code).toBe(2);
      // With a suggestion where there is one.
      expect(stderr).toMatch(/^[^\n]+\n(?:\(Did you mean [^\n]+\)\n)?$/);
    });
  });

  it('a report in a language that there is not: exit code 2, and which there are', async () => {
    const { code, stderr } = await onecert(['verify', 'x.pem', '--lang', 'fr'], process.env);
    expect([code, stderr]).toEqual([2, expect.stringContaining('zh, en, both')]);
  });

  describeWith('curl')('start, where it cannot', () => {
    let city: SplitCity;
    const blockers: Server[] = [];
    beforeAll(async () => {
      city = await openSplitCity();
    });
    afterEach(async () => {
      await Promise.all(blockers.splice(0).map((each) => new Promise((resolve) => each.close(resolve))));
    });
    afterAll(async () => city.remove());

    const block = async (port = 0): Promise<number> => {
      const server = createServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
      blockers.push(server);
      return (server.address() as AddressInfo).port;
    };
    const start = (more: NodeJS.ProcessEnv = {}, command = 'start'): Promise<CommandResult> =>
      onecert([command, '--config', city.configuration], { ...city.environment, ...more });

    it.each([
      'ONECERT_PORT',
      'ONECERT_BROWSER_PORT',
      'ONECERT_TERMINATOR_PORT',
      'ONECERT_ADMIN_PORT',
    ] as const)('%s taken: one line, exit code 4', async (name) => {
      const port = await block(city.ports[name]);
      const { code, stderr } = await start();
      expect([code, lines(stderr)]).toEqual([
        4,
        [`port ${port} is taken by another program: stop it, or set another port`],
      ]);
    });

    it("a port of the demo city taken, the authorities' or a department's: the same, and nothing stays behind", async () => {
      // The authorities' port is taken by this process already.
      const taken = await start({}, 'demo');
      expect([taken.code, lines(taken.stderr).length]).toEqual([4, 1]);
      await city.responders.stop();
      const port = await block(city.ports.ONECERT_HOUSING_PORT);
      const department = await start({}, 'demo');
      expect(department.code).toBe(4);
      expect(lines(department.stderr).at(-1)).toContain(`port ${port} is taken`);
      await city.responders.start();
    });

    it('a data folder that is a file: one line, exit code 5', async () => {
      const file = join(city.folder, 'no-folder');
      writeFileSync(file, '');
      city.edit('config/gateway.yaml', 'data: ${ONECERT_DATA:-../data}', `data: ${file}`);
      const { code, stderr } = await start();
      city.edit('config/gateway.yaml', `data: ${file}`, 'data: ${ONECERT_DATA:-../data}');
      expect([code, lines(stderr)]).toEqual([
        5,
        [expect.stringContaining(`${file}: the data folder cannot be written`)],
      ]);
    });

    const isRoot = process.getuid?.() === 0;
    (isRoot ? it : it.skip)('a data folder on a read-only file system: one line, exit code 5', async () => {
      const folder = join(city.folder, 'read-only');
      mkdirSync(folder);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro,size=1m', 'none', folder], { stdio: 'pipe' });
      } catch (error) {
        // A container may not be let mount.
        if (process.env.ONECERT_REQUIRE_SERVICES === '1') throw error;
        return;
      }
      city.edit('config/gateway.yaml', 'data: ${ONECERT_DATA:-../data}', `data: ${folder}`);
      const { code, stderr } = await start();
      city.edit('config/gateway.yaml', `data: ${folder}`, 'data: ${ONECERT_DATA:-../data}');
      execFileSync('umount', [folder]);
      expect([code, lines(stderr)]).toEqual([5, [expect.stringContaining(folder)]]);
    });

    it('a broken configuration: a line for each mistake with file, line and path, exit code 3', async () => {
      city.edit('config/gateway.yaml', 'drain: 30s', 'drain: soon');
      city.edit('config/departments/tax.yaml', 'audit: synced', 'audits: synced');
      const { code, stderr } = await start();
      city.edit('config/gateway.yaml', 'drain: soon', 'drain: 30s');
      const departments = await start();
      city.edit('config/departments/tax.yaml', 'audits: synced', 'audit: synced');
      expect(code).toBe(3);
      expect(stderr).toMatch(/config\/gateway\.yaml:\d+:\d+: drain: expected a duration/);
      expect(stderr).toContain('Nothing was started or changed.');
      expect(departments.code).toBe(3);
      expect(departments.stderr).toMatch(
        /departments\/tax\.yaml:\d+:\d+: services\[0\]\.audits: unknown setting/,
      );
    });

    it('no configuration there at all: exit code 3', async () => {
      const { code, stderr } = await onecert(['start', '--config', '/nowhere'], process.env);
      expect([code, lines(stderr)[0]]).toEqual([
        3,
        expect.stringContaining('/nowhere/gateway.yaml:1:1: no such file'),
      ]);
    });

    it('a second gateway on one data folder: one line, exit code 5, and the first goes on', async () => {
      await city.start();
      const { code, stderr } = await start({
        ONECERT_PORT: String(await freePort()),
        ONECERT_BROWSER_PORT: String(await freePort()),
        ONECERT_TERMINATOR_PORT: String(await freePort()),
        ONECERT_ADMIN_PORT: String(await freePort()),
      });
      expect([code, lines(stderr)]).toEqual([
        5,
        [expect.stringContaining('in use by another OneCert process')],
      ]);
      expect((await city.curl('/')).status).toBe(200);
      expect(await city.stop()).toBe(0);
    });

    it('keys that others can read, and an audit log that was changed: exit code 5', async () => {
      const key = join(city.data, 'keys/field.key');
      chmodSync(key, 0o644);
      const open = await start();
      chmodSync(key, 0o600);
      expect([open.code, open.stderr]).toEqual([5, expect.stringContaining(key)]);
      // One that only the portal asks for.
      const form = join(city.data, 'keys/form.key');
      chmodSync(form, 0o644);
      const openForm = await start();
      chmodSync(form, 0o600);
      expect([openForm.code, openForm.stderr]).toEqual([5, expect.stringContaining(form)]);
      const [segment = ''] =
        execFileSync('ls', [join(city.data, 'audit')], { encoding: 'utf8' }).match(/\S+\.log/) ?? [];
      const file = join(city.data, 'audit', segment);
      const log = readFileSync(file, 'utf8');
      writeFileSync(file, log.replace('"event":"stop"', '"event":"call"'));
      const changed = await start();
      writeFileSync(file, log);
      expect([changed.code, lines(changed.stderr).length]).toEqual([5, 1]);
    });

    it('pairwise.key lost: exit code 5, for with another one everybody is new to every department', async () => {
      const key = join(city.data, 'keys/pairwise.key');
      const kept = readFileSync(key);
      rmSync(key);
      const lost = await start();
      writeFileSync(key, kept, { mode: 0o600 });
      expect([lost.code, lines(lost.stderr)]).toEqual([5, [expect.stringContaining('pairwise.key')]]);
      await city.start();
      expect(await city.stop()).toBe(0);
    });

    it('the TLS key of another kind of certificate: exit code 3; a certificate that runs out: config check says so', async () => {
      const [certificate, key] = ['crt', 'key'].map((kind) => join(city.data, `city/tls/server.${kind}`)) as [
        string,
        string,
      ];
      const kept = readFileSync(certificate, 'utf8');
      const check = (): Promise<CommandResult> =>
        onecert(['config', 'check', '--config', city.configuration], city.environment);
      expect((await check()).stdout).not.toContain('tls.certificate');
      const made = ['-x509', '-subj', '/CN=localhost', '-nodes', '-out', certificate, '-days', '3'];
      execFileSync('openssl', ['req', ...made, '-newkey', 'ed25519', '-keyout', '/dev/null'], {
        stdio: 'pipe',
      });
      const other = await check();
      execFileSync('openssl', ['req', ...made, '-new', '-key', key], { stdio: 'pipe' });
      const short = await check();
      writeFileSync(certificate, kept);
      expect([other.code, other.stderr]).toEqual([3, expect.stringContaining('do not work together')]);
      expect([short.code, short.stdout]).toEqual([
        0,
        expect.stringContaining('! tls.certificate runs out at'),
      ]);
    });

    it('a file where a folder was expected, and the other way round: one line, exit code 5', async () => {
      const file = join(city.folder, 'a-file');
      writeFileSync(file, '');
      for (const args of [
        ['config', 'schema', '--out', file],
        ['demo', '--data', file],
        ['backup', 'verify', city.folder, '--passphrase-file', city.trust + '/README.md'],
      ]) {
        const { code, stderr } = await onecert(args, city.environment);
        expect([args[0], code, lines(stderr).length]).toEqual([args[0], 5, 1]);
      }
    });

    it('a reader that has enough, as head has, is no defect', () => {
      const { stderr, status } = spawnSync(
        'sh',
        [
          '-c',
          '"$0" "$@" | true',
          process.execPath,
          ...ONECERT,
          'keys',
          'list',
          '--config',
          city.configuration,
        ],
        { cwd: ROOT, env: city.environment, encoding: 'utf8' },
      );
      expect([status, stderr]).toEqual([0, '']);
    });
  });

  it('config schema writes a JSON Schema for each kind of file', async () => {
    const city = await openSplitCity();
    const out = join(city.folder, 'schemas');
    expect((await onecert(['config', 'schema', '--out', out], process.env)).code).toBe(0);
    for (const [name, property] of [
      ['gateway', 'listen'],
      ['department', 'services'],
      ['authority', 'anchors'],
    ] as const) {
      const schema = JSON.parse(readFileSync(join(out, `${name}.schema.json`), 'utf8')) as Record<
        string,
        object
      >;
      expect(schema.properties).toHaveProperty(property);
      expect(schema.$schema).toContain('json-schema.org');
    }
    await city.remove();
  });
});

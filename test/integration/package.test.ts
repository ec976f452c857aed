import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../free-port.ts';
import { openCity, type OpenedCity } from './opened-demo-city.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const MODULES = join(ROOT, 'node_modules');

/** What a department or an operator installs: built, packed, unpacked below the node_modules of another project. */
describe('the package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-package-'));
  const project = join(folder, 'project');
  const installed = join(project, 'node_modules/onecert');
  const command = join(installed, 'dist/cli/onecert.js');
  let city: OpenedCity;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    city = await openCity();
    environment = {
      ...process.env,
      ...city.city.environment,
      ONECERT_PORT: String(await freePort()),
      ONECERT_BROWSER_PORT: String(await freePort()),
      ONECERT_TERMINATOR_PORT: String(await freePort()),
      ONECERT_ADMIN_PORT: String(await freePort()),
      ONECERT_THREADS: '1',
    };
    const checkout = join(folder, 'checkout');
    for (const name of [
      'package.json',
      'README.md',
      'src/refusal',
      'config',
      'ca-trust',
      'docs',
      'test/unit/refusal',
    ]) {
      cpSync(join(ROOT, name), join(checkout, name), { recursive: true });
    }
    const out = join(checkout, 'dist');
    // As `npm run build` does, into another folder.
    for (const part of ['tsconfig.build.json', 'src/portal/browser/tsconfig.build.json']) {
      const compiler = join(MODULES, 'typescript/bin/tsc');
      await run(process.execPath, [compiler, '-p', part, '--outDir', out], { cwd: ROOT });
    }
    await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: checkout });
    mkdirSync(installed, { recursive: true });
    const [tarball = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
    await run('tar', ['xzf', join(folder, tarball), '--strip-components=1', '-C', installed]);
    // Its dependencies, as npm would put them beside it.
    for (const name of readdirSync(MODULES)) {
      if (name !== 'onecert') symlinkSync(join(MODULES, name), join(project, 'node_modules', name));
    }
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  }, 180_000);
  afterAll(async () => {
    await city.close();
    rmSync(folder, { recursive: true });
  });

  const node = (...args: string[]) => run(process.execPath, args, { cwd: project, env: environment });

  it('holds what runs and what is read, and neither sources nor tests', () => {
    expect(readdirSync(installed).sort()).toEqual([
      'README.md',
      'ca-trust',
      'config',
      'dist',
      'docs',
      'package.json',
    ]);
  });

  it('gives a department and a program of its own what they import', async () => {
    writeFileSync(
      join(project, 'import.js'),
      `import { requireAssertion, verifyAssertion } from 'onecert/assertion';
       import { decodePem, loadTrustList, openVerifier } from 'onecert/verify';
       import { readFileSync } from 'node:fs';
       const [trust, certificate] = process.argv.slice(2);
       const verifier = await openVerifier({ trust: loadTrustList(trust, 1) });
       const { outcome } = await verifier.verify(decodePem(readFileSync(certificate, 'utf8')));
       await verifier.close();
       console.log(typeof requireAssertion, typeof verifyAssertion, outcome);`,
    );
    const { certificate } = city.city.certificate('li-wei', 'zhujiang');
    const { stdout } = await node('import.js', join(installed, 'ca-trust'), certificate);
    expect(stdout).toBe('function function good\n');
  });

  it('has the command, and one that needs a checkout says so', async () => {
    expect((await node(command, '--help')).stdout).toMatch(/^Usage: onecert/);
    await expect(node(command, 'demo')).rejects.toMatchObject({ code: 2, stderr: /runs from a checkout/ });
  });

  it('runs the gateway, with all its threads', async () => {
    const gateway = spawn(process.execPath, [command, 'start', '-c', join(installed, 'config')], {
      env: environment,
      stdio: 'ignore',
    });
    const exit = once(gateway, 'exit');
    const ready = async (): Promise<boolean> => {
      try {
        return (await fetch(`http://127.0.0.1:${environment['ONECERT_ADMIN_PORT']}/readyz`)).ok;
      } catch {
        return false;
      }
    };
    while (gateway.exitCode === null && !(await ready())) await sleep(50);
    gateway.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  });
});

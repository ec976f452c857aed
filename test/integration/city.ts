import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const READY_MS = 60_000;

/** Ports that tests give to a city: `offset`s of its environment. */
const PORTS = [
  'ONECERT_PORT',
  'ONECERT_ADMIN_PORT',
  'ONECERT_CITY_PORT',
  'ONECERT_TAX_PORT',
  'ONECERT_EDUCATION_PORT',
  'ONECERT_HOUSING_PORT',
] as const;
type PortName = (typeof PORTS)[number];

export interface CurlAnswer {
  readonly status: number;
  /** Names in lower case; of the last answer where there were several. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  json(): Record<string, unknown>;
}

/** A demo city of its own, run by the `onecert` command as a person would run it. */
export interface City {
  readonly folder: string;
  readonly url: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly environment: NodeJS.ProcessEnv;
  readonly output: () => string;
  readonly child: () => ChildProcess;
  /** The real curl, with the certificate of `<person>-<authority>` where given. */
  curl(path: string, options?: { as?: string; args?: readonly string[] }): Promise<CurlAnswer>;
  /** `onecert …` in this city's environment. */
  onecert(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  person(name: string): { certificate: string; key: string };
  start(): Promise<void>;
  /** Ends the process by `signal`; its exit code (null when killed). */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  remove(): void;
}

/** Whether tests with real curl and openssl can run; where they must (CI), a missing one fails them. */
export const hasTools = (): boolean =>
  process.env.ONECERT_REQUIRE_SERVICES === '1' ||
  ['curl', 'openssl'].every((tool) => spawnSync(tool, ['version']).error === undefined);

export const openCity = async (environment: NodeJS.ProcessEnv = {}): Promise<City> => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-city-'));
  const ports = await freePorts();
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    ONECERT_DATA: folder,
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
    ...environment,
  };
  const url = `https://localhost:${ports.ONECERT_PORT}`;
  let child: ChildProcess | undefined;
  let output = '';
  const command = [
    '--disable-warning=ExperimentalWarning',
    '--conditions=onecert-source',
    'src/cli/onecert.ts',
  ];
  const person = (name: string) => ({
    certificate: join(folder, `city/people/${name}.crt`),
    key: join(folder, `city/people/${name}.key`),
  });
  return {
    folder,
    url,
    ports,
    environment: env,
    output: () => output,
    child: () => child as ChildProcess,
    person,
    curl: async (path, { as, args = [] } = {}) => {
      const identity = as === undefined ? [] : ['--cert', person(as).certificate, '--key', person(as).key];
      const ca = join(folder, 'city/tls/ca.crt');
      const { stdout } = await run(
        'curl',
        ['-sS', '-i', '--cacert', ca, ...identity, ...args, `${url}${path}`],
        env,
      );
      return readAnswer(stdout);
    },
    onecert: (...args) => run(process.execPath, [...command, ...args], env),
    start: async () => {
      output = '';
      const started = spawn(process.execPath, [...command, 'demo'], {
        cwd: ROOT,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      started.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      started.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      await ready(started, ports.ONECERT_ADMIN_PORT, () => output);
    },
    stop: async (signal = 'SIGTERM') => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null)
        return child?.exitCode ?? null;
      const exited = once(child, 'exit') as Promise<[number | null]>;
      child.kill(signal);
      const [code] = await exited;
      return code;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

const ready = async (child: ChildProcess, adminPort: number, output: () => string): Promise<void> => {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the city ended with ${child.exitCode}:\n${output()}`);
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the city was not ready in time:\n${output()}`);
};

const run = (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(command, [...args], { cwd: ROOT, env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });

/** The last head and its body, of what `curl -i` prints. */
const readAnswer = (text: string): CurlAnswer => {
  let rest = text;
  let head = '';
  while (/^HTTP\//.test(rest)) {
    const end = rest.indexOf('\r\n\r\n');
    head = rest.slice(0, end);
    rest = rest.slice(end + 4);
  }
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  return {
    status: Number(statusLine.split(' ')[1] ?? 0),
    headers,
    body: rest,
    json: () => JSON.parse(rest) as Record<string, unknown>,
  };
};

const freePorts = async (): Promise<Record<PortName, number>> => {
  const servers = PORTS.map(() => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return Object.fromEntries(PORTS.map((name, index) => [name, ports[index]])) as Record<PortName, number>;
};

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDemoCity, type DemoCity, type Departments, type Publisher } from '../../src/demo/index.ts';
import { openedEntriesOf } from '../unit/audit/opened-log.ts';
import {
  COMPILED,
  ONECERT,
  onecert,
  readCurl,
  ROOT,
  run,
  type CommandResult,
  type CurlAnswer,
} from './city-command.ts';
import { freePorts } from '../free-port.ts';

export { hasTools, type CurlAnswer } from './city-command.ts';

const READY_MS = 60_000;

const PORTS = [
  'ONECERT_PORT',
  'ONECERT_BROWSER_PORT',
  'ONECERT_TERMINATOR_PORT',
  'ONECERT_ADMIN_PORT',
  'ONECERT_CITY_PORT',
  'ONECERT_TAX_PORT',
  'ONECERT_EDUCATION_PORT',
  'ONECERT_HOUSING_PORT',
] as const;
type PortName = (typeof PORTS)[number];

export interface CityOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** Files put into the copy of config/ and ca-trust/: path below the city's folder → text. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What curl does besides asking for a path. */
export interface CurlOptions {
  /** `<person>-<authority>`, whose certificate is presented; nobody's where absent. */
  readonly as?: string | undefined;
  readonly args?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
}

/** A city's gateway and what is around it, on ports of its own, with a copy of config/ and ca-trust/ of its own. */
export interface City {
  /** Everything the city has: data, config, ca-trust. */
  readonly folder: string;
  readonly data: string;
  /** Folder of gateway.yaml. */
  readonly configuration: string;
  /** Folder of the trust list. */
  readonly trust: string;
  readonly url: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly environment: NodeJS.ProcessEnv;
  /** What the gateway's process has printed since its start. */
  readonly output: () => string;
  /** The JSON lines among it. */
  readonly log: () => Record<string, unknown>[];
  readonly child: () => ChildProcess;
  /** The real curl. */
  curl(path: string, options?: CurlOptions): Promise<CurlAnswer>;
  /** `onecert …` in this city's environment. */
  onecert(...args: string[]): Promise<CommandResult>;
  /** PEM files of `<person>-<authority>`. */
  person(name: string): { readonly certificate: string; readonly key: string };
  /** The same, read. */
  pair(name: string): { readonly cert: string; readonly key: string };
  /** Entries of the audit log as of now, opened. */
  audit(): Record<string, unknown>[];
  /** Values of a metric by its labels as written: `{code="…"}`; "" where it has none. */
  metric(name: string): Promise<ReadonlyMap<string, number>>;
  /** Changes a text file of the city (a path below `folder`), which must hold what is replaced. */
  edit(file: string, replace: string, by: string): void;
  /** What an operator of an authority does at its publisher. */
  authority(name: string, what: 'revoke' | 'release', form: Record<string, string>): Promise<void>;
  /** Starts the process and waits until it is ready. */
  start(): Promise<void>;
  /** Ends the process by `signal`; its exit code (null when killed). */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  remove(): Promise<void>;
}

/** A city whose authorities live in this process, so that they can be stopped while the gateway goes on. */
export interface SplitCity extends City {
  readonly demo: DemoCity;
  readonly responders: { start(): Promise<void>; stop(): Promise<void> };
  startDepartments(): Promise<void>;
}

/** The whole of it by `onecert demo`, as `npm start` runs it. */
export const openCity = async (options: CityOptions = {}): Promise<City> => layOut(options, 'demo');

/** The gateway alone by `onecert start`. Authorities are started, departments are not. */
export const openSplitCity = async (options: CityOptions = {}): Promise<SplitCity> => {
  const city = await layOut(options, 'start');
  const demo = await openDemoCity({
    folder: city.data,
    cityPort: city.ports.ONECERT_CITY_PORT,
    departmentPorts: {
      tax: city.ports.ONECERT_TAX_PORT,
      education: city.ports.ONECERT_EDUCATION_PORT,
      housing: city.ports.ONECERT_HOUSING_PORT,
    },
  });
  let publisher: Publisher | undefined = await demo.startResponders();
  let departments: Departments | undefined;
  return {
    ...city,
    demo,
    responders: {
      start: async () => {
        publisher ??= await demo.startResponders();
      },
      stop: async () => {
        await publisher?.close();
        publisher = undefined;
      },
    },
    startDepartments: async () => {
      const jwksUrl = `http://127.0.0.1:${city.ports.ONECERT_ADMIN_PORT}/.well-known/jwks.json`;
      departments = await demo.startDepartments({ gatewayUrl: city.url, jwksUrl, log: () => undefined });
    },
    remove: async () => {
      await departments?.close();
      await publisher?.close();
      await city.remove();
    },
  };
};

const layOut = async (
  { environment = {}, files = {} }: CityOptions,
  command: 'demo' | 'start',
): Promise<City> => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-city-'));
  const [data, configuration, trust] = ['data', 'config', 'ca-trust'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(data, { mode: 0o700 });
  cpSync(join(ROOT, 'config'), configuration, { recursive: true });
  cpSync(join(ROOT, 'ca-trust'), trust, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const ports = await freePorts(PORTS);
  const env: NodeJS.ProcessEnv = {
    ...COMPILED,
    ...process.env,
    ONECERT_DATA: data,
    ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)])),
    ...environment,
  };
  const url = `https://localhost:${ports.ONECERT_PORT}`;
  const authorityOfGateway = join(data, 'city/tls/ca.crt');
  let child: ChildProcess | undefined;
  let output = '';

  const person: City['person'] = (name) => ({
    certificate: join(data, `city/people/${name}.crt`),
    key: join(data, `city/people/${name}.key`),
  });
  const stop: City['stop'] = async (signal = 'SIGTERM') => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    const exited = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    const [code] = await exited;
    // Its back ends are processes of their own, and end a moment later.
    if (command === 'demo' && signal === 'SIGKILL')
      await Promise.all(Object.values(ports).map(nobodyListens));
    return code;
  };
  return {
    folder,
    data,
    configuration,
    trust,
    url,
    ports,
    environment: env,
    output: () => output,
    log: () => readLog(output),
    child: () => child as ChildProcess,
    person,
    pair: (name) => ({
      cert: readFileSync(person(name).certificate, 'latin1'),
      key: readFileSync(person(name).key, 'latin1'),
    }),
    curl: async (path, { as, args = [], environment: more = {} } = {}) => {
      const identity = as === undefined ? [] : ['--cert', person(as).certificate, '--key', person(as).key];
      const fixed = ['-sS', '-i', '--max-time', '30', '--cacert', authorityOfGateway];
      return readCurl(
        await run('curl', [...fixed, ...identity, ...args, `${url}${path}`], { ...env, ...more }),
      );
    },
    onecert: (...args) => onecert(args, env),
    audit: () => openedEntriesOf(data),
    metric: async (name) => {
      const answer = await fetch(`http://127.0.0.1:${ports.ONECERT_ADMIN_PORT}/metrics`);
      return readMetric(await answer.text(), name);
    },
    edit: (file, replace, by) => {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      if (!text.includes(replace)) throw new Error(`${file} does not hold ${JSON.stringify(replace)}`);
      writeFileSync(path, text.replace(replace, by));
    },
    authority: async (name, what, form) => {
      const answer = await fetch(`http://127.0.0.1:${ports.ONECERT_CITY_PORT}/${name}/${what}`, {
        method: 'POST',
        body: new URLSearchParams(form),
      });
      if (answer.status !== 200) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
    },
    start: async () => {
      output = '';
      const started = spawn(process.execPath, [...ONECERT, command, '--config', configuration], {
        cwd: ROOT,
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      for (const stream of [started.stdout, started.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      // The demo's departments come last, and its summary after them.
      const isUp = (): boolean => command === 'start' || output.includes('/release');
      await ready(started, ports.ONECERT_ADMIN_PORT, isUp, () => output);
    },
    stop,
    remove: async () => {
      await stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const ready = async (
  child: ChildProcess,
  adminPort: number,
  isUp: () => boolean,
  output: () => string,
): Promise<void> => {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the city ended with ${child.exitCode}:\n${output()}`);
    const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 200 && isUp()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the city was not ready in time:\n${output()}`);
};

const readLog = (output: string): Record<string, unknown>[] =>
  output
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const readMetric = (text: string, name: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .map((line) => {
        const end = line.lastIndexOf(' ');
        return [line.slice(name.length, end), Number(line.slice(end + 1))];
      }),
  );

const nobodyListens = (port: number): Promise<void> =>
  eventually(`nobody listens at ${port}`, async () => {
    const socket = connect(port, '127.0.0.1');
    const [event] = await Promise.race([
      once(socket, 'connect').then(() => ['connect']),
      once(socket, 'close').then(() => ['close']),
    ]).catch(() => ['error']);
    socket.destroy();
    return event !== 'connect';
  });

/** Waits until something holds; fails with what it waited for. */
export const eventually = async (
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> => {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};

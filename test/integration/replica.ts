import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  COMPILED,
  ONECERT,
  readCurl,
  ROOT,
  run,
  type CommandResult,
  type CurlAnswer,
} from './city-command.ts';
import type { City } from './city.ts';
import { onecert } from './city-command.ts';
import { freePorts } from '../free-port.ts';

const PORTS = [
  'ONECERT_PORT',
  'ONECERT_BROWSER_PORT',
  'ONECERT_TERMINATOR_PORT',
  'ONECERT_ADMIN_PORT',
] as const;
type PortName = (typeof PORTS)[number];
const READY_MS = 60_000;

/** One more gateway of a city, as on another machine: a data folder and ports of its own, the same keys. */
export interface Replica {
  readonly data: string;
  readonly configuration: string;
  readonly ports: Readonly<Record<PortName, number>>;
  readonly output: () => string;
  readonly child: () => ChildProcess;
  curl(
    path: string,
    options?: { readonly as?: string; readonly args?: readonly string[] },
  ): Promise<CurlAnswer>;
  onecert(...args: string[]): Promise<CommandResult>;
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  remove(): Promise<void>;
}

/** Of a city that has been started once, so that its keys are made. Its gateway.yaml is copied as it is now. */
export const layOutReplica = async (city: City): Promise<Replica> => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-replica-'));
  const [data, configuration] = [join(folder, 'data'), join(folder, 'config')];
  mkdirSync(data, { mode: 0o700 });
  cpSync(city.configuration, configuration, { recursive: true });
  cpSync(city.trust, join(folder, 'ca-trust'), { recursive: true });
  cpSync(join(city.data, 'keys'), join(data, 'keys'), { recursive: true });
  for (const each of ['tls', 'terminator', 'authorities']) {
    cpSync(join(city.data, 'city', each), join(data, 'city', each), { recursive: true });
  }
  const ports = await freePorts(PORTS);
  const environment: NodeJS.ProcessEnv = {
    ...COMPILED,
    ...city.environment,
    ONECERT_DATA: data,
    // What they are all known as.
    ...Object.fromEntries(PORTS.map((name) => [name, String(ports[name])])),
  };
  let child: ChildProcess | undefined;
  let output = '';
  const stop: Replica['stop'] = async (signal = 'SIGTERM') => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null;
    const exited = once(child, 'exit') as Promise<[number | null]>;
    child.kill(signal);
    const [code] = await exited;
    return code;
  };
  return {
    data,
    configuration,
    ports,
    output: () => output,
    child: () => child as ChildProcess,
    curl: async (path, { as, args = [] } = {}) => {
      const pair = as === undefined ? undefined : city.person(as);
      const identity = pair === undefined ? [] : ['--cert', pair.certificate, '--key', pair.key];
      const authority = join(data, 'city/tls/ca.crt');
      const url = `https://localhost:${ports.ONECERT_PORT}${path}`;
      const fixed = ['-sS', '-i', '--max-time', '30', '--cacert', authority];
      return readCurl(await run('curl', [...fixed, ...identity, ...args, url], environment));
    },
    onecert: (...args) => onecert(args, environment),
    start: async () => {
      output = '';
      const started = spawn(process.execPath, [...ONECERT, 'start', '--config', configuration], {
        cwd: ROOT,
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child = started;
      for (const stream of [started.stdout, started.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text));
      const deadline = Date.now() + READY_MS;
      for (;;) {
        if (started.exitCode !== null)
          throw new Error(`the replica ended with ${started.exitCode}:\n${output}`);
        if (Date.now() > deadline) throw new Error(`the replica was not ready in time:\n${output}`);
        const url = `http://127.0.0.1:${ports.ONECERT_ADMIN_PORT}/readyz`;
        const answer = await fetch(url).catch(() => undefined);
        await answer?.body?.cancel();
        if (answer?.status === 200) return;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    stop,
    remove: async () => {
      await stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** The three servers under examples/departments; each carries services of two departments. */
export const DEPARTMENT_PORTS = [
  { department: 'tax', variable: 'ONECERT_TAX_PORT', port: 8461 },
  { department: 'education', variable: 'ONECERT_EDUCATION_PORT', port: 8462 },
  { department: 'housing', variable: 'ONECERT_HOUSING_PORT', port: 8463 },
] as const;

/** What a department has to know of the gateway to check its assertions. */
export interface GatewayForDepartments {
  /** "iss" of the assertions. */
  readonly gatewayUrl: string;
  readonly jwksUrl: string;
  /** PEM file of the authority of the gateway's TLS certificate, where the JWKS is fetched by https. */
  readonly ca?: string;
  /** For the department that calls others (examples/departments/education/school-check.ts). */
  readonly exchange?: {
    /** Token endpoint of the gateway's OpenID Provider. */
    readonly tokenUrl: string;
    readonly clientSecret: string;
    /** PEM file of the authority of its TLS certificate. */
    readonly ca: string;
  };
  /** Gets every line that a back end writes; standard error where absent. */
  readonly log?: (department: string, line: string) => void;
}

export interface Departments {
  /** The back ends' process ids as of now, by department. */
  processes(): ReadonlyMap<string, number | undefined>;
  close(): Promise<void>;
}

const EXAMPLES = join(import.meta.dirname, '../../examples/departments');
const RESTART_MS = 1000;
const STOP_MS = 3000;

type Surroundings = GatewayForDepartments & { readonly servers: NodeJS.ProcessEnv };

interface Running {
  readonly ready: Promise<void>;
  process(): number | undefined;
  close(): Promise<void>;
}

/** Starts every back end, and again whichever dies; resolves when all of them listen. */
export const startDepartments = async (
  ports: ReadonlyMap<string, number>,
  gateway: GatewayForDepartments,
): Promise<Departments> => {
  const log = gateway.log ?? ((department, line) => process.stderr.write(`${department}: ${line}\n`));
  const running = new Map(
    [...ports].map(([department, port]) => [
      department,
      keepRunning(department, port, { ...gateway, servers: addressesOf(ports) }, log),
    ]),
  );
  const close = async (): Promise<void> => {
    await Promise.all([...running.values()].map((each) => each.close()));
  };
  try {
    await Promise.all([...running.values()].map(({ ready }) => ready));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    processes: () => new Map([...running].map(([department, each]) => [department, each.process()])),
    close,
  };
};

const keepRunning = (
  department: string,
  port: number,
  gateway: Surroundings,
  log: (department: string, line: string) => void,
): Running => {
  let child: ChildProcess | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closing = false;
  const ready = Promise.withResolvers<void>();
  const start = (): void => {
    const started = (child = launch(department, port, gateway, log));
    started.on('message', (message) => {
      if (message === 'listening') ready.resolve();
      else ready.reject(failureOf(department, port, message));
    });
    started.on('error', (error) => ready.reject(error));
    // Comes after the last message. One that never listened will not do so the next time; otherwise this is settled.
    started.once('disconnect', () => ready.reject(new Error(`${department}: ended before it listened`)));
    started.once('exit', (code, signal) => {
      if (closing) return;
      log(department, `ended (${signal ?? code}); starting again`);
      timer = setTimeout(start, RESTART_MS);
    });
  };
  start();
  return {
    ready: ready.promise,
    process: () => child?.pid,
    async close() {
      closing = true;
      clearTimeout(timer);
      if (child !== undefined) await stop(child);
    },
  };
};

const launch = (
  department: string,
  port: number,
  { gatewayUrl, jwksUrl, ca, exchange, servers }: Surroundings,
  log: (department: string, line: string) => void,
): ChildProcess => {
  const file = join(EXAMPLES, department, 'server.ts');
  // The channel tells the back end when this process is gone, however it ended.
  const child = spawn(process.execPath, ['--conditions=onecert-source', file], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      // What Node has compiled of the same sources, where the city keeps it.
      ...(process.env.NODE_COMPILE_CACHE !== undefined && {
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      }),
      PORT: String(port),
      ONECERT_ISSUER: gatewayUrl,
      ONECERT_JWKS_URL: jwksUrl,
      ...(ca !== undefined && { ONECERT_CA: ca }),
      // The secret is one service's: no other server is told.
      ...(exchange !== undefined &&
        department === 'education' && {
          ...servers,
          ONECERT_TOKEN_URL: exchange.tokenUrl,
          ONECERT_TOKEN_CA: exchange.ca,
          ONECERT_CLIENT_SECRET: exchange.clientSecret,
        }),
    },
  });
  for (const stream of [child.stdout, child.stderr] as Readable[]) {
    createInterface({ input: stream }).on('line', (line) => log(department, line));
  }
  return child;
};

/** How one department finds the servers of the others. */
const addressesOf = (ports: ReadonlyMap<string, number>): NodeJS.ProcessEnv =>
  Object.fromEntries(
    [...ports].map(([department, port]) => [
      `ONECERT_${department.toUpperCase()}_URL`,
      `http://127.0.0.1:${port}`,
    ]),
  );

/** A back end that cannot listen says why, as { code, message }. */
const failureOf = (department: string, port: number, message: unknown): Error => {
  const { code, message: text } = message as { code?: string; message?: string };
  return Object.assign(new Error(`${department}: ${text ?? 'could not start'}`), { code, port });
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await exited;
  clearTimeout(timer);
};

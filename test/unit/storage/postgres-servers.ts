import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../free-port.ts';
import { openPostgres, type Postgres, type PostgresOptions } from '../../../src/storage/postgres.ts';
import { haveTools } from '../../tools.ts';

/** The PostgreSQL of this machine; tests keep to schemas of their own. */
export const POSTGRES_URL =
  process.env.ONECERT_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres';

/** Runs one statement on a connection of its own. */
export const onPostgres = async (url: string, text: string): Promise<readonly Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
};

const answers = (url: string): Promise<boolean> =>
  onPostgres(url, 'SELECT 1').then(
    () => true,
    () => false,
  );

const required = process.env.ONECERT_REQUIRE_SERVICES === '1';
/** `describe`, or skipping where no PostgreSQL runs and none is required. */
export const describeWithPostgres = required || (await answers(POSTGRES_URL)) ? describe : describe.skip;

/** The server's programs: Debian keeps them off the path. */
const programs = (): string | undefined => {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const folders = versions
    .sort((a, b) => Number(b) - Number(a))
    .map((each) => `/usr/lib/postgresql/${each}/bin`);
  return [...folders, '/usr/bin', '/usr/local/bin'].find((folder) => existsSync(join(folder, 'initdb')));
};
/** `describe`, or skipping where a PostgreSQL of one's own cannot be made and none is required. */
export const describeWithOwnPostgres =
  required || (programs() !== undefined && haveTools('ps')) ? describe : describe.skip;

export const newSchema = (): string => `onecert_test_${randomBytes(8).toString('hex')}`;

export const dropSchema = async (schema: string, url = POSTGRES_URL): Promise<void> => {
  await onPostgres(url, `DROP SCHEMA IF EXISTS ${schema} CASCADE`);
};

/** Connections to a schema that is not there yet. */
export const openTestPostgres = async (options: Partial<PostgresOptions> = {}): Promise<Postgres> => {
  // Ample: other tests use the machine too.
  const limits = { statementMs: 20_000, connectMs: 20_000 };
  const postgres = openPostgres({ url: POSTGRES_URL, schema: newSchema(), ...limits, ...options });
  if (!(await postgres.ready(20_000))) throw new Error(`no PostgreSQL at ${options.url ?? POSTGRES_URL}`);
  return postgres;
};

/** A PostgreSQL server of the test's own: it can be killed, halted and started again on its port. */
export interface OwnPostgres {
  readonly url: string;
  start(): Promise<void>;
  /** As a power cut would (immediate shutdown). */
  kill(): Promise<void>;
  /** Takes connections and answers nothing. */
  halt(): void;
  resume(): void;
  remove(): Promise<void>;
}

export const ownPostgres = async (): Promise<OwnPostgres> => {
  const bin = programs();
  if (bin === undefined) throw new Error('initdb is not there (Debian: apt-get install postgresql)');
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'onecert-postgres-'));
  const user = unprivileged();
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  execFileSync(join(bin, 'initdb'), initdb, { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let server: ChildProcess | undefined;
  const kill = async (): Promise<void> => {
    if (server === undefined) return;
    const ended = once(server, 'exit');
    server.kill('SIGCONT');
    server.kill('SIGQUIT');
    await ended;
    server = undefined;
  };
  /** The postmaster and its children. */
  const signalAll = (signal: NodeJS.Signals): void => {
    if (server?.pid === undefined) return;
    const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(server.pid)], { encoding: 'utf8' });
    for (const pid of [
      server.pid,
      ...stdout
        .split('\n')
        .map(Number)
        .filter((each) => each > 0),
    ]) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  };
  return {
    url,
    start: async () => {
      const settings = {
        port,
        listen_addresses: '127.0.0.1',
        unix_socket_directories: folder,
        max_connections: 60,
      };
      const arguments_ = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      server = spawn(join(bin, 'postgres'), ['-D', data, ...arguments_], {
        ...user,
        cwd: folder,
        stdio: 'ignore',
      });
      await once(server, 'spawn');
      for (let tries = 0; !(await answers(url)); tries++) {
        if (server.exitCode !== null || tries > 600) throw new Error('postgres did not start');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    kill,
    halt: () => signalAll('SIGSTOP'),
    resume: () => signalAll('SIGCONT'),
    remove: async () => {
      await kill();
      rmSync(folder, { recursive: true });
    },
  };
};

/** PostgreSQL refuses to run as root: then its own user runs it. */
const unprivileged = (): { readonly uid: number; readonly gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const id = (option: string): number =>
    Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
};

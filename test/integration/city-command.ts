import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { haveTools } from '../tools.ts';

export const ROOT = join(import.meta.dirname, '../..');

/** Whether tests with real curl and openssl can run. */
export const hasTools = (): boolean => haveTools('curl', 'openssl');

export interface CommandResult {
  /** Exit code; -1 where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end. Rejects where it cannot be started. */
export const run = (
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<CommandResult> =>
  new Promise((resolve, reject) => {
    execFile(
      command,
      [...args],
      { cwd: ROOT, env, maxBuffer: 64 * 1024 * 1024, timeout: 45_000, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (error !== null && typeof error.code === 'string')
          reject(new Error(error.message, { cause: error }));
        else resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      },
    );
  });

/** The `onecert` command from source: what precedes its arguments. */
export const ONECERT: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  '--conditions=onecert-source',
  'src/cli/onecert.ts',
];

/** Tests start many processes of the same sources: what Node has compiled once it need not compile again. */
export const COMPILED: NodeJS.ProcessEnv = { NODE_COMPILE_CACHE: join(tmpdir(), 'onecert-compiled') };

export const onecert = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<CommandResult> =>
  run(process.execPath, [...ONECERT, ...args], { ...COMPILED, ...env });

export const openssl = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await run('openssl', args);
  if (code !== 0) throw new Error(`openssl ${args.join(' ')}: ${stderr}`);
  return stdout;
};

export interface CurlAnswer {
  /** 0 where there was no answer. */
  readonly status: number;
  /** Names in lower case; of the last answer where there were several. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** What curl said of it, and how it ended. */
  readonly stderr: string;
  readonly exit: number;
  json(): Record<string, unknown>;
}

/** The last head and its body, of what `curl -i` prints. */
export const readCurl = ({ code, stdout, stderr }: CommandResult): CurlAnswer => {
  let rest = stdout;
  let head = '';
  while (rest.startsWith('HTTP/')) {
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
    stderr,
    exit: code,
    json: () => JSON.parse(rest) as Record<string, unknown>,
  };
};

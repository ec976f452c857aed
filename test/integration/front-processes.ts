import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './city-command.ts';

/** A file of deploy/ with this place's ports and files in it; each of them has to stand there. */
export const deployed = (file: string, here: Readonly<Record<string, string>>): string =>
  Object.entries(here).reduce(
    (text, [stated, actual]) => {
      if (!text.includes(stated)) throw new Error(`deploy/${file} does not hold ${JSON.stringify(stated)}`);
      return text.replaceAll(stated, actual);
    },
    readFileSync(join(ROOT, 'deploy', file), 'utf8'),
  );

export interface Front {
  readonly port: number;
  stop(): Promise<void>;
}

/** The real nginx with these lines in its http block. */
export const startNginx = (folder: string, port: number, http: string): Promise<Front> => {
  mkdirSync(folder, { recursive: true });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const configuration = `${userInfo().uid === 0 ? 'user root;' : ''} daemon off; worker_processes 1;
pid ${join(folder, 'nginx.pid')}; error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
  ${temporary.map((each) => `${each}_temp_path ${join(folder, each)};`).join('\n  ')}
${http}
}
`;
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configuration);
  return startWith('nginx', ['-e', 'stderr', '-c', file], port);
};

export const startHaproxy = (folder: string, port: number, configuration: string): Promise<Front> => {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, configuration);
  return startWith('haproxy', ['-f', file], port);
};

/** Starts a program and waits until it takes connections at the port. */
export const startWith = async (command: string, args: readonly string[], port: number): Promise<Front> => {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += String(chunk)));
  for (let tries = 0; tries < 800; tries++) {
    if (child.exitCode !== null) throw new Error(`${command} ended: ${errors}`);
    if (await accepts(port)) return { port, stop: () => stop(child) };
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await stop(child);
  throw new Error(`${command} takes no connections: ${errors}`);
};

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
};

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

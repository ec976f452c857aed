import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import type { Material } from './city.ts';

export interface Peer {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
}

const ROOT = resolve(import.meta.dirname, '../..');
const READY_MS = 30_000;

/** Runs a command on one processor, until `stop`. */
const pinned = (
  cpu: number,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ChildProcess =>
  spawn('taskset', ['-c', String(cpu), command, ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });

export const stop = async ({ process: child }: Pick<Peer, 'process'>): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
};

const listening = async (peer: Peer): Promise<Peer> => {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    if (peer.process.exitCode !== null) throw new Error(`${peer.name} ended with ${peer.process.exitCode}`);
    const socket = connect(peer.port, '127.0.0.1');
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return peer;
    if (Date.now() > deadline) throw new Error(`${peer.name} does not listen on ${peer.port}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

const nginx = (folder: string, name: string, port: number, cpu: number, http: string): Promise<Peer> => {
  const prefix = join(folder, name);
  mkdirSync(prefix, { recursive: true });
  const file = join(prefix, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; worker_processes 1; pid ${prefix}/pid; error_log stderr error;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s;
  client_body_temp_path ${prefix}/b; proxy_temp_path ${prefix}/p; fastcgi_temp_path ${prefix}/f; uwsgi_temp_path ${prefix}/u; scgi_temp_path ${prefix}/s;
  ${http}
}
`,
  );
  const child = pinned(cpu, 'nginx', ['-p', prefix, '-c', file]);
  return listening({ name, port, process: child });
};

/** Answers every GET with 1,000 bytes. */
export const startBackend = ({ folder }: Material, port: number, cpu: number): Promise<Peer> =>
  nginx(
    folder,
    'backend',
    port,
    cpu,
    `server { listen 127.0.0.1:${port}; default_type application/octet-stream; location / { return 200 "${'x'.repeat(1000)}"; } }`,
  );

/** nginx with ssl_verify_client, ssl_crl and proxy_pass over kept connections. */
export const startNginx = (material: Material, port: number, backend: number, cpu: number): Promise<Peer> => {
  const crl = join(material.folder, 'crls.pem');
  writeFileSync(crl, material.crls.map((file) => readFileSync(file, 'utf8')).join(''));
  return nginx(
    material.folder,
    'nginx',
    port,
    cpu,
    `upstream backend { server 127.0.0.1:${backend}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${material.server.certificate}; ssl_certificate_key ${material.server.key};
    ssl_protocols TLSv1.2 TLSv1.3; ssl_session_tickets on;
    ssl_client_certificate ${material.clientAuthorities}; ssl_crl ${crl}; ssl_verify_client on; ssl_verify_depth 3;
    location / {
      proxy_pass http://backend; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
      proxy_set_header X-Client-Dn $ssl_client_s_dn; proxy_set_header X-Forwarded-For $remote_addr;
    }
  }`,
  );
};

/** fastify with @fastify/http-proxy; TLS verifies the client, its chain and the CRLs. */
export const startFastify = (
  material: Material,
  port: number,
  backend: number,
  cpu: number,
): Promise<Peer> => {
  const child = pinned(cpu, process.execPath, [join(import.meta.dirname, 'fastify-proxy.ts')], {
    PORT: String(port),
    BACKEND: `http://127.0.0.1:${backend}`,
    CERTIFICATE: material.server.certificate,
    KEY: material.server.key,
    CLIENT_AUTHORITIES: material.clientAuthorities,
    CRLS: material.crls.join(','),
    NODE_ENV: 'production',
  });
  return listening({ name: 'fastify', port, process: child });
};

/** `onecert start`, everything on: verdict, identity, decision, assertion, audit. */
export const startOneCert = (
  material: Material,
  { gateway, admin, backend }: { gateway: number; admin: number; backend: number },
  cpu: number,
): Promise<Peer> => {
  const configuration = material.configuration({ gateway, admin, backend });
  const child = pinned(cpu, process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--conditions=onecert-source',
    join(ROOT, 'src/cli/onecert.ts'),
    'start',
    '--config',
    configuration,
  ]);
  return listening({ name: 'onecert', port: gateway, process: child });
};

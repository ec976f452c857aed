import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { encodePem } from '../../src/certificate/pem.ts';
import { Refusal } from '../../src/refusal/refusal.ts';
import {
  readTerminatorCredential,
  terminatorFields,
  type TerminatorFormat,
} from '../../src/signin/terminator/read-terminator-credential.ts';
import {
  createAuthority,
  haveOpenssl,
  type Issued,
  type OpensslAuthority,
} from '../unit/revocation/openssl-authority.ts';
import { freePort } from '../free-port.ts';

const required = process.env.ONECERT_REQUIRE_SERVICES === '1';
const with_ = (command: string, flag: string): jest.Describe => {
  const found = haveOpenssl && spawnSync(command, [flag]).status === 0;
  if (!found && required) throw new Error(`${command} is missing`);
  return found ? describe : describe.skip;
};

interface Answer {
  readonly chain?: readonly string[];
  readonly code?: string;
}

/** Certificates handed on by real terminators; the credential is read by a server behind them. */
describe('a terminator in front', () => {
  let folder: string;
  let authority: OpensslAuthority;
  let server: Issued;
  let person: Issued;
  let another: Issued;
  const file = (name: string): string => join(folder, name);

  beforeAll(() => {
    if (!haveOpenssl) return;
    folder = mkdtempSync(join(tmpdir(), 'onecert-terminator-'));
    authority = createAuthority('rsa');
    server = authority.issue('localhost', { extensions: ['subjectAltName=DNS:localhost'] });
    person = authority.issue('Li Wei');
    another = authority.issue('Chen Fang', { kind: 'ecdsa' });
    writeFileSync(file('server.pem'), readFileSync(server.file, 'utf8') + readFileSync(server.key, 'utf8'));
  });
  afterAll(() => {
    if (!haveOpenssl) return;
    rmSync(folder, { recursive: true });
    rmSync(authority.folder, { recursive: true });
  });

  /** Behind the terminator, on a Unix socket that only it opens. */
  const listenBehind = async (format: TerminatorFormat, socket: string): Promise<Server> => {
    const behind = createServer(({ rawHeaders }, response) => {
      const read = readTerminatorCredential(rawHeaders, format, '192.0.2.1', 0);
      const answer: Answer =
        read instanceof Refusal
          ? { code: read.detail }
          : {
              ...(read !== undefined && { chain: read.chain.map((der) => Buffer.from(der).toString('hex')) }),
            };
      response.end(JSON.stringify(answer));
    });
    behind.listen(socket);
    await once(behind, 'listening');
    return behind;
  };

  const call = async (
    port: number,
    as: Issued | undefined,
    headers: Record<string, string | string[]> = {},
  ): Promise<Answer> => {
    const outgoing = request({
      host: '127.0.0.1',
      port,
      servername: 'localhost',
      ca: readFileSync(authority.file),
      ...(as !== undefined && { cert: readFileSync(as.file), key: readFileSync(as.key) }),
      headers,
      agent: false,
    });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    let body = '';
    for await (const chunk of response) body += String(chunk);
    return JSON.parse(body) as Answer;
  };
  const hexOf = ({ certificate }: { certificate: Issued['certificate'] }): string =>
    Buffer.from(certificate.der).toString('hex');

  /** Starts a terminator and waits until it takes connections. */
  const start = async (command: string, args: readonly string[], port: number): Promise<ChildProcess> => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr?.on('data', (chunk) => (errors += String(chunk)));
    for (let tries = 0; tries < 400; tries++) {
      if (child.exitCode !== null) throw new Error(`${command} ended: ${errors}`);
      if (await accepts(port)) return child;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`${command} takes no connections: ${errors}`);
  };
  const stop = async (child: ChildProcess | undefined): Promise<void> => {
    if (child === undefined || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  };

  with_('nginx', '-v')('nginx', () => {
    const format: TerminatorFormat = { kind: 'nginx', header: 'X-Client-Certificate' };
    let nginx: ChildProcess;
    let behind: Server;
    let port: number;
    beforeAll(async () => {
      port = await freePort();
      behind = await listenBehind(format, file('nginx.sock'));
      writeFileSync(
        file('nginx.conf'),
        `${userInfo().uid === 0 ? 'user root;' : ''} daemon off; pid ${file('nginx.pid')}; error_log stderr warn;
events { worker_connections 64; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((each) => `${each}_temp_path ${file(each)};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${server.file};
    ssl_certificate_key ${server.key};
    ssl_verify_client optional_no_ca;
    location / {
      proxy_pass http://unix:${file('nginx.sock')};
      proxy_set_header X-Client-Certificate $ssl_client_escaped_cert;
    }
  }
}
`,
      );
      nginx = await start('nginx', ['-e', 'stderr', '-c', file('nginx.conf')], port);
    });
    afterAll(async () => {
      await stop(nginx);
      behind.close();
    });

    it('hands on the certificate of whoever calls', async () => {
      expect(await call(port, person)).toEqual({ chain: [hexOf(person)] });
      expect(await call(port, another)).toEqual({ chain: [hexOf(another)] });
    });
    it('hands on none where there is none, and none that the client writes itself', async () => {
      expect(await call(port, undefined)).toEqual({});
      const forged = {
        'X-Client-Certificate': encodeURIComponent(encodePem('CERTIFICATE', person.certificate.der)),
      };
      expect(await call(port, undefined, forged)).toEqual({});
      expect(await call(port, another, forged)).toEqual({ chain: [hexOf(another)] });
      expect(
        await call(port, another, { 'x-client-certificate': [forged['X-Client-Certificate'], 'a'] }),
      ).toEqual({ chain: [hexOf(another)] });
    });
  });

  with_('haproxy', '-v')('HAProxy', () => {
    const plain: TerminatorFormat = {
      kind: 'haproxy',
      header: 'X-SSL-Client-DER',
      chainHeader: 'X-SSL-Client-Chain-DER',
    };
    let haproxy: ChildProcess;
    let behind: Server[];
    let ports: Record<'plain' | 'adding' | 'rfc9440', number>;
    beforeAll(async () => {
      ports = { plain: await freePort(), adding: await freePort(), rfc9440: await freePort() };
      behind = [
        await listenBehind(plain, file('haproxy.sock')),
        await listenBehind({ kind: 'rfc9440' }, file('haproxy-9440.sock')),
      ];
      const bind = (port: number): string =>
        `bind 127.0.0.1:${port} ssl crt ${file('server.pem')} verify optional ca-file ${authority.file} crt-ignore-err all ca-ignore-err all`;
      writeFileSync(
        file('haproxy.cfg'),
        `global
  maxconn 64
  tune.bufsize 32768
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend plain
  ${bind(ports.plain)}
  http-request set-header X-SSL-Client-DER %[ssl_c_der,base64]
  http-request set-header X-SSL-Client-Chain-DER %[ssl_c_chain_der,base64]
  default_backend plain
frontend adding
  ${bind(ports.adding)}
  http-request add-header X-SSL-Client-DER %[ssl_c_der,base64]
  default_backend plain
frontend rfc9440
  ${bind(ports.rfc9440)}
  ${terminatorFields({ kind: 'rfc9440' })
    .map((name) => `http-request del-header ${name}`)
    .join('\n  ')}
  http-request set-header Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }
  default_backend rfc9440
backend plain
  server behind unix@${file('haproxy.sock')}
backend rfc9440
  server behind unix@${file('haproxy-9440.sock')}
`,
      );
      haproxy = await start('haproxy', ['-f', file('haproxy.cfg')], ports.rfc9440);
    });
    afterAll(async () => {
      await stop(haproxy);
      for (const each of behind) each.close();
    });

    it('hands on certificate and chain in Base64', async () => {
      // OpenSSL in the client completes the chain from what it trusts.
      expect(await call(ports.plain, person)).toEqual({ chain: [hexOf(person), hexOf(authority)] });
      expect(await call(ports.plain, another)).toEqual({ chain: [hexOf(another), hexOf(authority)] });
    });
    it('hands on the certificate as Client-Cert (RFC 9440)', async () => {
      expect(await call(ports.rfc9440, person)).toEqual({ chain: [hexOf(person)] });
    });
    it('hands on none where there is none, and none that the client writes itself', async () => {
      const der = Buffer.from(person.certificate.der).toString('base64');
      expect(await call(ports.plain, undefined)).toEqual({});
      expect(await call(ports.plain, undefined, { 'X-SSL-Client-DER': der })).toEqual({});
      expect(await call(ports.rfc9440, undefined)).toEqual({});
      expect(
        await call(ports.rfc9440, undefined, { 'Client-Cert': `:${der}:`, 'Client-Cert-Chain': `:${der}:` }),
      ).toEqual({});
      expect(await call(ports.rfc9440, another, { 'Client-Cert': `:${der}:` })).toEqual({
        chain: [hexOf(another)],
      });
    });
    it('set to add instead of set, it is found out', async () => {
      const der = Buffer.from(person.certificate.der).toString('base64');
      expect(await call(ports.adding, another, { 'X-SSL-Client-DER': der })).toEqual({
        code: 'the field X-SSL-Client-DER stands there twice',
      });
    });
  });

  (haveOpenssl ? it : it.skip)('a TLCP terminator hands on an SM2 certificate in the same way', () => {
    const sm2 = createAuthority('sm2');
    const { certificate } = sm2.issue('Li Wei');
    rmSync(sm2.folder, { recursive: true });
    const value = encodeURIComponent(encodePem('CERTIFICATE', certificate.der));
    expect(
      readTerminatorCredential(['X-Cert', value], { kind: 'nginx', header: 'x-cert' }, '192.0.2.1', 7),
    ).toEqual({
      chain: [Buffer.from(certificate.der)],
      proof: 'terminator',
      provenAt: 7,
      from: '192.0.2.1',
    });
  });
});

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

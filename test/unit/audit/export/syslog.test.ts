import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { openAppendFile } from '../../../../src/audit/export/append-file.ts';
import { startExporter, type Exporter } from '../../../../src/audit/export/exporter.ts';
import type { ExportTarget } from '../../../../src/audit/export/export-target.ts';
import { syslogMessage } from '../../../../src/audit/export/syslog-message.ts';
import { openSyslogTls } from '../../../../src/audit/export/syslog-tls.ts';
import { linesOf, segmentsOf, writeLog } from '../written-log.ts';
import { describeWith } from '../../../tools.ts';

const hasRsyslog =
  process.env.ONECERT_REQUIRE_SERVICES === '1' ||
  (existsSync('/usr/sbin/rsyslogd') &&
    readdirSync('/usr/lib').some((each) => existsSync(`/usr/lib/${each}/rsyslog/lmnsd_ossl.so`)));

const eventually = async (what: string, holds: () => boolean, withinMs = 60_000): Promise<void> => {
  for (const deadline = Date.now() + withinMs; !holds(); await wait(25))
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
};

describeWith('openssl')('exports of the audit log', () => {
  let folder: string;
  let tls: { authority: string; certificate: string; key: string };
  const running: { exporters: Exporter[]; children: ChildProcess[] } = { exporters: [], children: [] };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'onecert-export-'));
    const [certificate, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2'];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        ...subject,
        '-keyout',
        key,
        '-out',
        certificate,
      ],
      { stdio: 'ignore' },
    );
    tls = { authority: readFileSync(certificate, 'utf8'), certificate, key };
  });
  afterEach(async () => {
    await Promise.all(running.exporters.splice(0).map((each) => each.close()));
    for (const child of running.children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const start = (log: string, target: ExportTarget, name: string, confirmMs = 200): Exporter => {
    const exporter = startExporter({
      name,
      folder: log,
      cursorFile: join(folder, `${name}.json`),
      target,
      log: () => undefined,
      confirmMs,
      idleMs: 20,
      backoffMs: [50, 200],
    });
    running.exporters.push(exporter);
    return exporter;
  };
  const syslog = (port: number, more: object = {}): ExportTarget =>
    openSyslogTls(
      {
        name: 'siem',
        kind: 'syslog',
        host: 'localhost',
        port,
        authority: tls.authority,
        opened: false,
        ...more,
      },
      5_000,
    );
  const allLines = (log: string): string[] => segmentsOf(log).flatMap(linesOf);

  /** A receiver that checks the framing; `lose` makes it break connections off without reading on. */
  const receiver = async (port = 0, options: object = {}) => {
    const messages: string[] = [];
    const sockets = new Set<TLSSocket>();
    const state = { broken: undefined as string | undefined };
    const server = createTlsServer(
      { cert: readFileSync(tls.certificate), key: readFileSync(tls.key), ...options },
      (socket) => {
        sockets.add(socket);
        let held = Buffer.alloc(0);
        socket.on('error', () => undefined);
        socket.on('data', (chunk: Buffer) => {
          held = Buffer.concat([held, chunk]);
          for (;;) {
            const [head = '', digits = ''] = /^([1-9]\d{0,5}) /.exec(held.toString('latin1', 0, 8)) ?? [];
            if (head === '') {
              if (held.length >= 8) state.broken = held.toString('latin1', 0, 40);
              return;
            }
            const end = head.length + Number(digits);
            if (held.length < end) return;
            messages.push(held.toString('utf8', head.length, end));
            held = held.subarray(end);
          }
        });
      },
    );
    await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve));
    return {
      messages,
      state,
      port: (server.address() as AddressInfo).port,
      kill: async () => {
        for (const socket of sockets) socket.destroy();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  };

  it('are syslog messages by RFC 5424', () => {
    const at = Date.UTC(2026, 10, 24, 10, 43, 7, 5);
    const message = syslogMessage(
      { seq: 1, entry: { event: 'refusal', at }, text: '{"name":"张"}' },
      { hostname: 'gate way\n', processId: '7' },
    );
    expect(message).toBe('<109>1 2026-11-24T10:43:07.005Z gateway onecert 7 refusal - {"name":"张"}');
    const odd = syslogMessage({ seq: 1, entry: { at: 'x' }, text: '{}' }, { hostname: '', processId: '' });
    expect(odd).toBe('<110>1 - - onecert - - - {}');
  });

  it('arrive framed by octet counting, each line as it stands in the log', async () => {
    const log = await writeLog(120, { segmentBytes: 6_000 });
    const { messages, state, port, kill } = await receiver();
    const exporter = start(log, syslog(port), 'framed');
    await eventually('all confirmed', () => exporter.stats.confirmed === 120);
    expect(state.broken).toBeUndefined();
    expect(messages.map((message) => message.slice(message.indexOf('{')))).toEqual(allLines(log));
    await kill();
  });

  it('lose nothing where the receiver breaks off and comes back, and go on behind a restart of ours', async () => {
    const log = await writeLog(60);
    const first = await receiver();
    const exporter = start(log, syslog(first.port), 'broken');
    await eventually('some arrived', () => first.messages.length > 0);
    await first.kill();
    await writeLog(60, { folder: log });
    await eventually('noticed', () => !exporter.stats.up);
    const second = await receiver(first.port);
    await eventually('all confirmed', () => exporter.stats.confirmed === 120);
    const arrived = new Set(
      [...first.messages, ...second.messages].map((each) => each.slice(each.indexOf('{'))),
    );
    expect([...allLines(log)].filter((line) => !arrived.has(line))).toEqual([]);
    await exporter.close();
    await writeLog(5, { folder: log });
    const before = second.messages.length;
    const again = start(log, syslog(first.port), 'broken');
    await eventually('the rest', () => again.stats.confirmed === 125);
    expect(second.messages.length - before).toBe(5);
    await second.kill();
  });

  it('take a receiver whose certificate is of somebody else for none, and show their own where it is asked for', async () => {
    const log = await writeLog(3);
    const { messages, port, kill } = await receiver(0, {
      requestCert: true,
      rejectUnauthorized: true,
      ca: tls.authority,
    });
    const stranger = start(log, syslog(port, { servername: 'elsewhere.example' }), 'stranger');
    const nameless = start(log, syslog(port), 'nameless');
    await eventually('refused', () => !stranger.stats.up && !nameless.stats.up);
    expect(messages).toEqual([]);
    const certificate = readFileSync(tls.certificate, 'utf8');
    const known = start(log, syslog(port, { certificate, key: readFileSync(tls.key, 'utf8') }), 'known');
    await eventually('all confirmed', () => known.stats.confirmed === 3);
    expect([stranger.stats.confirmed, nameless.stats.confirmed]).toEqual([0, 0]);
    await kill();
  });

  it('go to a file, which may be moved away, and begin a new line behind half a one', async () => {
    const log = await writeLog(10);
    const path = join(folder, 'export.log');
    writeFileSync(path, 'half');
    const exporter = start(log, openAppendFile({ name: 'f', kind: 'file', path, opened: false }), 'file', 20);
    await eventually('all confirmed', () => exporter.stats.confirmed === 10);
    expect(readFileSync(path, 'utf8')).toBe(`half\n${allLines(log).join('\n')}\n`);
    rmSync(path);
    await writeLog(2, { folder: log });
    await eventually('the rest', () => exporter.stats.confirmed === 12);
    expect(linesOf(path)).toEqual(allLines(log).slice(10));
  });

  (hasRsyslog ? it : it.skip)('are taken by rsyslog over TLS, stopped and started in between', async () => {
    const log = await writeLog(200);
    const port = await freePort();
    const out = join(folder, 'rsyslog.out');
    const conf = join(folder, 'rsyslog.conf');
    writeFileSync(
      conf,
      `global(workDirectory="${folder}" defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="${tls.certificate}"
  defaultNetstreamDriverCertFile="${tls.certificate}" defaultNetstreamDriverKeyFile="${tls.key}" maxMessageSize="64k")
module(load="imtcp" streamdriver.mode="1" streamdriver.authmode="anon")
input(type="imtcp" port="${port}")
template(name="raw" type="string" string="%msg%\\n")
action(type="omfile" file="${out}" template="raw")
`,
    );
    const run = (): ChildProcess => {
      const child = spawn('/usr/sbin/rsyslogd', ['-n', '-f', conf, '-i', join(folder, 'rsyslog.pid')], {
        stdio: 'ignore',
      });
      running.children.push(child);
      return child;
    };
    expect(spawnSync('/usr/sbin/rsyslogd', ['-N1', '-f', conf], { encoding: 'utf8' }).stderr).not.toMatch(
      /error/i,
    );
    const first = run();
    const exporter = start(log, syslog(port), 'rsyslog');
    await eventually('the first half', () => exporter.stats.confirmed === 200);
    const gone = new Promise((resolve) => first.once('exit', resolve));
    first.kill('SIGTERM');
    await gone;
    await writeLog(200, { folder: log });
    await eventually('noticed', () => !exporter.stats.up);
    run();
    await eventually('the second half', () => exporter.stats.confirmed === 400);
    const written = (): Set<string> =>
      new Set(existsSync(out) ? linesOf(out).map((line) => line.slice(line.indexOf('{'))) : []);
    await eventually('rsyslog has written all', () => allLines(log).every((line) => written().has(line)));
  });
});

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, 'localhost');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
};

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chainLine, EMPTY_LOG } from '../../src/audit/line.ts';
import { parseCertificate } from '../../src/certificate/parse.ts';
import { decodePem } from '../../src/certificate/pem.ts';
import { lookAtAdvisories } from '../../src/inspection/gather/look-at-advisories.ts';
import { lookAtCheckpoint, lookAtLastSegment } from '../../src/inspection/gather/look-at-audit.ts';
import { lookAtClocks } from '../../src/inspection/gather/look-at-clocks.ts';
import { lookAtCrls } from '../../src/inspection/gather/look-at-crls.ts';
import { lookAtHost } from '../../src/inspection/gather/look-at-host.ts';
import { lookAtKeys, lookAtPaths } from '../../src/inspection/gather/look-at-keys.ts';
import { lookAtListener } from '../../src/inspection/gather/look-at-listener.ts';
import { lookAtMetrics } from '../../src/inspection/gather/look-at-metrics.ts';
import { see } from '../../src/inspection/gather/see.ts';
import { lockFolder } from '../../src/audit/lock-folder.ts';
import { revocationPolicySchema } from '../../src/revocation/revocation-policy.ts';
import { openKeyRing } from '../../src/storage/key-ring.ts';
import type { TrustList } from '../../src/trust/trust-list.ts';
import { hasTools, openssl } from './city-command.ts';
import { freePort } from '../free-port.ts';
import { openCity, type OpenedCity } from './opened-demo-city.ts';

const root = mkdtempSync(join(tmpdir(), 'onecert-looks-'));
const inRoot = (name: string): string => join(root, name);
const running: (ChildProcess | Server)[] = [];
afterAll(() => {
  for (const each of running)
    if ('kill' in each) each.kill('SIGKILL');
    else each.close();
  rmSync(root, { recursive: true });
});

const describeWithTools = hasTools() ? describe : describe.skip;

describeWithTools('a listener as the inspection sees it: openssl s_server', () => {
  const certificate = async (name: string, ...key: string[]): Promise<string> => {
    const subject = [
      '-subj',
      '/CN=gateway.city.example',
      '-addext',
      'subjectAltName=DNS:gateway.city.example',
    ];
    await openssl(
      'req',
      '-x509',
      '-nodes',
      '-days',
      '5',
      '-newkey',
      ...key,
      ...subject,
      '-keyout',
      inRoot(`${name}.key`),
      '-out',
      inRoot(`${name}.crt`),
    );
    return inRoot(name);
  };
  const serve = async (files: string, ...args: string[]): Promise<number> => {
    const port = await freePort();
    const server = spawn(
      'openssl',
      ['s_server', '-accept', `127.0.0.1:${port}`, '-cert', `${files}.crt`, '-key', `${files}.key`, ...args],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    running.push(server);
    for await (const piece of server.stdout) if (String(piece).includes('ACCEPT')) break;
    server.stdout.resume();
    return port;
  };
  const look = (port: number, authorities: readonly string[] = [], publicName = 'gateway.city.example') =>
    lookAtListener({ name: 'listen', host: '127.0.0.1', port, publicName }, authorities);

  test('a weak one: TLS 1.0 and 1.1, NULL and triple DES, no forward secrecy, a short key, another name', async () => {
    const files = await certificate('weak', 'rsa:1024');
    const port = await serve(files, '-cipher', 'ALL:COMPLEMENTOFALL:@SECLEVEL=0', '-min_protocol', 'TLSv1');
    const seen = await look(port, [], 'other.city.example');
    expect(seen.oldVersions).toEqual({ seen: ['TLS 1.0', 'TLS 1.1'] });
    expect(seen.suites).toEqual({
      seen: {
        broken: expect.arrayContaining([
          'TLS_RSA_WITH_NULL_SHA256',
          'TLS_ECDHE_RSA_WITH_NULL_SHA',
        ]) as unknown,
        withoutForwardSecrecy: expect.arrayContaining(['TLS_RSA_WITH_AES_128_GCM_SHA256']) as unknown,
      },
    });
    expect(seen.certificate).toMatchObject({
      seen: {
        fitsName: false,
        key: { type: 'rsa', bits: 1024 },
        chainProblem: expect.any(String) as unknown,
      },
    });
  });

  test('a good one has nothing of it', async () => {
    const files = await certificate('good', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256');
    const port = await serve(files, '-min_protocol', 'TLSv1.2', '-cipher', 'ECDHE+AESGCM');
    const seen = await look(port, [readFileSync(`${files}.crt`, 'utf8')]);
    expect(seen.oldVersions).toEqual({ seen: [] });
    expect(seen.suites).toEqual({ seen: { broken: [], withoutForwardSecrecy: [] } });
    expect(seen.certificate).toMatchObject({
      seen: { fitsName: true, key: { type: 'ec', bits: 256 }, chainProblem: undefined },
    });
  });

  test('one that is down is not seen', async () => {
    const seen = await look(await freePort());
    for (const each of [seen.certificate, seen.oldVersions, seen.suites]) {
      expect(each).toMatchObject({ unseen: { en: 'nobody listens there: the gateway may be down' } });
    }
  });
});

describeWithTools('CRLs as the inspection sees them: of the demo city', () => {
  let city: OpenedCity;
  const folder = inRoot('crls');
  let trust: TrustList;
  beforeAll(async () => {
    city = await openCity();
    const read = (name: string) =>
      decodePem(readFileSync(city.authorityFile('yuean', name), 'utf8')).map((der) => parseCertificate(der));
    const settings = { authority: 'yuean', revocation: revocationPolicySchema.parse({}) };
    trust = {
      authorities: new Map([
        ['yuean', { settings, anchors: read('root.crt'), intermediates: read('issuing.crt') }],
      ]),
    } as unknown as TrustList;
    mkdirSync(folder);
    const [address] = city.certificates
      .filter(({ authority }) => authority === 'yuean')
      .flatMap(({ certificate }) => decodePem(readFileSync(certificate, 'utf8')).slice(0, 1))
      .flatMap((der) => parseCertificate(der).crlDistributionPoints.flatMap(({ uris }) => uris));
    if (address === undefined) throw new Error('no distribution point');
    const answer = await fetch(address);
    writeFileSync(join(folder, 'yuean-1.crl'), Buffer.from(await answer.arrayBuffer()));
    writeFileSync(join(folder, 'yuean-1.json'), JSON.stringify({ authority: 'yuean', address }));
  });
  afterAll(() => city.close());

  test('fresh now, expired in a hundred days, refused when changed', async () => {
    expect(await lookAtCrls(folder, trust, Date.now())).toMatchObject([
      { authority: 'yuean', problem: undefined },
    ]);
    expect(await lookAtCrls(folder, trust, Date.now() + 100 * 86_400_000)).toMatchObject([
      { problem: 'expired' },
    ]);
    const changed = inRoot('changed-crls');
    cpSync(folder, changed, { recursive: true });
    const crl = readFileSync(join(changed, 'yuean-1.crl'));
    crl[crl.length - 1] = (crl[crl.length - 1] as number) ^ 1;
    writeFileSync(join(changed, 'yuean-1.crl'), crl);
    const [seen] = await lookAtCrls(changed, trust, Date.now());
    expect(seen?.problem).toMatch(/^(?:bad-signature|malformed)$/);
  });
});

describe('data folder and surroundings as the inspection sees them', () => {
  test('keys: age, versions, size; nothing is made', () => {
    const folder = inRoot('keys');
    const ring = openKeyRing(folder);
    ring.versions('form.key');
    ring.rotate('form.key', 0);
    writeFileSync(join(folder, 'session.key'), Buffer.alloc(16), { mode: 0o600 });
    const year = new Date(Date.now() - 400 * 86_400_000);
    utimesSync(join(folder, 'session.key'), year, year);
    const seen = lookAtKeys(folder, Date.now());
    expect(seen.map(({ name, version, inUse, problem }) => [name, version, inUse, problem])).toEqual([
      ['form.key', 0, false, undefined],
      ['form.key', 1, true, undefined],
      ['session.key', 0, true, '16 bytes'],
    ]);
    expect(Math.round((Date.now() - (seen[2]?.createdAt ?? 0)) / 86_400_000)).toBe(400);
  });

  test('modes of what is secret and of what decides', () => {
    const data = inRoot('data');
    mkdirSync(join(data, 'keys'), { recursive: true });
    chmodSync(data, 0o755);
    writeFileSync(join(data, 'keys', 'form.key'), 'x');
    chmodSync(join(data, 'keys', 'form.key'), 0o640);
    const config = inRoot('config');
    mkdirSync(config);
    writeFileSync(join(config, 'gateway.yaml'), '');
    chmodSync(join(config, 'gateway.yaml'), 0o666);
    const modes = lookAtPaths({ data, tlsKeys: [], configuration: [config] });
    const of = (path: string) => modes.find((each) => each.path === path);
    expect(of('data')).toMatchObject({ demand: 'secret', mode: 0o40755 });
    expect(of('data/keys/form.key')).toMatchObject({ demand: 'secret', mode: 0o100640 });
    expect(of(join(config, 'gateway.yaml'))).toMatchObject({ demand: 'decides', mode: 0o100666 });
  });

  test('the last segment: whole, changed, with an entry missing; a checkpoint that is behind', async () => {
    const folder = inRoot('audit');
    mkdirSync(folder);
    const file = join(folder, '00000001.log');
    const lines: string[] = [];
    let head = EMPTY_LOG;
    for (const event of ['start', 'call', 'call', 'stop']) {
      const next = chainLine(head, 1, JSON.stringify({ event }));
      lines.push(next.line);
      head = next.head;
    }
    const write = (all: readonly string[]): void =>
      writeFileSync(file, all.map((line) => `${line}\n`).join(''));
    write(lines);
    expect(await lookAtLastSegment(folder)).toEqual({ entries: 4, problem: undefined });
    write(lines.map((line, index) => (index === 1 ? line.replace('call', 'fall') : line)));
    expect((await lookAtLastSegment(folder)).problem).toMatch(/:2: the entry was changed/);
    write(lines.toSpliced(2, 1));
    expect((await lookAtLastSegment(folder)).problem).toMatch(/:3: the entry before is missing/);

    expect((await lookAtCheckpoint(folder)).lastCheckpoint).toBeUndefined();
    writeFileSync(join(folder, 'checkpoints'), '');
    utimesSync(join(folder, 'checkpoints'), 1_000, 1_000);
    expect((await lookAtCheckpoint(folder)).lastCheckpoint).toBe(1_000_000);
    expect(await see(() => lookAtLastSegment(inRoot('nowhere')))).toMatchObject({
      unseen: { en: 'there is no such file or folder' },
    });
  });

  test('the process that holds the audit log: its user and its limit of core files', async () => {
    mkdirSync(inRoot('held/audit'), { recursive: true });
    expect((await lookAtHost(inRoot('held'))).gatewayUser).toHaveProperty('unseen');
    const lock = lockFolder(inRoot('held/audit'));
    try {
      const { gatewayUser, coreLimit } = await lookAtHost(inRoot('held'));
      expect(gatewayUser).toEqual({ seen: process.geteuid?.() });
      expect(coreLimit).toHaveProperty('seen');
    } finally {
      lock.release();
    }
  });

  const serve = async (
    answer: (path: string) => { headers?: Record<string, string>; body?: string },
  ): Promise<string> => {
    const server = createServer((request, response) => {
      const { headers = {}, body = '' } = answer(request.url ?? '');
      response.writeHead(200, headers).end(body);
    }).listen(0, '127.0.0.1');
    running.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  test('clocks: a server two minutes behind; one that is away is left out', async () => {
    const url = await serve(() => ({ headers: { date: new Date(Date.now() - 120_000).toUTCString() } }));
    const [seen, ...more] = await lookAtClocks([
      `${url}/a.crl`,
      `${url}/b.crl`,
      `http://127.0.0.1:${await freePort()}/`,
    ]);
    expect(more).toEqual([]);
    expect(Math.round((seen?.skew ?? 0) / 10_000)).toBe(-12);
    expect(seen?.local).toBe(true);
  });

  test('metrics: responders, audit log, CRLs', async () => {
    const body = [
      'onecert_audit_healthy 0',
      'onecert_ocsp_responder_up{responder="http://ocsp.example/a"} 0',
      'onecert_crl_next_update_seconds{authority="yuean",issuer="CN=\\"x\\""} -3.5',
    ].join('\n');
    expect(await lookAtMetrics(await serve(() => ({ body })))).toEqual({
      responders: [{ responder: 'http://ocsp.example/a', up: false }],
      auditHealthy: false,
      crls: [{ authority: 'yuean', seconds: -3.5 }],
    });
    await expect(lookAtMetrics(`http://127.0.0.1:${await freePort()}`)).rejects.toThrow();
  });

  test('advisories: what npm prints; a registry that fails is not seen', async () => {
    const npm = (name: string, printed: string, code: number): string => {
      writeFileSync(inRoot(name), `#!/bin/sh\ncat <<'EOF'\n${printed}\nEOF\nexit ${code}\n`, { mode: 0o755 });
      return inRoot(name);
    };
    const found = npm(
      'npm-found',
      JSON.stringify({ vulnerabilities: { b: { severity: 'low' }, a: { severity: 'high' } } }),
      1,
    );
    const failed = npm('npm-failed', JSON.stringify({ message: '405 Method Not Allowed' }), 1);
    expect(await see(() => lookAtAdvisories(root, found))).toMatchObject({
      unseen: { en: 'there is no such file or folder' },
    });
    writeFileSync(inRoot('package-lock.json'), '{}');
    expect(await lookAtAdvisories(root, found)).toEqual([
      { name: 'a', level: 'high' },
      { name: 'b', level: 'low' },
    ]);
    expect(await see(() => lookAtAdvisories(root, failed))).toHaveProperty('unseen');
  });
});

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { describeWithRedis, ownRedis, type OwnRedis } from './redis-servers.ts';
import { haveTools } from '../../tools.ts';

(haveTools('redis-server', 'openssl') ? describeWithRedis : describe.skip)('a Redis server with TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-redis-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const tlsOnly = (): string[] => {
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    return ['--port', '0', '--tls-port', 'PORT', ...files];
  };
  let server: OwnRedis;
  let url: string;
  beforeAll(async () => {
    const subject = ['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject];
    execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    server = await ownRedis(tlsOnly());
    await server.start();
    url = server.url.replace('redis:', 'rediss:');
  });
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true });
  });
  const pem = (file: string): string => readFileSync(file, 'utf8');

  const expectUsed = async (used: string): Promise<void> => {
    const tls = { ca: pem(cert), cert: pem(cert), key: pem(key) };
    const stores = openShortLivedStores({ url: used, tls, pollMs: 60_000 });
    expect(await stores.ready(10_000)).toBe(true);
    await stores.expiring('n').put('key', 'value', 60_000);
    expect(await stores.expiring('n').take('key')).toBe('value');
    const heard = new Promise<string>((resolve) => {
      const again = setInterval(() => void stores.broadcast.publish('topic', 'message'), 50);
      const onMessage = (message: string): void => {
        clearInterval(again);
        resolve(message);
      };
      void stores.broadcast.subscribe('topic', { onMessage, onGap: () => undefined });
    });
    expect(await heard).toBe('message');
    await stores.close();
  };

  it('is used with both certificates in order, also for what is listened to', () => expectUsed(url));

  it('is used so in a cluster', async () => {
    const one = await ownRedis([
      ...tlsOnly(),
      '--tls-cluster',
      'yes',
      '--cluster-enabled',
      'yes',
      '--cluster-port',
      'BUS',
    ]);
    await one.start();
    const { port } = new URL(one.url);
    const files = ['--cert', cert, '--key', key, '--cacert', cert];
    execFileSync('redis-cli', ['-p', port, '--tls', ...files, 'CLUSTER', 'ADDSLOTSRANGE', '0', '16383']);
    await expectUsed(one.url.replace('redis:', 'rediss-cluster:'));
    await one.remove();
  });

  it('is used so, as are its sentinels', async () => {
    const file = join(folder, 'sentinel.conf');
    writeFileSync(file, `sentinel monitor city 127.0.0.1 ${new URL(url).port} 1\n`);
    const sentinel = await ownRedis([...tlsOnly(), '--tls-replication', 'yes', '--sentinel'], file);
    await sentinel.start();
    await expectUsed(`${sentinel.url.replace('redis:', 'rediss-sentinel:')}/city`);
    await sentinel.remove();
  });

  it.each([
    [
      'is not believed without its authority',
      () => ({ cert: pem(cert), key: pem(key) }),
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ],
    ['does not take us without a certificate', () => ({ ca: pem(cert) }), /ALERT|ECONNRESET|Closed|EPIPE/],
  ])('%s', async (_, tls, reason) => {
    const states: string[] = [];
    const stores = openShortLivedStores({
      url,
      tls: tls(),
      onState: (state) => states.push('reason' in state ? state.reason : 'ready'),
    });
    expect(await stores.ready(1_000)).toBe(false);
    expect(states).toEqual([expect.stringMatching(reason)]);
    await stores.close();
  });
});

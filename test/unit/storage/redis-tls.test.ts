import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openShortLivedStores } from '../../../src/storage/short-lived-stores.ts';
import { describeWithRedis, ownRedis, type OwnRedis } from './redis-servers.ts';

describeWithRedis('a Redis server with TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-redis-tls-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  let server: OwnRedis;
  let url: string;
  beforeAll(async () => {
    const subject = ['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject];
    execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    server = await ownRedis(['--port', '0', '--tls-port', 'PORT', ...files]);
    await server.start();
    url = server.url.replace('redis:', 'rediss:');
  });
  afterAll(async () => {
    await server.remove();
    rmSync(folder, { recursive: true });
  });
  const pem = (file: string): string => readFileSync(file, 'utf8');

  it('is used with both certificates in order, also for what is listened to', async () => {
    const stores = openShortLivedStores({
      url,
      tls: { ca: pem(cert), cert: pem(cert), key: pem(key) },
      pollMs: 60_000,
    });
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

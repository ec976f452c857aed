import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { secureContextOptions } from '../../src/proxy/server.ts';
import { describeWith } from '../tools.ts';
import { openssl } from './city-command.ts';

describeWith('openssl')('TLS of a listener', () => {
  const folder = mkdtempSync(join(tmpdir(), 'onecert-tls-'));
  const servers: Server[] = [];
  const ports: Record<string, number> = {};
  beforeAll(async () => {
    for (const [name, ...kind] of [
      ['rsa', 'rsa:2048'],
      ['ecdsa', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ] as const) {
      const [cert, key] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
      const subject = ['-subj', '/CN=localhost', '-days', '2', '-out', cert, '-keyout', key];
      await openssl('req', '-x509', '-nodes', '-newkey', ...kind, ...subject);
      const tls = {
        certificate: readFileSync(cert, 'utf8'),
        key: readFileSync(key, 'utf8'),
        minimumVersion: 'TLSv1.2' as const,
        ticketKeys: Buffer.alloc(48, 1),
      };
      const server = createServer(secureContextOptions(tls, { kind: 'mutual-tls' }));
      server.on('tlsClientError', () => undefined);
      await once(server.listen(0, '127.0.0.1'), 'listening');
      servers.push(server);
      ports[name] = (server.address() as AddressInfo).port;
    }
  });
  afterAll(() => {
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true });
  });

  /** The suite that openssl agrees on with it; undefined for none. */
  const agreed = async (certificate: string, ...offers: readonly string[]): Promise<string | undefined> => {
    const address = `127.0.0.1:${ports[certificate]}`;
    const client = spawn('openssl', ['s_client', '-brief', '-connect', address, ...offers], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    client.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(client, 'close');
    return /^Ciphersuite: (\S+)/m.exec(said)?.[1];
  };

  it.each([
    ['rsa', 'ECDHE-RSA-AES128-GCM-SHA256'],
    ['rsa', 'DHE-RSA-AES256-GCM-SHA384'],
    ['rsa', 'ECDHE-RSA-CHACHA20-POLY1305'],
    ['ecdsa', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ])('with an %s certificate takes %s', async (certificate, suite) => {
    expect(await agreed(certificate, '-tls1_2', '-cipher', suite)).toBe(suite);
  });

  it.each([
    // RSA key transport: who gets the key later opens what was recorded.
    ['rsa', 'AES128-GCM-SHA256'],
    ['rsa', 'AES256-SHA256'],
    // CBC.
    ['rsa', 'ECDHE-RSA-AES256-SHA384'],
    ['ecdsa', 'ECDHE-ECDSA-AES128-SHA'],
  ])('with an %s certificate does not take %s', async (certificate, suite) => {
    expect(await agreed(certificate, '-tls1_2', '-cipher', suite)).toBeUndefined();
  });

  it('takes TLS 1.3, and nothing before TLS 1.2', async () => {
    expect(await agreed('rsa', '-tls1_3')).toBe('TLS_AES_256_GCM_SHA384');
    // @SECLEVEL=0: else openssl itself would not offer it.
    expect(await agreed('rsa', '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0')).toBeUndefined();
  });
});

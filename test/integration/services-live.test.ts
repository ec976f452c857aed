import { writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { eventually, hasTools, openCity, type City } from './city.ts';
import {
  createUpstreamCertificates,
  type Pair,
  type UpstreamCertificates,
} from './proxy/upstream-certificates.ts';

const withTools = hasTools() ? describe : describe.skip;

/** A department's HTTPS server that knows the gateway by its certificate. */
withTools('a running gateway and the back ends of a service', () => {
  let certificates: UpstreamCertificates;
  let server: Server;
  let city: City;
  let isWell = true;
  const write = (name: string, { cert, key }: Pair): void => {
    writeFileSync(join(certificates.folder, `${name}.crt`), cert);
    writeFileSync(join(certificates.folder, `${name}.key`), key, { mode: 0o600 });
  };
  const department = (limit: number): string =>
    JSON.stringify({
      department: 'internal',
      name: { zh: '内部', en: 'Internal' },
      services: [
        {
          service: 'internal',
          name: { zh: '内部', en: 'Internal' },
          path: '/internal',
          subjects: ['citizen'],
          backends: [
            {
              url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
              tls: { use: 'internal' },
            },
          ],
          health: {
            path: '/healthz',
            interval: '3s',
            timeout: '3s',
            unhealthyAfter: 1,
            healthyAfter: 1,
          },
          limits: { perIdentity: { calls: limit, per: '1h' } },
        },
      ],
    });
  beforeAll(async () => {
    certificates = createUpstreamCertificates();
    server = createServer(
      { ...certificates.server, ca: certificates.authority, requestCert: true },
      (request, response) => {
        if (request.url === '/healthz' && !isWell) response.statusCode = 500;
        response.end(`client=${String((request.socket as TLSSocket).getPeerCertificate().subject?.CN)}`);
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    write('presented', certificates.client);
    writeFileSync(join(certificates.folder, 'authority.crt'), certificates.authority);
    city = await openCity({ files: { 'config/departments/internal.yaml': department(1_000) } });
    const at = (name: string): string => JSON.stringify(join(certificates.folder, name));
    const material = `{ authority: ${at('authority.crt')}, certificate: ${at('presented.crt')}, key: ${at('presented.key')} }`;
    city.edit(
      'config/gateway.yaml',
      'trust: ../ca-trust',
      `upstreamTls: { internal: ${material} }\ntrust: ../ca-trust`,
    );
    await city.start();
  });
  afterAll(async () => {
    await city.remove();
    server.closeAllConnections();
    server.close();
    certificates.remove();
  });
  const ask = async (as = 'li-wei-yuean'): Promise<unknown> => {
    const answer = await city.curl('/internal', { as });
    return answer.status === 200 ? answer.body.trim() : answer.json().code;
  };
  /** Asks again until the answer is this one, or gives what came last. */
  const becomes = async (wanted: unknown): Promise<void> => {
    const deadline = Date.now() + 30_000;
    let last = await ask();
    while (last !== wanted && Date.now() < deadline) last = await ask();
    expect(last).toBe(wanted);
  };

  it('presents its certificate, and the next one when the files change', async () => {
    expect(await ask()).toBe('client=client');
    write('presented', certificates.other);
    await becomes('client=other');
  });

  it('sends nothing where health checks find nobody well, and goes on when they do', async () => {
    const isUp = async (value: number): Promise<boolean> =>
      [...(await city.metric('onecert_backend_up')).values()].every((each) => each === value);
    await eventually('it is well', () => isUp(1));
    isWell = false;
    await becomes('ONECERT_UPSTREAM_NONE_LEFT');
    await eventually('the metric says so', () => isUp(0));
    isWell = true;
    await becomes('client=other');
  });

  it('keeps a limit over all its threads', async () => {
    writeFileSync(join(city.configuration, 'departments/internal.yaml'), department(3));
    await becomes('ONECERT_SERVICE_RATE_LIMITED');
    // Each curl is a connection of its own, to whichever thread takes it: once all know, none lets anything through.
    await eventually('every thread knows', async () => {
      const asked = await Promise.all(Array.from({ length: 6 }, () => ask()));
      return asked.every((each) => each === 'ONECERT_SERVICE_RATE_LIMITED');
    });
    // Somebody else has a limit of their own.
    expect(await ask('chen-fang-yuean')).toBe('client=other');
  });
});

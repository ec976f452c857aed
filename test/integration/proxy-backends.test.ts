import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { startHealthChecks, type HealthChecks } from '../../src/proxy/health-checks.ts';
import type { UpstreamTls } from '../../src/proxy/upstream-tls.ts';
import { backendKey } from '../../src/services/back-ends.ts';
import { enrolmentSchema, type Enrolment } from '../../src/services/enrolment.ts';
import { createTestAuthority, haveOpenssl, type TestAuthority } from './proxy/authority.ts';
import { startBackend, type TestBackend } from './proxy/backend.ts';
import { call, until } from './proxy/client.ts';
import { startTestGateway, type GatewayOptions, type TestGateway } from './proxy/gateway.ts';
import {
  createUpstreamCertificates,
  type Pair,
  type UpstreamCertificates,
} from './proxy/upstream-certificates.ts';

const withOpenssl = haveOpenssl ? describe : describe.skip;
const COMMON = { service: 'joint-tax', path: '/joint-tax' };

withOpenssl('back ends of a service', () => {
  let authority: TestAuthority;
  let gateway: TestGateway;
  const open: { close(): Promise<unknown> }[] = [];
  beforeAll(() => {
    authority = createTestAuthority();
  });
  afterAll(() => authority.remove());
  afterEach(async () => {
    await gateway.close();
    for (const each of open.splice(0)) await each.close();
  });
  const start = async (
    service: Record<string, unknown>,
    more: Partial<GatewayOptions> = {},
  ): Promise<TestGateway> => {
    gateway = await startTestGateway({ authority, services: [{ ...COMMON, ...service }], ...more });
    return gateway;
  };
  const backend = async (...listener: Parameters<typeof startBackend>): Promise<TestBackend> => {
    const started = await startBackend(...listener);
    open.push(started);
    return started;
  };
  const get = (path = '/joint-tax') => call(gateway.port, path, { as: authority.citizen });
  const counted = (key: string): number => gateway.metrics.counts.get(key) ?? 0;

  it('get calls by their weights', async () => {
    const [one, three] = [await backend(), await backend()];
    await start({ backends: [one.url, { url: three.url, weight: 3 }] });
    for (let count = 0; count < 8; count += 1) expect((await get()).status).toBe(200);
    expect([one.received.length, three.received.length]).toEqual([2, 6]);
    expect(counted(`backend-called ${three.url} answered`)).toBe(6);
  });

  it('are passed over for a while after five answers of 503 in a row, and tried again after it', async () => {
    let status = 503;
    const poor = await backend((request, response) => {
      request.resume();
      response.statusCode = status;
      response.end();
    });
    const good = await backend();
    await start({ backends: [poor.url, good.url] });
    const statuses: number[] = [];
    for (let count = 0; count < 14; count += 1) statuses.push((await get()).status);
    // The department's own answers go on as they are; what is spared is the calls after them.
    expect(statuses.filter((each) => each === 503)).toHaveLength(5);
    expect(poor.received).toHaveLength(5);
    expect(counted(`backend-called ${poor.url} gateway-error`)).toBe(5);
    expect(counted(`backend-rested joint-tax ${poor.url}`)).toBe(1);
    status = 200;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    for (let count = 0; count < 4; count += 1) await get();
    expect(poor.received).toHaveLength(7);
  });

  it('that cannot be reached cost no caller anything, a body included, while there is another', async () => {
    const gone = await startBackend();
    await gone.close();
    const good = await backend();
    await start({ backends: [gone.url, good.url] });
    for (let count = 0; count < 3; count += 1) {
      const answer = await call(gateway.port, '/joint-tax', {
        as: authority.citizen,
        method: 'POST',
        body: 'form',
      });
      expect(answer.status).toBe(200);
    }
    expect(good.received).toHaveLength(3);
    expect(counted(`backend-called ${gone.url} connect`)).toBe(1);
  });

  it('found unwell get nothing; with none left the caller is told so and nothing is recorded as forwarded', async () => {
    const [one, two] = [await backend(), await backend()];
    const unwell = new Set([backendKey('joint-tax', one.url)]);
    await start(
      { backends: [one.url, two.url], health: { path: '/healthz' } },
      { unwellBackends: () => unwell },
    );
    for (let count = 0; count < 3; count += 1) expect((await get()).status).toBe(200);
    expect(one.received).toHaveLength(0);
    unwell.add(backendKey('joint-tax', two.url));
    const answer = await get();
    expect([answer.status, answer.json().code]).toEqual([503, 'ONECERT_UPSTREAM_NONE_LEFT']);
    expect(answer.headers['retry-after']).toBe('5');
    expect(gateway.audit.of('call')).toHaveLength(3);
    unwell.clear();
    expect((await get()).status).toBe(200);
  });

  it('are asked how they are, and believed after as many answers as the enrolment says', async () => {
    let status = 200;
    const asked: (string | undefined)[] = [];
    const one = await backend((request, response) => {
      asked.push(request.url);
      response.statusCode = status;
      response.end('x');
    });
    await start({ backends: [one.url] });
    const changes: (readonly string[])[] = [];
    const checks: HealthChecks = startHealthChecks({
      onChange: (unwell) => changes.push(unwell),
      log: () => {},
    });
    open.push(checks);
    const enrolled: Enrolment = enrolmentSchema.parse({
      ...COMMON,
      name: { zh: '服务', en: 'Service' },
      subjects: ['citizen'],
      backends: [`${one.url}/base`],
      health: {
        path: '/healthz?deep=1',
        interval: '100ms',
        timeout: '100ms',
        unhealthyAfter: 2,
        healthyAfter: 3,
      },
    });
    const { health } = enrolled;
    if (health === undefined) throw new Error('it was enrolled with health checks');
    checks.use([enrolled], {});
    await until(() => asked.length > 1);
    expect(asked[0]).toBe('/healthz?deep=1');
    expect(changes).toEqual([]);
    status = 302;
    await until(() => changes.length === 1);
    const key = backendKey('joint-tax', `${one.url}/base`);
    expect(changes).toEqual([[key]]);
    expect(checks.readings()).toEqual([
      { service: 'joint-tax', backend: `${one.url}/base`, well: false, problem: 'answered 302' },
    ]);
    const before = asked.length;
    status = 204;
    await until(() => changes.length === 2);
    expect(changes[1]).toEqual([]);
    expect(asked.length - before).toBeGreaterThanOrEqual(3);
    // Nobody is there any more: neither refused connections nor silence pass for health.
    await one.close();
    await until(() => changes.length === 3);
    expect(checks.readings()[0]?.problem).toBe('ECONNREFUSED');
    // A change of other settings keeps what is known; without health checks everybody is well.
    checks.use([{ ...enrolled, health: { ...health, interval: 60_000 } }], {});
    expect(checks.unwell()).toEqual([key]);
    checks.use([{ ...enrolled, health: undefined }], {});
    expect(changes).toHaveLength(4);
    expect(checks.unwell()).toEqual([]);
  });

  it('that accept and say nothing are unwell as well', async () => {
    const silent = await backend(() => {});
    await start({ backends: [silent.url] });
    const changes: (readonly string[])[] = [];
    const checks = startHealthChecks({ onChange: (unwell) => changes.push(unwell), log: () => {} });
    open.push(checks);
    const health = { path: '/', interval: '100ms', timeout: '50ms', unhealthyAfter: 1 };
    const name = { zh: '服务', en: 'Service' };
    const backends = [silent.url];
    checks.use([enrolmentSchema.parse({ ...COMMON, name, subjects: ['citizen'], backends, health })], {});
    await until(() => changes.length === 1);
    expect(checks.readings()[0]?.problem).toMatch(/TIMEOUT|TimeoutError/i);
  });

  describe('over TLS', () => {
    let certificates: UpstreamCertificates;
    beforeAll(() => {
      certificates = createUpstreamCertificates();
    });
    afterAll(() => certificates.remove());

    /** A department's HTTPS server; says which client certificate it saw. */
    const startHttps = async (
      pair: Pair,
      clientAuthority?: string,
    ): Promise<{ url: string; server: Server }> => {
      const server = createServer(
        {
          ...pair,
          ...(clientAuthority !== undefined && { ca: clientAuthority, requestCert: true }),
        },
        (request, response) => {
          const { subject } = (request.socket as TLSSocket).getPeerCertificate() ?? {};
          response.end(`client=${String(subject?.CN ?? 'none')}`);
        },
      );
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      open.push({
        close: async () => {
          server.closeAllConnections();
          server.close();
          await once(server, 'close');
        },
      });
      return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
    };
    const codeAndBody = async (): Promise<unknown> => {
      const answer = await get();
      return answer.status === 200 ? answer.body : [answer.status, answer.json().code];
    };
    const UNTRUSTED = [502, 'ONECERT_UPSTREAM_UNTRUSTED'];

    it('have to be of an authority that is known, by their address or name', async () => {
      const { url } = await startHttps(certificates.server);
      const named = await startHttps(certificates.named);
      const tls: UpstreamTls = { internal: { authority: certificates.authority } };
      await start({ backends: [url] }, { upstreamTls: () => tls });
      expect(await codeAndBody()).toEqual(UNTRUSTED);
      expect(counted('upstream-failed joint-tax untrusted')).toBe(1);
      gateway.enrol([{ ...COMMON, backends: [{ url, tls: { use: 'internal' } }] }]);
      expect(await codeAndBody()).toBe('client=none');
      gateway.enrol([{ ...COMMON, backends: [{ url: named.url, tls: { use: 'internal' } }] }]);
      expect(await codeAndBody()).toEqual(UNTRUSTED);
      gateway.enrol([
        { ...COMMON, backends: [{ url: named.url, tls: { use: 'internal', serverName: 'tax.internal' } }] },
      ]);
      expect(await codeAndBody()).toBe('client=none');
      gateway.enrol([{ ...COMMON, backends: [{ url, tls: { use: 'nothing-of-that-name' } }] }]);
      expect(await codeAndBody()).toEqual(UNTRUSTED);
    });

    it('see the certificate of the gateway, and the next one once its files have changed', async () => {
      const { url } = await startHttps(certificates.server, certificates.authority);
      const { authority: internal, client, other } = certificates;
      let tls: UpstreamTls = {
        internal: { authority: internal, certificate: client.cert, key: client.key },
      };
      await start({ backends: [{ url, tls: { use: 'internal' } }] }, { upstreamTls: () => tls });
      expect(await codeAndBody()).toBe('client=client');
      tls = { internal: { authority: internal, certificate: other.cert, key: other.key } };
      expect(await codeAndBody()).toBe('client=other');
    });

    it('have to show a pinned key: alone, or besides the authority', async () => {
      const [server, impostor] = [
        await startHttps(certificates.server),
        await startHttps(certificates.other),
      ];
      const pin = [certificates.pinOf(certificates.server)];
      const tls: UpstreamTls = { internal: { authority: certificates.authority } };
      await start({ backends: [{ url: server.url, tls: { pin } }] }, { upstreamTls: () => tls });
      for (let count = 0; count < 3; count += 1) expect(await codeAndBody()).toBe('client=none');
      gateway.enrol([{ ...COMMON, backends: [{ url: impostor.url, tls: { pin } }] }]);
      expect(await codeAndBody()).toEqual(UNTRUSTED);
      gateway.enrol([{ ...COMMON, backends: [{ url: impostor.url, tls: { pin, use: 'internal' } }] }]);
      expect(await codeAndBody()).toEqual(UNTRUSTED);
      gateway.enrol([{ ...COMMON, backends: [{ url: server.url, tls: { pin, use: 'internal' } }] }]);
      expect(await codeAndBody()).toBe('client=none');
      // A second pin is for the next key.
      const both = [certificates.pinOf(certificates.other), ...pin];
      gateway.enrol([{ ...COMMON, backends: [{ url: impostor.url, tls: { pin: both } }] }]);
      expect(await codeAndBody()).toBe('client=none');
    });

    it('that are not trusted leave the call to another back end, and see nothing of it', async () => {
      let seen = 0;
      const impostor = await startHttps(certificates.other);
      impostor.server.on('request', () => (seen += 1));
      const good = await startHttps(certificates.server);
      const tls = { pin: [certificates.pinOf(certificates.server)] };
      await start({
        backends: [
          { url: impostor.url, tls },
          { url: good.url, tls },
        ],
      });
      for (let count = 0; count < 4; count += 1) expect(await codeAndBody()).toBe('client=none');
      expect(seen).toBe(0);
    });
  });
});

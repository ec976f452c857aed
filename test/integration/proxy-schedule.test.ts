import { createCallLimiter } from '../../src/decision/call-limiter.ts';
import { createTestAuthority, haveOpenssl, type TestAuthority } from './proxy/authority.ts';
import { startBackend, type TestBackend } from './proxy/backend.ts';
import { call, keepAliveAgent } from './proxy/client.ts';
import { startTestGateway, type GatewayOptions, type TestGateway } from './proxy/gateway.ts';

const withOpenssl = haveOpenssl ? describe : describe.skip;

withOpenssl('whether a service takes a call', () => {
  let authority: TestAuthority;
  let backend: TestBackend;
  let gateway: TestGateway;
  beforeAll(() => {
    authority = createTestAuthority();
  });
  afterAll(() => authority.remove());
  beforeEach(async () => {
    backend = await startBackend();
  });
  afterEach(async () => {
    await gateway.close();
    await backend.close();
  });
  const enrolment = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    service: 'joint-tax',
    path: '/joint-tax',
    backends: [backend.url],
    ...more,
  });
  const start = async (
    more: Record<string, unknown>,
    options: Partial<GatewayOptions> = {},
  ): Promise<void> => {
    gateway = await startTestGateway({ authority, services: [enrolment(more)], ...options });
  };

  it('follows the enrolment at the next request of an open connection: disabled, and enabled again', async () => {
    await start({});
    const agent = keepAliveAgent(authority.citizen);
    const ask = async (): Promise<unknown> => {
      const answer = await call(gateway.port, '/joint-tax', { agent });
      return answer.status === 200 ? 200 : answer.json().code;
    };
    expect(await ask()).toBe(200);
    gateway.enrol([enrolment({ enabled: false })]);
    expect(await ask()).toBe('ONECERT_SERVICE_DISABLED');
    gateway.enrol([enrolment()]);
    expect(await ask()).toBe(200);
    gateway.enrol([]);
    expect(await ask()).toBe('ONECERT_SERVICE_NOT_FOUND');
    gateway.enrol([enrolment()]);
    expect(await ask()).toBe(200);
    expect(gateway.metrics.counts.get('connection-opened')).toBe(1);
    expect(backend.received).toHaveLength(3);
    agent.destroy();
  });

  it('says until when it is being worked on, and why; by the clock alone it is there again', async () => {
    const until = Date.now() + 900;
    const message = { zh: '系统升级', en: 'An upgrade' };
    await start({ maintenance: { until: new Date(until).toISOString(), message } });
    const refused = await call(gateway.port, '/joint-tax', { as: authority.citizen });
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    expect(refused.json()).toMatchObject({ code: 'ONECERT_SERVICE_MAINTENANCE', notice: message, until });
    expect(gateway.audit.of('refusal')[0]).toMatchObject({ code: 'ONECERT_SERVICE_MAINTENANCE' });
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, until - Date.now()) + 20));
    expect((await call(gateway.port, '/joint-tax', { as: authority.citizen })).status).toBe(200);
  });

  it('that is over says no time to come back', async () => {
    await start({ open: { until: '2020-12-31' } });
    const refused = await call(gateway.port, '/joint-tax', { as: authority.citizen });
    expect([refused.status, refused.json().code]).toEqual([503, 'ONECERT_SERVICE_CLOSED']);
    expect(refused.headers['retry-after']).toBeUndefined();
  });

  it('tells strangers nothing of its hours', async () => {
    await start({ open: { until: '2020-12-31' } });
    expect((await call(gateway.port, '/joint-tax', { as: authority.stranger })).json().code).toBe(
      'ONECERT_CERTIFICATE_UNTRUSTED',
    );
    expect((await call(gateway.port, '/joint-tax')).json().code).toBe('ONECERT_CERTIFICATE_REQUIRED');
  });

  it('refuses what goes beyond its limits, with the time to wait', async () => {
    await start(
      { limits: { perIdentity: { calls: 2, per: '1h' } } },
      { limiter: createCallLimiter({ clock: Date.now }) },
    );
    const ask = (as: TestAuthority['citizen']) => call(gateway.port, '/joint-tax', { as });
    expect((await ask(authority.citizen)).status).toBe(200);
    expect((await ask(authority.citizen)).status).toBe(200);
    const refused = await ask(authority.citizen);
    expect([refused.status, refused.json().code]).toEqual([429, 'ONECERT_SERVICE_RATE_LIMITED']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(1_700);
    expect(refused.headers['ratelimit-policy']).toBe('"perIdentity";q=2;w=3600');
    expect(refused.headers.ratelimit).toBe(`"perIdentity";r=0;t=${refused.headers['retry-after']}`);
    expect(gateway.audit.of('refusal')[0]).toMatchObject({ reason: 'perIdentity' });
    expect((await ask(authority.enterprise)).status).toBe(200);
  });

  it('may demand more assurance than a certificate reaches', async () => {
    await start({ assurance: 'substantial' });
    const refused = await call(gateway.port, '/joint-tax', { as: authority.citizen });
    expect([refused.status, refused.json().code]).toEqual([403, 'ONECERT_ASSURANCE_TOO_LOW']);
    expect((refused.json().notice as { en: string }).en).toMatch(/“substantial”.*“low”.*another certificate/);
    gateway.enrol([enrolment({ assurance: 'low' })]);
    expect((await call(gateway.port, '/joint-tax', { as: authority.citizen })).status).toBe(200);
  });

  it('gets no cookie of a trailer', async () => {
    await backend.close();
    backend = await startBackend((_request, response) => {
      response.writeHead(200, { Trailer: 'Set-Cookie, X-Sum' });
      response.write('body');
      response.addTrailers([
        ['Set-Cookie', 'a=1; Path=/'],
        ['X-Sum', '42'],
      ]);
      response.end();
    });
    await start({});
    const answer = await call(gateway.port, '/joint-tax', { as: authority.citizen });
    expect(answer.trailers).toEqual({ 'x-sum': '42' });
  });
});

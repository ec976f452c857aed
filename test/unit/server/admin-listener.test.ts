import { request } from 'node:http';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { startAdminListener, type AdminListener } from '../../../src/server/admin-listener.ts';

describe('the admin listener', () => {
  let admin: AdminListener;
  beforeAll(async () => {
    admin = await startAdminListener(
      { host: '127.0.0.1', port: 0, names: ['gateway.city.svc'] },
      {
        readiness: () => [],
        metrics: () => Promise.reject(new Error('secret detail at /srv/onecert')),
        jwks: () => ({ keys: [] }),
      },
    );
  });
  afterAll(() => admin.close());
  const ask = async (path: string, host: string): Promise<{ status: number; body: string }> => {
    const asked = request({ host: '127.0.0.1', port: admin.port, path, headers: { host }, agent: false });
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    let body = '';
    for await (const chunk of answer) body += String(chunk);
    return { status: answer.statusCode ?? 0, body };
  };

  it.each([
    ['127.0.0.1:8444', 200],
    ['[::1]:8444', 200],
    ['10.1.2.3', 200],
    ['localhost', 200],
    ['gateway1:8444', 200],
    ['gateway.city.svc:8444', 200],
    ['GATEWAY.city.svc.', 200],
    ['evil.example', 421],
    ['127.0.0.1.evil.example:8444', 421],
    ['localhost.evil.example', 421],
    ['a b', 421],
  ])('asked for as "%s" answers %i', async (host, status) => {
    expect((await ask('/healthz', host)).status).toBe(status);
  });

  it('shows nothing of its inside: neither where it fails nor where there is nothing', async () => {
    const failed = await ask('/metrics', 'localhost');
    expect(failed).toEqual({ status: 500, body: '{"status":"failed"}' });
    expect(await ask('/nothing', 'localhost')).toEqual({ status: 404, body: '{"status":"not found"}' });
    const malformed = await ask('/%E0%A4%A', 'localhost');
    expect(malformed.status).toBeGreaterThanOrEqual(400);
    expect(malformed.body).not.toMatch(/at |Error|node_modules/);
  });
});

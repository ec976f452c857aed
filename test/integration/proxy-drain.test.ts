import { once } from 'node:events';
import { connect } from 'node:net';
import { createTestAuthority, haveOpenssl, type TestAuthority } from './proxy/authority.ts';
import { startBackend, type TestBackend } from './proxy/backend.ts';
import { call, connectTls, keepAliveAgent, until } from './proxy/client.ts';
import { startTestGateway, type TestGateway } from './proxy/gateway.ts';

const inTests = haveOpenssl ? describe : describe.skip;

inTests('draining the data plane', () => {
  let authority: TestAuthority;
  let backend: TestBackend;
  let gateway: TestGateway;

  const start = async (delayMs: number): Promise<void> => {
    backend = await startBackend((request, response) => {
      request.resume();
      setTimeout(() => response.end('done'), delayMs);
    });
    gateway = await startTestGateway({
      authority,
      services: [{ service: 'joint-tax', path: '/joint-tax', backends: [backend.url] }],
    });
  };

  beforeAll(() => {
    authority = createTestAuthority();
  });
  afterAll(() => authority.remove());
  afterEach(async () => {
    await gateway.close();
    await backend.close();
  });

  it('fails no call under load', async () => {
    await start(5);
    let draining = false;
    let answered = 0;
    const failures: unknown[] = [];
    const client = async (): Promise<void> => {
      const agent = keepAliveAgent(authority.citizen);
      while (!draining || answered === 0) {
        try {
          const answer = await call(gateway.port, '/joint-tax', { agent });
          if (answer.body !== 'done') failures.push(answer.status);
          answered += 1;
          // Told that the connection closes: a client of a real gateway would go to another replica.
          if (answer.headers.connection === 'close') break;
        } catch (error) {
          failures.push(error);
          break;
        }
      }
      agent.destroy();
    };
    const clients = Array.from({ length: 20 }, client);
    await until(() => answered > 200);
    const drained = gateway.plane.drain(10_000);
    draining = true;
    await Promise.all([...clients, drained]);
    expect(failures).toEqual([]);
    expect(gateway.metrics.counts.get('connection-closed')).toBe(
      gateway.metrics.counts.get('connection-opened'),
    );
  });

  it('takes no new connections, finishes calls in flight, serves a request on an idle connection once more', async () => {
    await start(200);
    const idle = keepAliveAgent(authority.citizen);
    await call(gateway.port, '/joint-tax', { agent: idle });
    const inFlight = call(gateway.port, '/joint-tax', { as: authority.citizen });
    await until(() => backend.received.length === 2);
    let drained = false;
    const drain = gateway.plane.drain(10_000).then(() => (drained = true));
    const refused = connect(gateway.port, '127.0.0.1');
    await expect(once(refused, 'connect')).rejects.toThrow(/ECONNREFUSED/);
    const late = await call(gateway.port, '/joint-tax', { agent: idle });
    expect([late.status, late.headers.connection]).toEqual([200, 'close']);
    const first = await inFlight;
    expect([first.status, first.body, first.headers.connection]).toEqual([200, 'done', 'close']);
    await drain;
    expect(drained).toBe(true);
    idle.destroy();
  });

  it('ends idle connections by itself', async () => {
    await start(0);
    const socket = await connectTls(gateway.port, authority.citizen);
    socket.resume();
    await Promise.all([gateway.plane.drain(60_000), once(socket, 'end')]);
  });

  it('cuts what is left when the time is over', async () => {
    await start(60_000);
    const socket = await connectTls(gateway.port, authority.citizen);
    socket.write('GET /joint-tax HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => backend.received.length === 1);
    const closed = once(socket, 'close');
    await gateway.plane.drain(100);
    await closed;
  });
});

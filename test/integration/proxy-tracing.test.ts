import { createServer } from 'node:net';
import { once } from 'node:events';
import type { Span } from '../../src/tracing/span.ts';
import { createTracing, type Sampling, type Tracing } from '../../src/tracing/tracing.ts';
import { createTestAuthority, haveOpenssl, type TestAuthority } from './proxy/authority.ts';
import { startBackend, type TestBackend } from './proxy/backend.ts';
import { call, connectTls, until } from './proxy/client.ts';
import { startTestGateway, type TestGateway } from './proxy/gateway.ts';

const inTests = haveOpenssl ? describe : describe.skip;

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;

inTests('spans of calls through the data plane', () => {
  let authority: TestAuthority;
  let backend: TestBackend;
  let gateway: TestGateway;
  let deadPort: number;
  const spans: Span[] = [];
  const tracingBy = (sampling: Sampling): Tracing =>
    createTracing({ add: (span) => spans.push(span) }, sampling);
  const byCallers = tracingBy({ ratio: 0, callers: 'follow' });
  let tracing = byCallers;

  beforeAll(async () => {
    authority = createTestAuthority();
    backend = await startBackend((request, response) => {
      request.resume();
      if (request.url === '/cut/answer') {
        response.writeHead(200, { 'Content-Length': '100' });
        response.write('only so much');
        setTimeout(() => response.destroy(), 50);
      } else if (request.url === '/well/poor') response.writeHead(503).end();
      else if (request.url === '/well/never') return;
      else response.end('fine');
    });
    backend.server.on('upgrade', (request, socket) => {
      backend.received.push({
        method: 'GET',
        url: request.url ?? '',
        rawHeaders: [],
        headers: request.headers,
        body: '',
      });
      socket.on('error', () => {}).on('end', () => socket.end());
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.resume();
    });
    // A port that nobody listens on.
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    deadPort = (server.address() as { port: number }).port;
    server.close();
    const dead = `http://127.0.0.1:${deadPort}`;
    gateway = await startTestGateway({
      authority,
      tracing: { ...byCallers, begin: (headers) => tracing.begin(headers) },
      services: [
        {
          service: 'well',
          path: '/well',
          backends: [backend.url],
          timeouts: { connect: '1s', response: '1s' },
        },
        { service: 'cut', path: '/cut', backends: [backend.url] },
        { service: 'dead', path: '/dead', backends: [dead] },
        { service: 'twice', path: '/twice', backends: [dead, backend.url] },
      ],
    });
  });
  beforeEach(() => {
    spans.splice(0);
    tracing = byCallers;
  });
  afterAll(async () => {
    await gateway.close();
    await backend.close();
    authority.remove();
  });

  const traced = { traceparent: TRACEPARENT };
  const get = (path: string, method = 'GET') =>
    call(gateway.port, path, { as: authority.citizen, headers: traced, method });
  const serverSpan = async (): Promise<Span> => {
    await until(() => spans.some(({ kind }) => kind === 'server'));
    return spans.find(({ kind }) => kind === 'server') as Span;
  };
  const clientSpans = (): Span[] => spans.filter(({ kind }) => kind === 'client');

  it('a call that is sent again has a span for each time, and each back end its own traceparent', async () => {
    let both: Span[] = [];
    // Whichever back end has its turn first.
    while (both.length < 2) {
      spans.splice(0);
      expect((await get('/twice')).status).toBe(200);
      await serverSpan();
      both = clientSpans();
    }
    const [first, second] = both;
    expect(first).toMatchObject({
      failed: true,
      attributes: { 'server.port': deadPort, 'error.type': 'connect' },
    });
    expect(first?.attributes).not.toHaveProperty(['http.response.status_code']);
    expect(second).toMatchObject({
      failed: false,
      attributes: { 'http.response.status_code': 200, 'http.request.resend_count': 1 },
    });
    expect(backend.received.at(-1)?.headers.traceparent).toBe(`00-${TRACE}-${second?.id}-01`);
    expect((await serverSpan()).failed).toBe(false);
  });

  it('a back end that is away is in both spans', async () => {
    expect((await get('/dead')).status).toBe(502);
    expect(await serverSpan()).toMatchObject({
      failed: true,
      attributes: {
        'http.response.status_code': 502,
        'error.type': 'ONECERT_UPSTREAM_UNREACHABLE',
        'onecert.decision': 'allow',
        'onecert.code': 'ONECERT_UPSTREAM_UNREACHABLE',
      },
    });
    expect(clientSpans()).toMatchObject([{ failed: true, attributes: { 'error.type': 'connect' } }]);
  });

  it.each([
    ['/well/poor', 503, '503', { 'http.response.status_code': 503, 'error.type': '503' }],
    ['/well/never', 504, 'ONECERT_UPSTREAM_TIMEOUT', { 'error.type': 'timeout' }],
  ])('%s', async (path, status, error, client) => {
    expect((await get(path)).status).toBe(status);
    expect(await serverSpan()).toMatchObject({ failed: true, attributes: { 'error.type': error } });
    expect(clientSpans()).toMatchObject([{ failed: true, attributes: client }]);
  });

  it('an answer that ends in the middle is an error, though its status is 200', async () => {
    await expect(get('/cut/answer')).rejects.toThrow();
    expect(await serverSpan()).toMatchObject({
      failed: true,
      attributes: { 'http.response.status_code': 200, 'error.type': 'answer-cut' },
    });
    expect(clientSpans()).toMatchObject([{ failed: true, attributes: { 'error.type': 'truncated' } }]);
  });

  it('a client that goes away', async () => {
    const socket = await connectTls(gateway.port, authority.citizen);
    socket.write(`GET /well/never HTTP/1.1\r\nHost: city.example\r\ntraceparent: ${TRACEPARENT}\r\n\r\n`);
    const before = backend.received.length;
    await until(() => backend.received.length > before);
    socket.destroy();
    expect(await serverSpan()).toMatchObject({ failed: true, attributes: { 'error.type': 'client-gone' } });
    expect((await serverSpan()).attributes).not.toHaveProperty(['http.response.status_code']);
    expect(clientSpans()).toMatchObject([{ failed: true, attributes: { 'error.type': 'client-gone' } }]);
  });

  it('what a client has made up itself is not repeated: its method, a path that is nobody’s', async () => {
    await get('/well/110105194912310021', 'PROPFIND');
    const server = await serverSpan();
    expect(server).toMatchObject({
      name: 'HTTP /well',
      attributes: { 'http.request.method': '_OTHER', 'onecert.code': 'ONECERT_METHOD_NOT_ENROLLED' },
    });
    spans.splice(0);
    await get('/110105194912310021');
    expect(await serverSpan()).toMatchObject({
      name: 'GET',
      attributes: { 'onecert.code': 'ONECERT_SERVICE_NOT_FOUND' },
    });
    expect(JSON.stringify(spans)).not.toContain('110105194912310021');
  });

  it('a message that is refused before anybody looks who calls', async () => {
    await get('/well//etc');
    expect(await serverSpan()).toMatchObject({
      attributes: { 'onecert.decision': 'refuse', 'onecert.code': 'ONECERT_PATH_AMBIGUOUS' },
    });
  });

  it('a WebSocket is a call that lasts until it is closed', async () => {
    const socket = await connectTls(gateway.port, authority.citizen);
    socket.write(
      `GET /well/socket HTTP/1.1\r\nHost: city.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\ntraceparent: ${TRACEPARENT}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('data', resolve));
    expect(spans.map(({ kind }) => kind)).not.toContain('server');
    socket.end();
    expect(await serverSpan()).toMatchObject({
      failed: false,
      attributes: { 'http.response.status_code': 101 },
    });
    const [client] = clientSpans();
    expect(client).toMatchObject({ failed: false, attributes: { 'http.response.status_code': 101 } });
    expect(backend.received.at(-1)?.headers.traceparent).toBe(`00-${TRACE}-${client?.id}-01`);
  });

  it('a trace that begins here, by ratio', async () => {
    tracing = tracingBy({ ratio: 1, callers: 'follow' });
    await call(gateway.port, '/well', { as: authority.citizen });
    const { parent, trace } = await serverSpan();
    expect(parent).toBeUndefined();
    expect(backend.received.at(-1)?.headers.traceparent).toBe(`00-${trace}-${clientSpans()[0]?.id}-01`);
  });

  it('callers who decide nothing: the trace stays theirs, and back ends are told that nothing of it is recorded', async () => {
    tracing = tracingBy({ ratio: 0, callers: 'ignore' });
    await get('/well');
    const handedOn = backend.received.at(-1)?.headers.traceparent;
    expect(handedOn).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    expect(handedOn).not.toContain(PARENT);
    expect(spans).toEqual([]);
  });
});

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer, type AddressInfo } from 'node:net';
import { createTestAuthority, haveOpenssl, type TestAuthority } from './proxy/authority.ts';
import { startBackend, type TestBackend } from './proxy/backend.ts';
import { call, connectTls, keepAliveAgent, readAnswer, sendRaw, until } from './proxy/client.ts';
import { startTestGateway, type TestGateway } from './proxy/gateway.ts';

const inTests = haveOpenssl ? describe : describe.skip;
const MEBIBYTE = 1_048_576;
const TOTAL = 100 * MEBIBYTE;
/** What may be under way between two ends that do not read: buffers of four sockets, and ours. */
const IN_FLIGHT = 24 * MEBIBYTE;
const BLOCK = Buffer.alloc(MEBIBYTE, 'onecert');
const DIGEST = (() => {
  const hash = createHash('sha256');
  for (let count = 0; count < 100; count += 1) hash.update(BLOCK);
  return hash.digest('hex');
})();

const digestOf = async (stream: AsyncIterable<unknown>): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

inTests('bodies through the data plane', () => {
  let authority: TestAuthority;
  let backend: TestBackend;
  let gateway: TestGateway;

  const start = async (
    listener: RequestListener,
    more: Record<string, unknown> = {},
  ): Promise<TestGateway> => {
    backend = await startBackend(listener);
    gateway = await startTestGateway({
      authority,
      services: [
        {
          service: 'joint-tax',
          path: '/joint-tax',
          backends: [backend.url],
          bodyLimit: '200MiB',
          operations: [{ methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS'], path: '/**' }],
          ...more,
        },
      ],
    });
    return gateway;
  };

  beforeAll(() => {
    authority = createTestAuthority();
  });
  afterAll(() => authority.remove());
  afterEach(async () => {
    await gateway.close();
    await backend.close();
  });

  it('takes 100 MB down no faster than the client reads', async () => {
    let written = 0;
    const { port } = await start((_request, response) => {
      response.writeHead(200, { 'Content-Length': String(TOTAL) });
      const push = (): void => {
        while (written < TOTAL) {
          written += BLOCK.length;
          if (!response.write(BLOCK)) {
            response.once('drain', push);
            return;
          }
        }
        response.end();
      };
      push();
    });
    const outgoing = httpsRequest({
      host: '127.0.0.1',
      port,
      path: '/joint-tax',
      agent: false,
      rejectUnauthorized: false,
      ...authority.citizen,
    });
    outgoing.end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    let last = -1;
    while (last !== written) {
      last = written;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(written).toBeLessThan(IN_FLIGHT);
    expect(await digestOf(incoming)).toBe(DIGEST);
  });

  it('takes 100 MB up no faster than the department reads', async () => {
    let go = (): void => {};
    const { port } = await start((request, response) => {
      go = () => void digestOf(request).then((digest) => response.end(digest));
    });
    const outgoing = httpsRequest({
      ...{
        host: '127.0.0.1',
        port,
        path: '/joint-tax',
        method: 'POST',
        agent: false,
        rejectUnauthorized: false,
      },
      ...authority.citizen,
    });
    let written = 0;
    const push = (): void => {
      while (written < TOTAL) {
        written += BLOCK.length;
        if (!outgoing.write(BLOCK)) {
          outgoing.once('drain', push);
          return;
        }
      }
      outgoing.end();
    };
    push();
    await until(() => backend.received.length === 1);
    expect(backend.received[0]?.headers['transfer-encoding']).toBe('chunked');
    let last = -1;
    while (last !== written) {
      last = written;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(written).toBeLessThan(IN_FLIGHT);
    go();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect((await readAnswer(incoming)).body).toBe(DIGEST);
  });

  it('passes on what comes as it comes, both ways at once', async () => {
    const { port } = await start((request, response) => {
      response.flushHeaders();
      request.pipe(response);
    });
    const outgoing = httpsRequest({
      ...{
        host: '127.0.0.1',
        port,
        path: '/joint-tax',
        method: 'POST',
        agent: false,
        rejectUnauthorized: false,
      },
      ...authority.citizen,
    });
    // The head goes on together with the first octets of the body.
    outgoing.write('zero');
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    expect(((await once(incoming, 'data')) as [Buffer])[0].toString()).toBe('zero');
    for (const word of ['one', 'two', 'three']) {
      outgoing.write(word);
      const [chunk] = (await once(incoming, 'data')) as [Buffer];
      expect(chunk.toString()).toBe(word);
    }
    outgoing.end();
    await once(incoming, 'end');
  });

  it('declares a length as it was declared', async () => {
    const { port } = await start(
      (request, response) => void digestOf(request).then((digest) => response.end(digest)),
    );
    const answer = await call(port, '/joint-tax', { as: authority.citizen, method: 'PUT', body: 'abc' });
    expect(answer.body).toBe(createHash('sha256').update('abc').digest('hex'));
    expect(backend.received[0]?.headers).toMatchObject({ 'content-length': '3' });
    const empty = await call(port, '/joint-tax', {
      as: authority.citizen,
      method: 'POST',
      headers: { 'content-length': '0' },
    });
    expect(empty.body).toBe(createHash('sha256').digest('hex'));
    expect(backend.received[1]?.headers['content-length']).toBe('0');
  });

  it('asks for a body with 100 only when the department is to have it', async () => {
    const { port } = await start(
      (request, response) => void digestOf(request).then(() => response.end('thanks')),
      { bodyLimit: '1KiB' },
    );
    const post = (path: string, length: number): string =>
      `POST ${path} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
    const socket = await connectTls(port, authority.citizen);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    socket.write(post('/joint-tax', 3));
    await until(() => text.includes('100 Continue'));
    socket.write('abc');
    await until(() => text.includes('thanks'));
    socket.destroy();
    expect(backend.received[0]?.headers.expect).toBeUndefined();
    for (const [path, length, status] of [
      ['/nowhere', 3, 404],
      ['/joint-tax', 5_000, 413],
    ] as const) {
      const refused = await sendRaw(port, authority.citizen, post(path, length));
      expect(refused.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(refused.closed).toBe(true);
    }
  });

  it('refuses a body over the limit: at once where its length is declared, on the way where not', async () => {
    let aborted = 0;
    const { port } = await start(
      (request, response) => {
        request.on('close', () => {
          if (!request.complete) aborted += 1;
        });
        request.resume().on('end', () => response.end('too late'));
      },
      { bodyLimit: '100KiB' },
    );
    const declared = await call(port, '/joint-tax', {
      as: authority.citizen,
      method: 'POST',
      body: 'x'.repeat(150_000),
      headers: { 'content-length': '150000' },
    });
    expect([declared.status, declared.json().code]).toEqual([413, 'ONECERT_BODY_TOO_LARGE']);
    expect(backend.received).toHaveLength(0);
    const chunked = await call(port, '/joint-tax', {
      as: authority.citizen,
      method: 'POST',
      body: 'x'.repeat(150_000),
      headers: { 'transfer-encoding': 'chunked' },
    });
    expect([chunked.status, chunked.json().code]).toEqual([413, 'ONECERT_BODY_TOO_LARGE']);
    await until(() => backend.received.length === 0 || aborted === 1);
    expect(gateway.audit.of('refusal').map(({ code }) => code)).toEqual([
      'ONECERT_BODY_TOO_LARGE',
      'ONECERT_BODY_TOO_LARGE',
    ]);
  });

  it('carries HEAD, 204, 304, trailers and early hints', async () => {
    const { port } = await start((request, response) => {
      switch (request.url ?? '') {
        case '/joint-tax/204':
          response.writeHead(204).end();
          break;
        case '/joint-tax/304':
          response.writeHead(304, { ETag: '"1"', 'Content-Length': '1234' }).end();
          break;
        case '/joint-tax/trailers':
          response.writeHead(200, { Trailer: 'X-Digest, OneCert-X' });
          response.write('body');
          response.addTrailers({ 'X-Digest': 'abc', 'OneCert-X': 'forged' });
          response.end();
          break;
        case '/joint-tax/hints':
          response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
          setTimeout(() => response.end('hinted'), 20);
          break;
        default:
          response.writeHead(200, { 'Content-Length': '5000' }).end();
      }
    });
    const agent = keepAliveAgent(authority.citizen);
    const head = await call(port, '/joint-tax/head', { agent, method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.body]).toEqual([200, '5000', '']);
    expect((await call(port, '/joint-tax/204', { agent })).status).toBe(204);
    const unchanged = await call(port, '/joint-tax/304', { agent });
    expect([unchanged.status, unchanged.headers.etag, unchanged.body]).toEqual([304, '"1"', '']);
    const trailed = await call(port, '/joint-tax/trailers', { agent });
    expect([trailed.body, trailed.trailers]).toEqual(['body', { 'x-digest': 'abc' }]);
    agent.destroy();
    const request = 'GET /joint-tax/hints HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const { text } = await sendRaw(port, authority.citizen, request);
    expect(text).toMatch(/^HTTP\/1\.1 103 Early Hints\r\nLink: <\/style.css>[^]*HTTP\/1\.1 200 OK[^]*hinted/);
  });

  describe('when one end goes away', () => {
    it('aborts the call at the department when the client leaves, and says so in the log', async () => {
      let closed = false;
      const { port, audit } = await start((request, response) => {
        response.on('close', () => (closed = true));
        request.resume();
      });
      const socket = await connectTls(port, authority.citizen);
      socket.write('GET /joint-tax HTTP/1.1\r\nHost: a\r\n\r\n');
      await until(() => backend.received.length === 1);
      socket.destroy();
      await until(() => closed);
      await until(() => audit.of('outcome').length === 1);
      expect(audit.of('outcome')[0]).toMatchObject({ outcome: 'client-gone', service: 'joint-tax' });
      expect(gateway.metrics.counts.get('call-finished joint-tax 0')).toBe(1);
    });

    it('aborts an upload at the department when the client leaves in the middle', async () => {
      let aborted = false;
      const { port } = await start((request) => {
        request.resume().on('close', () => (aborted = !request.complete));
      });
      const socket = await connectTls(port, authority.citizen);
      socket.write('POST /joint-tax HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc');
      await until(() => backend.received.length === 1);
      socket.destroy();
      await until(() => aborted);
    });

    it.each([
      ['with a length', 'Content-Length: 100\r\n'],
      ['in chunks', 'Transfer-Encoding: chunked\r\n'],
    ])('never lets an answer that broke off look whole (%s)', async (_name, framing) => {
      const { port, audit } = await start((request) => {
        request.socket.write(`HTTP/1.1 200 OK\r\n${framing}\r\n5\r\nhello\r\n`);
        setTimeout(() => request.socket.destroy(), 50);
      });
      const { text, closed } = await sendRaw(
        port,
        authority.citizen,
        'GET /joint-tax HTTP/1.1\r\nHost: a\r\n\r\n',
      );
      expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
      expect(text).toContain('hello');
      expect(text).not.toContain('0\r\n\r\n');
      expect(closed).toBe(true);
      expect(audit.of('outcome')[0]).toMatchObject({ outcome: 'answer-cut' });
    });
  });

  describe('when a back end fails', () => {
    const GET = 'GET /joint-tax HTTP/1.1\r\nHost: a\r\n\r\n';
    const unused = async (): Promise<string> => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      server.close();
      await once(server, 'close');
      return `http://127.0.0.1:${port}`;
    };

    it('answers 502 when it is down, with an outcome in the log', async () => {
      const { port, audit, metrics } = await start(() => {}, { backends: [await unused()] });
      const answer = await call(port, '/joint-tax', { as: authority.citizen });
      expect([answer.status, answer.json().code]).toEqual([502, 'ONECERT_UPSTREAM_UNREACHABLE']);
      expect(answer.json().service).toEqual({ zh: '服务', en: 'Service' });
      expect(audit.entries.map(({ event, code }) => [event, code])).toEqual([
        ['sign-in', undefined],
        ['call', undefined],
        ['outcome', 'ONECERT_UPSTREAM_UNREACHABLE'],
      ]);
      expect(metrics.counts.get('upstream-failed joint-tax connect')).toBe(1);
    });

    it('goes to the next one when a connection cannot be opened, whatever the method', async () => {
      const down = await unused();
      const { port } = await start(
        (request, response) => void digestOf(request).then((digest) => response.end(digest)),
      );
      gateway.enrol([
        {
          service: 'joint-tax',
          path: '/joint-tax',
          backends: [down, backend.url],
          operations: [{ methods: ['POST'], path: '/**' }],
        },
      ]);
      for (let count = 0; count < 4; count += 1) {
        const answer = await call(port, '/joint-tax', {
          as: authority.citizen,
          method: 'POST',
          body: 'form',
        });
        expect([answer.status, answer.body]).toEqual([
          200,
          createHash('sha256').update('form').digest('hex'),
        ]);
      }
      expect(backend.received).toHaveLength(4);
    });

    it('answers 504 when it does not answer in time', async () => {
      const { port } = await start(() => {}, { timeouts: { connect: '1s', response: '300ms' } });
      const answer = await call(port, '/joint-tax', { as: authority.citizen });
      expect([answer.status, answer.json().code]).toEqual([504, 'ONECERT_UPSTREAM_TIMEOUT']);
      expect(backend.received).toHaveLength(1);
    });

    it('answers 504 when no connection to it comes free', async () => {
      backend = await startBackend(() => {});
      gateway = await startTestGateway({
        authority,
        limits: { upstreamConnections: 1 },
        services: [
          {
            service: 'joint-tax',
            path: '/joint-tax',
            backends: [backend.url],
            timeouts: { connect: '100ms', response: '2s' },
          },
        ],
      });
      const answers = await Promise.all(
        [1, 2, 3].map(() => call(gateway.port, '/joint-tax', { as: authority.citizen })),
      );
      expect(answers.map(({ status }) => status)).toEqual([504, 504, 504]);
    });

    it('cuts an answer that stands still for too long', async () => {
      const { port } = await start(
        (_request, response) => void response.writeHead(200, { 'Content-Length': '10' }).write('abc'),
        {
          timeouts: { connect: '1s', response: '300ms' },
        },
      );
      const { text, closed } = await sendRaw(port, authority.citizen, GET, 5_000);
      expect(text).toContain('abc');
      expect(closed).toBe(true);
    });

    it.each([
      ['GET', 2, ''],
      ['HEAD', 2, ''],
      ['POST', 1, ''],
      ['POST', 1, 'body'],
      ['PUT', 1, 'body'],
      ['DELETE', 1, ''],
      ['OPTIONS', 1, ''],
      ['GET', 1, 'body'],
    ])('sends %s that is reset %d time(s) (body "%s")', async (method, times, body) => {
      const { port } = await start((request) => {
        request.resume();
        setTimeout(() => request.socket.resetAndDestroy(), 10);
      });
      const answer = await call(port, '/joint-tax', {
        ...{ as: authority.citizen, method, body },
        ...(body !== '' && { headers: { 'content-length': String(body.length) } }),
      });
      expect(answer.status).toBe(502);
      expect(backend.received).toHaveLength(times);
    });

    it('sends a GET again when the kept-alive connection turns out closed', async () => {
      let calls = 0;
      const { port, metrics } = await start((request, response) => {
        calls += 1;
        if (calls === 2) request.socket.destroy();
        else response.end('ok');
      });
      const agent = keepAliveAgent(authority.citizen);
      expect((await call(port, '/joint-tax', { agent })).status).toBe(200);
      expect((await call(port, '/joint-tax', { agent })).status).toBe(200);
      expect(calls).toBe(3);
      expect(metrics.counts.get('upstream-retried joint-tax')).toBe(1);
      agent.destroy();
    });

    it.each([
      ['no HTTP', 'what do you want?\r\n\r\n'],
      ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
      ['CL and TE', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
      ['bare LF in a field', 'HTTP/1.1 200 OK\r\nX-A: b\nX-B: c\r\nContent-Length: 0\r\n\r\n'],
      ['an endless head', `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`],
      [
        'a switch nobody asked for',
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
      ],
    ])('answers 502 for an answer of %s', async (_name, octets) => {
      const { port } = await start((request) => {
        request.socket.on('error', () => {});
        request.socket.end(octets, 'latin1');
      });
      const answer = await call(port, '/joint-tax', { as: authority.citizen, method: 'POST' });
      expect([answer.status, answer.json().code]).toEqual([502, 'ONECERT_UPSTREAM_UNREACHABLE']);
    });

    it('sends an answer it got before the whole request was sent', async () => {
      const { port } = await start((_request, response) => {
        response.writeHead(403).end('no thanks');
      });
      const answer = await call(port, '/joint-tax', {
        as: authority.citizen,
        method: 'POST',
        body: Buffer.alloc(5 * MEBIBYTE),
      });
      expect([answer.status, answer.body]).toEqual([403, 'no thanks']);
    });
  });

  describe('slow clients', () => {
    it('are answered 408 and closed: a head, or a body, that does not end', async () => {
      backend = await startBackend();
      gateway = await startTestGateway({
        authority,
        limits: { headTimeout: 300, requestTimeout: 600 },
        services: [{ service: 'joint-tax', path: '/joint-tax', backends: [backend.url] }],
      });
      for (const octets of [
        'GET /joint-tax HTTP/1.1\r\nHo',
        'POST /joint-tax HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc',
        '',
      ]) {
        const { text, closed } = await sendRaw(gateway.port, authority.citizen, octets, 10_000);
        expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout/);
        expect(closed).toBe(true);
      }
    });

    it('are closed when they do not finish the handshake', async () => {
      backend = await startBackend();
      gateway = await startTestGateway({ authority, limits: { handshakeTimeout: 200 }, services: [] });
      const { connect } = await import('node:net');
      const socket = connect(gateway.port, '127.0.0.1');
      socket.on('error', () => {}).resume();
      await once(socket, 'close');
      expect(gateway.metrics.counts.get('handshake failed')).toBe(1);
    });
  });
});

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { verifyAssertion } from '../../src/assertion/index.ts';
import { parseCertificate } from '../../src/certificate/parse.ts';
import { decodePem } from '../../src/certificate/pem.ts';
import type { Admission } from '../../src/decision/types.ts';
import { createTestAuthority, haveOpenssl, type KeyPair, type TestAuthority } from './proxy/authority.ts';
import { startBackend, type TestBackend } from './proxy/backend.ts';
import { call, connectTls, keepAliveAgent, sendRaw, until } from './proxy/client.ts';
import { ISSUER, startTestGateway, type TestGateway } from './proxy/gateway.ts';

const inTests = haveOpenssl ? describe : describe.skip;

inTests('a call through the data plane', () => {
  let authority: TestAuthority;
  let backend: TestBackend;
  let gateway: TestGateway;
  const service = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    service: 'joint-tax',
    path: '/joint-tax',
    backends: [backend.url],
    operations: [{ methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'], path: '/**' }],
    ...more,
  });
  const start = async (
    services: readonly Record<string, unknown>[],
    more: object = {},
  ): Promise<TestGateway> => {
    gateway = await startTestGateway({ authority, services, ...more });
    return gateway;
  };

  const metricsOf = (key: string): number => gateway.metrics.counts.get(key) ?? 0;

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

  it('reaches the department with an assertion the department can check', async () => {
    const { port, assertions } = await start([
      service({ claims: ['name', 'kind', 'authority', 'certificate', 'unified-id', 'identifiers'] }),
    ]);
    const answer = await call(port, '/joint-tax/applications?id=1', { as: authority.citizen });
    expect(answer.status).toBe(200);
    expect(answer.body).toBe('hello from the department');
    expect(answer.headers['x-back-end']).toBe('echo');
    const [received] = backend.received;
    expect(received?.url).toBe('/joint-tax/applications?id=1');
    const claims = await verifyAssertion(received?.headers['onecert-assertion'] as string, {
      issuer: ISSUER,
      audience: 'joint-tax',
      jwks: assertions.jwks(),
    });
    expect(claims).toMatchObject({ name: 'Wang Xiaoming', kind: 'citizen', authority: 'test-authority' });
    expect(claims.unified_id).toHaveLength(22);
    expect(claims.sub).not.toBe(claims.unified_id);
  });

  it('tells the department the certificate by RFC 9440 where it is enrolled for that', async () => {
    const { port } = await start([service({ clientCert: true })]);
    const leaf = decodePem(authority.citizen.cert).map((der) => `:${Buffer.from(der).toString('base64')}:`);
    await call(port, '/joint-tax', { as: authority.citizen });
    expect(backend.received[0]?.headers['client-cert']).toBe(leaf[0]);
    expect(backend.received[0]?.headers['client-cert-chain']).toBe(leaf[1]);
  });

  it('signs an assertion once for a connection, and again when half of its life is over', async () => {
    const { port, metrics } = await start([service()]);
    const agent = keepAliveAgent(authority.citizen);
    for (let count = 0; count < 5; count += 1) await call(port, '/joint-tax', { agent });
    expect(metrics.counts.get('assertion-signed')).toBe(1);
    await gateway.close();

    const { port: second, metrics: counted } = await start([service()], { assertionLifetimeMs: 0 });
    const other = keepAliveAgent(authority.citizen);
    for (let count = 0; count < 3; count += 1) await call(second, '/joint-tax', { agent: other });
    expect(counted.counts.get('assertion-signed')).toBe(3);
    agent.destroy();
    other.destroy();
  });

  it('takes `path` off where enrolled, and adds the path of the back end', async () => {
    const { port } = await start([service({ stripPath: true, backends: [`${backend.url}/base/`] })]);
    await call(port, '/joint-tax/forms/1?a=b', { as: authority.citizen });
    await call(port, '/joint-tax?a=b', { as: authority.citizen });
    expect(backend.received.map(({ url }) => url)).toEqual(['/base/forms/1?a=b', '/base/?a=b']);
  });

  it('takes several back ends in turn', async () => {
    const other = await startBackend();
    const { port } = await start([service({ backends: [backend.url, other.url] })]);
    for (let count = 0; count < 4; count += 1) await call(port, '/joint-tax', { as: authority.citizen });
    expect([backend.received.length, other.received.length]).toEqual([2, 2]);
    await other.close();
  });

  it('carries calls of HTTP/1.0 and absolute targets', async () => {
    const { port } = await start([service()]);
    const old = await sendRaw(port, authority.citizen, 'GET /joint-tax HTTP/1.0\r\n\r\n');
    expect(old.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(old.text).not.toMatch(/chunked/i);
    const absolute =
      'GET https://city.example/joint-tax HTTP/1.1\r\nHost: city.example\r\nConnection: close\r\n\r\n';
    expect((await sendRaw(port, authority.citizen, absolute)).text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(backend.received.map(({ url }) => url)).toEqual(['/joint-tax', '/joint-tax']);
  });

  it('answers pipelined calls in order, carrying one at a time', async () => {
    await backend.close();
    let open = 0;
    let most = 0;
    backend = await startBackend((request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end(request.url);
      }, 10);
    });
    const { port } = await start([service()]);
    const one = (name: string, more = ''): string =>
      `GET /joint-tax/${name} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
    const { text } = await sendRaw(
      port,
      authority.citizen,
      one('1') + one('2') + one('3', 'Connection: close\r\n'),
    );
    expect([...text.matchAll(/\r\n\/joint-tax\/(\d)/g)].map(([, name]) => name)).toEqual(['1', '2', '3']);
    expect(most).toBe(1);
  });

  describe('audit', () => {
    it('has the sign-in and the call before the answer leaves, while the department is already working', async () => {
      const { port, audit } = await start([service()]);
      audit.holding = true;
      let answered = false;
      const answer = call(port, '/joint-tax/forms?name=secret', { as: authority.citizen }).then((got) => {
        answered = true;
        return got;
      });
      await until(() => backend.received.length === 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(answered).toBe(false);
      const [signIn, made] = audit.entries;
      expect(signIn).toMatchObject({
        event: 'sign-in',
        durability: 'synced',
        proof: 'mutual-tls',
        authority: 'test-authority',
      });
      expect(made).toMatchObject({
        event: 'call',
        durability: 'written',
        method: 'GET',
        path: '/joint-tax/forms',
        service: 'joint-tax',
        department: 'taxation',
        from: '127.0.0.1',
        reference: backend.received[0]?.headers['onecert-reference'],
      });
      expect(JSON.stringify(audit.entries)).not.toMatch(/secret|Wang|11010519491231002X/);
      audit.release();
      expect((await answer).status).toBe(200);
    });

    it('signs in once for a connection and syncs calls where the enrolment asks for it', async () => {
      const { port, audit } = await start([service({ audit: 'synced' })]);
      const agent = keepAliveAgent(authority.citizen);
      await call(port, '/joint-tax', { agent });
      await call(port, '/joint-tax', { agent });
      agent.destroy();
      expect(audit.of('sign-in')).toHaveLength(1);
      expect(audit.of('call').map(({ durability }) => durability)).toEqual(['synced', 'synced']);
    });

    it('refuses before the department sees anything while the log cannot be written', async () => {
      const { port, audit } = await start([service()]);
      audit.healthy = false;
      const answer = await call(port, '/joint-tax', { as: authority.citizen });
      expect([answer.status, answer.json().code]).toEqual([503, 'ONECERT_AUDIT_UNAVAILABLE']);
      expect(backend.received).toHaveLength(0);
      expect((await call(port, '/nowhere', { as: authority.citizen })).status).toBe(503);
    });

    it('keeps back the answer of a call whose entry was lost', async () => {
      const { port, audit } = await start([service()]);
      audit.failure = new Error('disk full');
      const answer = await call(port, '/joint-tax', { as: authority.citizen });
      expect([answer.status, answer.json().code]).toEqual([503, 'ONECERT_AUDIT_UNAVAILABLE']);
      expect(answer.body).not.toContain('hello');
    });
  });

  describe('refusals', () => {
    it('asks for a certificate: a page for browsers, a problem document for others, no body for HEAD', async () => {
      const { port, audit } = await start([service()]);
      const problem = await call(port, '/joint-tax', { headers: { accept: 'application/json' } });
      expect(problem.status).toBe(401);
      expect(problem.headers).toMatchObject({
        'content-type': 'application/problem+json',
        'cache-control': 'no-store',
        'www-authenticate': 'ClientCertificate realm="OneCert"',
        'x-content-type-options': 'nosniff',
        'strict-transport-security': expect.any(String) as string,
      });
      expect(problem.json()).toMatchObject({
        code: 'ONECERT_CERTIFICATE_REQUIRED',
        reference: problem.headers['onecert-reference'],
        accepted: [{ en: 'Test Authority' }],
      });
      expect(problem.json().service).toBeUndefined();
      const page = await call(port, '/joint-tax', {
        headers: { accept: 'text/html,*/*;q=0.8', 'accept-language': 'zh' },
      });
      expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
      expect(page.headers['content-security-policy']).toContain("default-src 'none'");
      expect(page.body).toContain('ONECERT_CERTIFICATE_REQUIRED');
      const head = await call(port, '/joint-tax', { method: 'HEAD' });
      expect([head.status, head.body]).toEqual([401, '']);
      expect(Number(head.headers['content-length'])).toBeGreaterThan(0);
      expect(audit.of('refusal').map(({ code, durability }) => [code, durability])).toEqual(
        Array(3).fill(['ONECERT_CERTIFICATE_REQUIRED', 'synced']),
      );
      expect(backend.received).toHaveLength(0);
    });

    it('gives each reason its code', async () => {
      const { port } = await start([
        service({ operations: [{ methods: ['GET'], path: '/**' }], subjects: ['citizen'] }),
        service({ service: 'closed', path: '/closed', enabled: false }),
      ]);
      const codeOf = async (path: string, as: KeyPair, method = 'GET'): Promise<unknown> => {
        const answer = await call(port, path, { as, method });
        return [answer.status, answer.json().code];
      };
      expect(await codeOf('/joint-tax', authority.stranger)).toEqual([403, 'ONECERT_CERTIFICATE_UNTRUSTED']);
      expect(await codeOf('/nowhere', authority.citizen)).toEqual([404, 'ONECERT_SERVICE_NOT_FOUND']);
      expect(await codeOf('/closed', authority.citizen)).toEqual([403, 'ONECERT_SERVICE_DISABLED']);
      expect(await codeOf('/joint-tax', authority.enterprise)).toEqual([
        403,
        'ONECERT_SUBJECT_KIND_NOT_ACCEPTED',
      ]);
      expect(await codeOf('/joint-tax', authority.citizen, 'DELETE')).toEqual([
        403,
        'ONECERT_METHOD_NOT_ENROLLED',
      ]);
      expect(backend.received).toHaveLength(0);
    });

    it('leaves the connection usable after a refused call with a short body, and closes it after a long one', async () => {
      const { port } = await start([service()]);
      const agent = keepAliveAgent(authority.citizen);
      const short = await call(port, '/nowhere', { agent, method: 'POST', body: 'x'.repeat(1_000) });
      expect([short.status, short.headers.connection]).toEqual([404, 'keep-alive']);
      expect((await call(port, '/joint-tax', { agent })).status).toBe(200);
      expect(gateway.metrics.counts.get('connection-opened')).toBe(1);
      const long = await call(port, '/nowhere', { agent, method: 'POST', body: 'x'.repeat(300_000) });
      expect([long.status, long.headers.connection]).toEqual([404, 'close']);
      agent.destroy();
    });

    it('serves what is its own, with and without a certificate', async () => {
      const { port } = await start([service()], {
        local: (path: string, admission: Admission | undefined) =>
          path === '/'
            ? {
                status: 200,
                headers: { 'content-type': 'text/plain' },
                body: `hello ${admission?.identity?.name ?? 'stranger'}`,
              }
            : undefined,
      });
      expect((await call(port, '/')).body).toBe('hello stranger');
      expect((await call(port, '/', { as: authority.citizen })).body).toBe('hello Wang Xiaoming');
      expect((await call(port, '/', { method: 'HEAD' })).headers['content-length']).toBe('14');
      expect((await call(port, '/', { method: 'POST' })).status).toBe(401);
    });
  });

  describe('a certificate revoked meanwhile', () => {
    const revoke = (): void => {
      const der = decodePem(authority.citizen.cert)[0] as Uint8Array;
      gateway.revoked.add(parseCertificate(der).serialHex);
      gateway.publish();
    };

    it('is refused at the next call of an open connection', async () => {
      const { port, metrics } = await start([service()]);
      const agent = keepAliveAgent(authority.citizen);
      expect((await call(port, '/joint-tax', { agent })).status).toBe(200);
      revoke();
      const answer = await call(port, '/joint-tax', { agent });
      expect([answer.status, answer.json().code]).toEqual([403, 'ONECERT_CERTIFICATE_REVOKED']);
      expect(metrics.counts.get('connection-opened')).toBe(1);
      agent.destroy();
    });

    it('is cut off from an answer without end', async () => {
      await backend.close();
      backend = await startBackend((_request, response) => void response.write('event: 1\n\n'));
      const { port, audit } = await start([service()], { limits: { longCall: -1 } });
      const socket = await connectTls(port, authority.citizen);
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.write('GET /joint-tax HTTP/1.1\r\nHost: a\r\n\r\n');
      await until(() => text.includes('event: 1'));
      gateway.publish();
      await until(() => metricsOf('admitted') === 2);
      expect(socket.destroyed).toBe(false);
      const closed = once(socket, 'close');
      revoke();
      await closed;
      expect(audit.of('refusal')[0]).toMatchObject({
        code: 'ONECERT_CERTIFICATE_REVOKED',
        reason: 'cut-while-open',
      });
    });

    it.each(['TLSv1.2', 'TLSv1.3'] as const)('is refused on a resumed session (%s)', async (version) => {
      const { port, metrics } = await start([service()]);
      const request = 'GET /joint-tax HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
      let session: Buffer | undefined;
      const visit = async (): Promise<string> => {
        const socket = await connectTls(port, authority.citizen, {
          minVersion: version,
          maxVersion: version,
          session,
        });
        socket.on('session', (fresh) => (session = fresh));
        let text = '';
        socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
        socket.write(request);
        await once(socket, 'end');
        if (version === 'TLSv1.2') session = socket.getSession();
        socket.destroy();
        return text;
      };
      expect(await visit()).toMatch(/^HTTP\/1\.1 200/);
      expect(await visit()).toMatch(/^HTTP\/1\.1 200/);
      expect(metrics.counts.get('handshake resumed')).toBe(1);
      revoke();
      expect(await visit()).toMatch(/^HTTP\/1\.1 403/);
      expect(metrics.counts.get('handshake resumed')).toBe(2);
      expect(backend.received).toHaveLength(2);
    });
  });

  it('outlives a defect: the call that meets it is answered 500', async () => {
    const { port } = await start([service()], {
      local: () => {
        throw new Error('a defect');
      },
    });
    const answer = await call(port, '/nowhere', { as: authority.citizen });
    expect([answer.status, answer.json().code]).toEqual([500, 'ONECERT_INTERNAL']);
    expect((await call(port, '/joint-tax', { as: authority.citizen })).status).toBe(200);
  });

  describe('the handshake', () => {
    it('names the accepted authorities to clients', async () => {
      const { port } = await start([service()], { clientAuthorities: true });
      const client = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`]);
      client.stdin.end();
      let stdout = '';
      client.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      await once(client, 'close');
      expect(stdout).toMatch(/Acceptable client certificate CA names[^]*CN = Test Root[^]*CN = Test Issuing/);
    });

    it('keeps an intermediate that only the client has', async () => {
      const trust = authority.trustList(1, false);
      const { port } = await start([service()], { clientAuthorities: true, trust });
      expect((await call(port, '/joint-tax', { as: authority.citizen })).status).toBe(200);
      const bare = await call(port, '/joint-tax', { as: authority.leafOnly });
      expect([bare.status, bare.json().code]).toEqual([403, 'ONECERT_CERTIFICATE_UNTRUSTED']);
    });

    it('uses new TLS material for new connections', async () => {
      const { port, plane } = await start([service()]);
      const serverName = async (): Promise<unknown> => {
        const socket = await connectTls(port);
        const { subject } = socket.getPeerCertificate();
        socket.destroy();
        return subject.CN;
      };
      expect(await serverName()).toBe('localhost');
      const { cert: certificate, key } = authority.stranger;
      plane.useTls({ certificate, key, minimumVersion: 'TLSv1.3', ticketKeys: randomBytes(48) });
      expect(await serverName()).toBe('Nobody Knows');
      expect((await call(port, '/joint-tax', { as: authority.citizen })).status).toBe(200);
      await expect(connectTls(port, undefined, { maxVersion: 'TLSv1.2' })).rejects.toThrow();
    });
  });
});

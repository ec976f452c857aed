import { createTestAuthority, haveOpenssl, type TestAuthority } from './proxy/authority.ts';
import { startBackend, type TestBackend } from './proxy/backend.ts';
import { call, sendRaw } from './proxy/client.ts';
import { startTestGateway, type TestGateway } from './proxy/gateway.ts';

const inTests = haveOpenssl ? describe : describe.skip;

inTests('header fields on their way through the data plane', () => {
  let authority: TestAuthority;
  let backend: TestBackend;
  let gateway: TestGateway;

  beforeAll(async () => {
    authority = createTestAuthority();
    backend = await startBackend((request, response) => {
      request.resume();
      response.writeHead(200, 'Fine', [
        ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-Kept', 'yes', 'Server', 'department/1'],
        ...['OneCert-Reference', 'forged', 'onecert_assertion', 'forged', 'Alt-Svc', 'h3=":443"'],
        ...[
          'Connection',
          'keep-alive, X-Secret',
          'X-Secret',
          'hop',
          'Keep-Alive',
          'timeout=7',
          'Upgrade',
          'h2c',
        ],
      ]);
      response.end('ok');
    });
    gateway = await startTestGateway({
      authority,
      services: [{ service: 'joint-tax', path: '/joint-tax', backends: [backend.url] }],
    });
  });
  afterAll(async () => {
    await gateway.close();
    await backend.close();
    authority.remove();
  });

  /** Names and values the department received for a request with `fields`. */
  const received = async (...fields: string[]): Promise<readonly string[]> => {
    const head = ['GET /joint-tax HTTP/1.1', 'Host: city.example', ...fields].join('\r\n');
    const { text } = await sendRaw(gateway.port, authority.citizen, `${head}\r\nConnection: close\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    return backend.received.at(-1)?.rawHeaders ?? [];
  };

  it.each([
    ...[
      'OneCert-Assertion',
      'onecert_assertion',
      'ONECERT.ASSERTION',
      'OneCert-Unified-Id',
      'X-OneCert-Subject',
    ],
    ...[
      'Client-Cert',
      'client_cert',
      'CLIENT-CERT',
      'Client-Cert-Chain',
      'Client_Cert_Chain',
      'X-Client-Cert',
    ],
    ...[
      'X-SSL-Client-Cert',
      'X_SSL_CLIENT_S_DN',
      'X-SSL-Client-Verify',
      'SSL-Client-Cert',
      'SSL_CLIENT_S_DN',
    ],
    ...['X-Forwarded-Client-Cert', 'X-ARR-ClientCert', 'X-Forwarded-User', 'x_forwarded_user', 'Remote-User'],
    ...['Remote_User', 'X-Remote-User', 'X-Auth-Request-User', 'X-Auth-Request-Email', 'X-User', 'X-User-Id'],
    ...['X-Forwarded-For', 'X_Forwarded_For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port'],
    ...[
      'Forwarded',
      'X-Real-IP',
      'x_real_ip',
      'X-HTTP-Method-Override',
      'X-Original-URL',
      'X-Rewrite-URL',
      'Proxy',
    ],
  ])('removes %s', async (name) => {
    const headers = await received(`${name}: forged-value`);
    expect(headers.join('\n')).not.toContain('forged-value');
  });

  it('counts what it removes, by a bounded set of names', async () => {
    await received('OneCert-Anything-At-All: x', 'Remote_User: x');
    expect(gateway.metrics.counts.get('header-removed onecert-*')).toBeGreaterThan(0);
    expect(gateway.metrics.counts.get('header-removed remote-user')).toBeGreaterThan(0);
  });

  it('says itself where a call comes from', async () => {
    const headers = await received('X-Forwarded-For: 1.2.3.4', 'Forwarded: for=1.2.3.4');
    const valueOf = (name: string): string | undefined => headers[headers.indexOf(name) + 1];
    expect(valueOf('X-Forwarded-For')).toBe('127.0.0.1');
    expect(valueOf('X-Forwarded-Proto')).toBe('https');
    expect(valueOf('X-Forwarded-Host')).toBe('gateway.example');
    expect(valueOf('Forwarded')).toBe('for=127.0.0.1;proto=https;host="gateway.example"');
    expect(headers.filter((name) => name === 'OneCert-Assertion')).toHaveLength(1);
  });

  it('removes hop-by-hop fields and whatever Connection names', async () => {
    const headers = await received(
      ...['TE: trailers', 'Keep-Alive: timeout=1', 'Proxy-Connection: x', 'Proxy-Authorization: secret'],
      ...['Upgrade: h2c', 'HTTP2-Settings: AAA', 'Trailer: X-T', 'X-Private: secret', 'x_also: secret'],
      'Connection: X-Private, X-Also, Upgrade, OneCert-Assertion, Cookie, Content-Length',
      'Cookie: secret',
    );
    // An assertion and a trace are random: they may hold any three characters.
    const own = headers.filter((each) => !/^eyJ|^00-/.test(each));
    expect(own.join('\n')).not.toMatch(/secret|trailers|timeout|h2c|AAA|X-T/);
    expect(headers).toContain('OneCert-Assertion');
  });

  it('leaves alone what is the department’s: order, case, repeats, Authorization and Cookie', async () => {
    const headers = await received(
      'X-b: 1',
      'x-A: 2',
      'X-b: 3',
      'Authorization: Bearer t',
      'Cookie: s=1',
      'Accept: */*',
    );
    const from = headers.indexOf('X-b');
    expect(headers.slice(from, from + 12)).toEqual([
      ...['X-b', '1', 'x-A', '2', 'X-b', '3'],
      ...['Authorization', 'Bearer t', 'Cookie', 's=1', 'Accept', '*/*'],
    ]);
  });

  it('passes on octets above 0x7f as they came', async () => {
    const headers = await received('X-Name: \u00e5\u00bc\u00a0');
    expect(headers[headers.indexOf('X-Name') + 1]).toBe('\u00e5\u00bc\u00a0');
  });

  it('cleans the answer too', async () => {
    const answer = await call(gateway.port, '/joint-tax', { as: authority.citizen });
    expect(answer.headers['set-cookie']).toEqual(['a=1; Path=/joint-tax', 'b=2; Path=/joint-tax']);
    expect(answer.headers).toMatchObject({ 'x-kept': 'yes', server: 'department/1' });
    expect(answer.rawHeaders.join('\n')).not.toMatch(/forged|onecert|Alt-Svc|X-Secret|timeout=7|h2c/i);
  });
});

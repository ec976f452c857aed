import { verifyAssertion } from '../../src/assertion/index.ts';
import { startCensus, type Census, type Received } from './census.ts';
import { eventually, hasTools, openCity, type City } from './city.ts';
import { call, connectTls, keepAliveAgent, sendRaw } from './proxy/client.ts';
import { expectRefusal } from './refused-calls.ts';

const withTools = hasTools() ? describe : describe.skip;

withTools('what clients and back ends should not do', () => {
  let census: Census;
  let city: City;
  let port: number;
  beforeAll(async () => {
    census = await startCensus();
    city = await openCity({ files: census.files, environment: { ONECERT_LOG_LEVEL: 'info' } });
    await city.start();
    port = city.ports.ONECERT_PORT;
  });
  afterAll(async () => {
    await city.remove();
    await census.down();
  });

  const last = (): Received => census.received.at(-1) as Received;
  /** As back ends that make variables of names read them. */
  const variables = ({ rawHeaders }: Received): Map<string, string[]> => {
    const found = new Map<string, string[]>();
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = (rawHeaders[index] as string).toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
      found.set(name, [...(found.get(name) ?? []), rawHeaders[index + 1] as string]);
    }
    return found;
  };

  describe('identity headers from a client', () => {
    const FORGED = [
      ...['OneCert-Assertion', 'onecert-assertion', 'ONECERT_ASSERTION', 'OneCert.Assertion', 'onecert-user'],
      ...['X-OneCert-User', 'x_onecert_user', 'OneCert-Reference', 'Onecert_Reference'],
      ...[
        'Client-Cert',
        'client_cert',
        'CLIENT-CERT-CHAIN',
        'X-Client-Cert',
        'X_Client_Cert',
        'Ssl-Client-Cert',
      ],
      ...['X-SSL-Client-S-DN', 'SSL_CLIENT_S_DN', 'X-Client-Verify', 'X-Client-Dn', 'X-ARR-ClientCert'],
      ...['Remote-User', 'remote_user', 'X-Remote-User', 'X.Remote.User', 'X-User', 'X-User-Id', 'X_USER_ID'],
      ...['X-Forwarded-For', 'x_forwarded_for', 'X-Forwarded-User', 'X-Forwarded-Client-Cert', 'Forwarded'],
      ...['X-Real-IP', 'True-Client-IP', 'X-Auth-Request-User', 'X-Amzn-Mtls-Clientcert', 'Via'],
      ...['X-HTTP-Method-Override', 'X-Original-URL', 'X-Rewrite-URL', 'Proxy'],
    ];

    it('are removed in every spelling, and what the gateway says stands alone', async () => {
      const args = FORGED.flatMap((name) => ['-H', `${name}: forged`]);
      const answer = await city.curl('/census', { as: 'li-wei-yuean', args });
      expect(answer.status).toBe(200);
      expect(JSON.stringify(last().rawHeaders)).not.toContain('forged');
      const seen = variables(last());
      for (const name of [
        'ONECERT_ASSERTION',
        'ONECERT_REFERENCE',
        'CLIENT_CERT',
        'X_FORWARDED_FOR',
        'FORWARDED',
      ])
        expect(seen.get(name)).toHaveLength(1);
      expect(seen.get('X_FORWARDED_FOR')).toEqual(['127.0.0.1']);
      const leaf = /-----BEGIN CERTIFICATE-----([^-]+)/.exec(city.pair('li-wei-yuean').cert)?.[1];
      expect(seen.get('CLIENT_CERT')).toEqual([`:${leaf?.replaceAll(/\s/g, '')}:`]);
    });

    it('are removed over raw TLS too, where names have odd characters', async () => {
      const odd = ['OneCert-Assertion', 'oNeCeRt~Assertion', 'X-User!Id', 'Remote*User', 'Client|Cert'];
      const head = `GET /census HTTP/1.1\r\nHost: localhost\r\n${odd.map((name) => `${name}: forged\r\n`).join('')}Connection: close\r\n\r\n`;
      const { text } = await sendRaw(port, city.pair('li-wei-zhujiang'), head);
      expect(text).toMatch(/^HTTP\/1\.1 200/);
      expect(JSON.stringify(last().rawHeaders)).not.toContain('forged');
    });

    it('named in Connection are removed, and those of the gateway cannot be', async () => {
      const named = 'close, X-Tenant, OneCert-Assertion, onecert_reference, Client-Cert, X-Forwarded-For';
      const args = [
        '-H',
        `Connection: ${named}`,
        '-H',
        'X-Tenant: 1',
        '-H',
        'x_tenant: 2',
        '-H',
        'X-Kept: 3',
      ];
      await city.curl('/census', { as: 'li-wei-yuean', args });
      const seen = variables(last());
      expect(seen.get('X_TENANT')).toBeUndefined();
      expect(seen.get('X_KEPT')).toEqual(['3']);
      for (const name of ['ONECERT_ASSERTION', 'ONECERT_REFERENCE', 'CLIENT_CERT', 'X_FORWARDED_FOR'])
        expect(seen.get(name)).toHaveLength(1);
    });

    it('never take the place of an assertion: the one that arrives is about the caller', async () => {
      await city.curl('/census', { as: 'chen-fang-yuean' });
      const stolen = last().headers['onecert-assertion'] as string;
      await city.curl('/census', { as: 'li-wei-yuean', args: ['-H', `OneCert-Assertion: ${stolen}`] });
      const jwks = await (
        await fetch(`http://127.0.0.1:${city.ports.ONECERT_ADMIN_PORT}/.well-known/jwks.json`)
      ).json();
      const verified = await verifyAssertion(last().headers['onecert-assertion'] as string, {
        issuer: city.url,
        audience: 'census',
        jwks: jwks as never,
      });
      expect(verified.name).toBe('李伟');
    });

    it('are counted', async () => {
      const removed = await city.metric('onecert_headers_removed_total');
      expect(removed.get('{name="onecert-*"}')).toBeGreaterThan(4);
    });
  });

  describe('a request that can be read in two ways', () => {
    const hidden = 'GET /census/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const post = (...fields: string[]): string =>
      `POST /census HTTP/1.1\r\nHost: localhost\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`;
    const get = (...fields: string[]): string => post(...fields).replace('POST', 'GET');

    it.each([
      [
        'Content-Length, then Transfer-Encoding',
        post('Content-Length: 6', 'Transfer-Encoding: chunked') + `0\r\n\r\n${hidden}`,
      ],
      [
        'Transfer-Encoding, then Content-Length',
        post('Transfer-Encoding: chunked', 'Content-Length: 5') + `0\r\n\r\n${hidden}`,
      ],
      [
        'two Content-Lengths that differ',
        post('Content-Length: 0', `Content-Length: ${hidden.length}`) + hidden,
      ],
      ['two Content-Lengths that agree', post('Content-Length: 1', 'Content-Length: 1') + `x${hidden}`],
      ['a list as Content-Length', post('Content-Length: 1, 1') + `x${hidden}`],
      ['a signed Content-Length', post('Content-Length: +1') + `x${hidden}`],
      ['a Content-Length in hexadecimal', post('Content-Length: 0x1') + `x${hidden}`],
      ['a negative Content-Length', post('Content-Length: -1') + hidden],
      ['an empty Content-Length', post('Content-Length: ') + hidden],
      ['a folded field', post('X-Folded: a', ' Transfer-Encoding: chunked') + hidden],
      [
        'a folded first field',
        `POST /census HTTP/1.1\r\n Host: localhost\r\nContent-Length: 0\r\n\r\n${hidden}`,
      ],
      ['bare LF after a field', post('X-A: b\nContent-Length: 5', 'Content-Length: 0') + hidden],
      ['bare LF everywhere', `GET /census HTTP/1.1\nHost: localhost\n\n${hidden}`],
      ['bare CR in a field', get('X-A: b\rContent-Length: 5') + hidden],
      ['a space before the colon', post('Transfer-Encoding : chunked') + `0\r\n\r\n${hidden}`],
      ['a tab before the colon', post('Content-Length\t: 1') + `x${hidden}`],
      ['an unknown coding', post('Transfer-Encoding: xchunked') + `0\r\n\r\n${hidden}`],
      ['a coding besides chunked', post('Transfer-Encoding: gzip, chunked') + `0\r\n\r\n${hidden}`],
      ['chunked, but not last', post('Transfer-Encoding: chunked, identity') + `0\r\n\r\n${hidden}`],
      [
        'two Transfer-Encodings',
        post('Transfer-Encoding: chunked', 'Transfer-Encoding: identity') + `0\r\n\r\n${hidden}`,
      ],
      [
        'Transfer-Encoding in disguise',
        post('Transfer_Encoding: chunked', 'Content-Length: 1') + `x${hidden}`,
      ],
      ['Content-Length in disguise', post('Content_Length: 5', 'Content-Length: 1') + `x${hidden}`],
      [
        'Transfer-Encoding under HTTP/1.0',
        post('Transfer-Encoding: chunked').replace('1.1', '1.0') + `0\r\n\r\n${hidden}`,
      ],
      ['a chunk size with a sign', post('Transfer-Encoding: chunked') + `+1\r\nx\r\n0\r\n\r\n${hidden}`],
      [
        'a chunk size that overflows',
        post('Transfer-Encoding: chunked') + `10000000000000001\r\nx\r\n0\r\n\r\n${hidden}`,
      ],
      ['a chunk ended by bare LF', post('Transfer-Encoding: chunked') + `1\nx\n0\n\n${hidden}`],
      ['a chunk longer than it says', post('Transfer-Encoding: chunked') + `1\r\nxyz\r\n0\r\n\r\n${hidden}`],
      ['NUL in a field', get('X-A: b\0c') + hidden],
      ['two Hosts', get('Host: elsewhere') + hidden],
      ['no Host', `GET /census HTTP/1.1\r\n\r\n${hidden}`],
      ['a Host that is none', `GET /census HTTP/1.1\r\nHost: a/b@c\r\n\r\n${hidden}`],
      [
        'another target than its Host',
        `GET https://elsewhere/census HTTP/1.1\r\nHost: localhost\r\n\r\n${hidden}`,
      ],
      ['a target without scheme or slash', `GET census HTTP/1.1\r\nHost: localhost\r\n\r\n${hidden}`],
      ['CONNECT', `CONNECT localhost:443 HTTP/1.1\r\nHost: localhost\r\n\r\n${hidden}`],
      ['no request at all', `\x16\x03\x01\x02\x00 hello\r\n\r\n${hidden}`],
      ['a version of its own', `GET /census HTTP/1.2\r\nHost: localhost\r\n\r\n${hidden}`],
    ])('%s: 400, closed, and nothing of it reaches a back end', async (_what, octets) => {
      const before = census.received.length;
      const { text, closed } = await sendRaw(port, city.pair('li-wei-zhujiang'), octets, 5_000);
      expect(text.slice(0, 13)).toBe('HTTP/1.1 400 ');
      expect(closed).toBe(true);
      expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
      expect(text).toMatch(/\r\nConnection: close\r\n/i);
      const problem = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>;
      expect(problem.code).toBe('ONECERT_REQUEST_MALFORMED');
      const entries = city.audit().filter(({ reference }) => reference === problem.reference);
      expect(entries.at(-1)).toMatchObject({ event: 'refusal', code: 'ONECERT_REQUEST_MALFORMED' });
      // A chunked body may be on its way when its bad part comes; what follows it never is.
      expect(census.received.slice(before).map(({ url }) => url)).not.toContain('/census/smuggled');
      if (!octets.includes('\nx')) expect(census.received.length).toBe(before);
    });

    it('is counted by its reason', async () => {
      const malformed = await city.metric('onecert_requests_malformed_total');
      expect(malformed.get('{reason="transfer-encoding-unknown"}')).toBeGreaterThan(0);
    });

    it('is 400 for whoever has no certificate, too', async () => {
      const { text, closed } = await sendRaw(
        port,
        undefined,
        post('Content-Length: 1', 'Content-Length: 2') + 'x',
      );
      expect([text.slice(0, 12), closed]).toEqual(['HTTP/1.1 400', true]);
    });

    it('with a head of more than 16 KiB, or of more than a hundred fields, gets no further either', async () => {
      const before = census.received.length;
      for (const fields of [
        [`X-Long: ${'x'.repeat(20_000)}`],
        Array.from({ length: 120 }, (_, index) => `X-${index}: 1`),
      ]) {
        const { text } = await sendRaw(port, city.pair('li-wei-zhujiang'), get(...fields));
        expect(text.slice(0, 12)).toBe('HTTP/1.1 400');
      }
      expect(census.received.length).toBe(before);
    });
  });

  describe('a back end', () => {
    const reached = (): number => census.received.length;

    it('that resets: 502, after one more try of a GET and none of a POST', async () => {
      const as = 'li-wei-yuean';
      let before = reached();
      const got = await city.curl('/census/reset', { as });
      expect([got.status, got.json().code]).toEqual([502, 'ONECERT_UPSTREAM_UNREACHABLE']);
      expect(reached() - before).toBe(2);
      before = reached();
      const posted = await city.curl('/census/reset', { as, args: ['-d', 'once'] });
      expect([posted.status, posted.json().code]).toEqual([502, 'ONECERT_UPSTREAM_UNREACHABLE']);
      expect(posted.headers['content-type']).toBe('application/problem+json');
      expect(reached() - before).toBe(1);
      const empty = await city.curl('/census/reset', { as, args: ['-X', 'POST'] });
      expect(empty.status).toBe(502);
      expect(reached() - before).toBe(2);
    });

    it('that does not answer: 504, sent once, and the outcome in the log', async () => {
      const before = reached();
      const answer = await city.curl('/impatient/silent', { as: 'li-wei-yuean' });
      expect([answer.status, answer.json().code]).toEqual([504, 'ONECERT_UPSTREAM_TIMEOUT']);
      const posted = await city.curl('/impatient/silent', { as: 'li-wei-yuean', args: ['-d', 'once'] });
      expect(posted.status).toBe(504);
      expect(reached() - before).toBe(2);
      const { reference } = posted.json();
      expect(city.audit().filter((entry) => entry.reference === reference)).toMatchObject([
        { event: 'sign-in' },
        { event: 'call', method: 'POST' },
        { event: 'outcome', outcome: 'answered-by-gateway', code: 'ONECERT_UPSTREAM_TIMEOUT' },
      ]);
    });

    it('that breaks off in the middle: the client sees that the answer is not whole', async () => {
      const answer = await city.curl('/census/cut', { as: 'li-wei-yuean' });
      // CURLE_PARTIAL_FILE or CURLE_RECV_ERROR
      expect([18, 56]).toContain(answer.exit);
      await eventually('the outcome is in the log', () =>
        city.audit().some(({ event, outcome }) => event === 'outcome' && outcome === 'answer-cut'),
      );
    });

    it('that is down: 502 as a page for browsers in both languages; served again when it is up', async () => {
      await census.down();
      const answer = await city.curl('/census', { as: 'li-wei-yuean' });
      expect([answer.status, answer.json().code]).toEqual([502, 'ONECERT_UPSTREAM_UNREACHABLE']);
      for (const [language, title] of [
        ['zh', '部门的业务系统暂时无法连接'],
        ['en', 'system cannot be reached'],
      ] as const) {
        const args = ['-H', 'Accept: text/html', '-H', `Accept-Language: ${language}`];
        const page = await city.curl('/census', { as: 'li-wei-yuean', args });
        expect([page.status, page.headers['content-type']]).toEqual([502, 'text/html; charset=utf-8']);
        expect(page.body).toContain(title);
      }
      expect(city.log().filter(({ msg }) => msg === 'a back end cannot be reached')).not.toEqual([]);
      await census.up();
      expect((await city.curl('/census', { as: 'li-wei-yuean' })).status).toBe(200);
    });

    it("that is the tax bureau's slow one: 504 as its enrolment says", async () => {
      const answer = await city.curl('/joint-tax/slow?seconds=20', { as: 'pengwan-tech-yuean' });
      expect([answer.status, answer.json().code]).toEqual([504, 'ONECERT_UPSTREAM_TIMEOUT']);
    });

    it('is told when the client goes away', async () => {
      const socket = await connectTls(port, city.pair('li-wei-yuean'));
      const before = reached();
      socket.write('GET /census/silent HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await eventually('the call has arrived', () => reached() > before);
      const reference = last().headers['onecert-reference'];
      socket.destroy();
      await eventually('the outcome is in the log', () =>
        city.audit().some((entry) => entry.reference === reference && entry.outcome === 'client-gone'),
      );
    });
  });

  it('a refused call leaves its connection usable, and a large body is streamed through it', async () => {
    const agent = keepAliveAgent(city.pair('li-wei-yuean'));
    expect((await call(port, '/nowhere', { agent })).status).toBe(404);
    const body = Buffer.alloc(20 * 1024 * 1024, 'm');
    const taken = await call(port, '/school-enrolment/materials', { agent, method: 'POST', body });
    expect([taken.status, taken.json().bytes]).toEqual([201, body.length]);
    agent.destroy();
  });

  it('nothing of the above has brought anything down', async () => {
    await expectRefusal(city, census, 'ONECERT_CERTIFICATE_REVOKED', '/census', { as: 'revoked-yuean' });
    expect(city.log().filter(({ level }) => level === 50 || level === 'error')).toEqual([]);
    expect((await city.onecert('audit', 'verify', `${city.data}/audit`)).code).toBe(0);
  });
});

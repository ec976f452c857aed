import { createTestAuthority, haveOpenssl, type TestAuthority } from './proxy/authority.ts';
import { startBackend, type TestBackend } from './proxy/backend.ts';
import { sendRaw } from './proxy/client.ts';
import { startTestGateway, type TestGateway } from './proxy/gateway.ts';

const inTests = haveOpenssl ? describe : describe.skip;

const POST = 'POST /joint-tax HTTP/1.1\r\nHost: a\r\n';
const GET = 'GET /joint-tax HTTP/1.1\r\nHost: a\r\n';
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`;

/** Octets that two servers could read as different requests: each refused with 400 and the connection closed. */
const MALFORMED: readonly (readonly [string, string])[] = [
  ['CL then TE', `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['TE then CL', `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`],
  ['two lengths', `${POST}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde`],
  ['two equal lengths', `${POST}Content-Length: 4\r\nContent-Length: 4\r\n\r\nabcd`],
  ['a list of lengths', `${POST}Content-Length: 4, 4\r\n\r\nabcd`],
  ['a signed length', `${POST}Content-Length: +4\r\n\r\nabcd`],
  ['a negative length', `${POST}Content-Length: -4\r\n\r\nabcd`],
  ['a hexadecimal length', `${POST}Content-Length: 0x4\r\n\r\nabcd`],
  ['an empty length', `${POST}Content-Length:\r\n\r\n`],
  ['a length with a space', `${POST}Content-Length: 1 2\r\n\r\nabcdabcdabcd`],
  ['a length beyond 64 bits', `${POST}Content-Length: 99999999999999999999\r\n\r\nabcd`],
  ['a length beyond doubles', `${POST}Content-Length: 9007199254740993\r\n\r\nabcd`],
  ['a length in disguise', `${POST}Content_Length: 4\r\n\r\n`],
  ['TE in disguise', `${POST}Transfer_Encoding: chunked\r\nContent-Length: 4\r\n\r\nabcd`],
  ['TE with a dot', `${POST}Transfer.Encoding: chunked\r\nContent-Length: 4\r\n\r\nabcd`],
  ['TE identity', `${POST}Transfer-Encoding: identity\r\n\r\n`],
  ['TE gzip, chunked', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['TE chunked, identity', `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ['TE xchunked', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['TE "chunked"', `${POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
  ['TE twice', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  [
    'TE twice, one identity',
    `${POST}Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ['TE with a comma', `${POST}Transfer-Encoding: chunked,\r\n\r\n0\r\n\r\n`],
  ['TE empty', `${POST}Transfer-Encoding:\r\n\r\n`],
  ['TE folded', `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
  ['TE after a vertical tab', `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
  ['TE with a space before the colon', `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
  ['TE in HTTP/1.0', 'POST /joint-tax HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['obs-fold', `${GET}X-A: b\r\n c\r\n\r\n`],
  ['obs-fold with a tab', `${GET}X-A: b\r\n\tc\r\n\r\n`],
  ['a fold before the first field', 'GET /joint-tax HTTP/1.1\r\n Host: a\r\n\r\n'],
  ['bare LF throughout', 'GET /joint-tax HTTP/1.1\nHost: a\n\n'],
  ['bare LF after the request line', 'GET /joint-tax HTTP/1.1\nHost: a\r\n\r\n'],
  ['bare LF after a field', 'GET /joint-tax HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n'],
  ['bare LF hiding a field', `${POST}X-A: b\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['bare LF at the end', `${GET}\n`],
  ['bare CR', `${GET}X-A: b\rX-B: c\r\n\r\n`],
  ['CR CR LF', `${GET}X-A: b\r\r\n\r\n`],
  ['space before a colon', `${GET}X-A : b\r\n\r\n`],
  ['NUL in a value', `${GET}X-A: b\0c\r\n\r\n`],
  ['NUL in a name', `${GET}X\0A: b\r\n\r\n`],
  ['a control character', `${GET}X-A: b\x01c\r\n\r\n`],
  ['a field without colon', `${GET}nonsense\r\n\r\n`],
  ['a field without name', `${GET}: b\r\n\r\n`],
  ['a name that is no token', `${GET}X@A: b\r\n\r\n`],
  ['no Host', 'GET /joint-tax HTTP/1.1\r\n\r\n'],
  ['two Hosts', `${GET}Host: b\r\n\r\n`],
  ['an impossible Host', 'GET /joint-tax HTTP/1.1\r\nHost: a/b@c\r\n\r\n'],
  ['absolute target of another host', 'GET https://b/joint-tax HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['absolute target of http', 'GET http://a/joint-tax HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['authority target', 'GET a:443 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['asterisk target', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['CONNECT', 'CONNECT b:443 HTTP/1.1\r\nHost: b\r\n\r\n'],
  ['a space in the target', 'GET /joint-tax/a b HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['NUL in the target', 'GET /joint-tax/\0 HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['HTTP/0.9', 'GET /joint-tax\r\n\r\n'],
  ['HTTP/0.9 by name', 'GET /joint-tax HTTP/0.9\r\nHost: a\r\n\r\n'],
  ['HTTP/2.0 by name', 'GET /joint-tax HTTP/2.0\r\nHost: a\r\n\r\n'],
  ['HTTP/1.2', 'GET /joint-tax HTTP/1.2\r\nHost: a\r\n\r\n'],
  ['HTTP/1.10', 'GET /joint-tax HTTP/1.10\r\nHost: a\r\n\r\n'],
  ['another protocol', 'GET /joint-tax ICE/1.0\r\nHost: a\r\n\r\n'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a method in lower case', 'get /joint-tax HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['a head that is too long', `${GET}X-A: ${'a'.repeat(20_000)}\r\n\r\n`],
  ['too many fields', `${GET}${'a:b\r\n'.repeat(150)}\r\n`],
  ['an unknown expectation', `${GET}Expect: wonders\r\n\r\n`],
  ['a chunk size in disguise', `${CHUNKED}0x4\r\nabcd\r\n0\r\n\r\n`],
  ['a negative chunk size', `${CHUNKED}-4\r\nabcd\r\n0\r\n\r\n`],
  ['a chunk size with a space', `${CHUNKED}4 \r\nabcd\r\n0\r\n\r\n`],
  ['a chunk size beyond 64 bits', `${CHUNKED}10000000000000004\r\nabcd\r\n0\r\n\r\n`],
  ['a chunk size that ends in LF', `${CHUNKED}4\nabcd\r\n0\r\n\r\n`],
  ['a chunk that ends in LF', `${CHUNKED}4\r\nabcd\n0\r\n\r\n`],
  ['a chunk longer than its size', `${CHUNKED}4\r\nabcdXX0\r\n\r\n`],
  ['a chunk extension that ends in LF', `${CHUNKED}4;a\nabcd\r\n0\r\n\r\n`],
  ['endless chunk extensions', `${CHUNKED}4;${'a'.repeat(20_000)}\r\nabcd\r\n0\r\n\r\n`],
  ['a length among trailers', `${CHUNKED}4\r\nabcd\r\n0\r\nContent-Length: 9\r\n\r\n`],
  ['a trailer that ends in LF', `${CHUNKED}4\r\nabcd\r\n0\r\nX-T: 1\n\r\n`],
];

const AMBIGUOUS: readonly string[] = [
  ...[
    '/joint-tax/../admin',
    '/joint-tax/..',
    '/joint-tax/./a',
    '/joint-tax/.',
    '/..',
    '//joint-tax',
    '/joint-tax//a',
  ],
  ...[
    '/joint-tax/%2e%2e/admin',
    '/joint-tax/%2E./admin',
    '/joint-tax/.%2e',
    '/joint-tax/%2fadmin',
    '/joint-tax%2Fa',
  ],
  ...[
    '/joint-tax/%5cadmin',
    '/joint-tax/%5C..%5Cadmin',
    '/joint-tax\\admin',
    '/joint-tax/..\\admin',
    '/joint-tax/%00',
  ],
  ...['/joint-tax/a%', '/joint-tax/a%4', '/joint-tax/a%zz', '/joint-tax/%252e%252e', '/joint-tax/%61dmin'],
  ...[
    '/joint-tax/..;/admin',
    '/joint-tax/;/admin',
    '/joint-tax;v=1/admin',
    '/joint-tax/.;/a',
    '/joint-tax/%3b/a',
  ],
  ...[
    '/joint-tax/%c0%af',
    '/joint-tax/%c0%ae%c0%ae/',
    '/joint-tax/%e0%80%af',
    '/joint-tax/%0a',
    '/joint-tax/%7f',
    '/joint-tax#a',
  ],
];

inTests('requests with more than one reading', () => {
  let authority: TestAuthority;
  let backend: TestBackend;
  let gateway: TestGateway;

  beforeAll(async () => {
    authority = createTestAuthority();
    backend = await startBackend();
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

  const SMUGGLED = 'GET /joint-tax/smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

  it.each(MALFORMED)('refuses %s', async (_name, octets) => {
    gateway.audit.entries.length = 0;
    const { text, closed } = await sendRaw(gateway.port, authority.citizen, octets + SMUGGLED);
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(text).toContain('application/problem+json');
    expect(text).toContain('"code":"ONECERT_REQUEST_MALFORMED"');
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(closed).toBe(true);
    expect(gateway.audit.of('refusal').map(({ code }) => code)).toEqual(['ONECERT_REQUEST_MALFORMED']);
    expect(backend.received.filter(({ url }) => url.includes('smuggled'))).toEqual([]);
  });

  it.each(AMBIGUOUS)('refuses the path %s', async (path) => {
    const before = backend.received.length;
    const request = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const { text, closed } = await sendRaw(gateway.port, authority.citizen, request);
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(text).toContain('"code":"ONECERT_PATH_AMBIGUOUS"');
    expect(closed).toBe(true);
    expect(backend.received).toHaveLength(before);
  });

  it.each([
    ['/joint-tax/...', '/joint-tax/...'],
    ['/joint-tax/a.b/..c', '/joint-tax/a.b/..c'],
    ['/joint-tax/%E5%BC%A0%20x', '/joint-tax/%E5%BC%A0%20x'],
    ['/joint-tax/page;jsessionid=1F', '/joint-tax/page;jsessionid=1F'],
    ['/joint-tax/?a=../..//%00\\', '/joint-tax/?a=../..//%00\\'],
    ["/joint-tax/a@b:c,d!$&'()*+=~", "/joint-tax/a@b:c,d!$&'()*+=~"],
  ])('carries the path %s', async (path, expected) => {
    const request = `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`;
    const { text } = await sendRaw(gateway.port, authority.citizen, request);
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(backend.received.at(-1)?.url).toBe(expected);
  });

  it('answers the call before the malformed one, then refuses', async () => {
    const octets = `${GET}\r\n${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`;
    const { text, closed } = await sendRaw(gateway.port, authority.citizen, octets);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
    expect(closed).toBe(true);
  });

  it('closes a connection that sends too many requests ahead', async () => {
    const { closed } = await sendRaw(gateway.port, authority.citizen, `${GET}\r\n`.repeat(200));
    expect(closed).toBe(true);
    expect(gateway.metrics.counts.get('malformed pipelined')).toBe(1);
  });

  it('survives noise', async () => {
    for (let count = 0; count < 20; count += 1) {
      const noise = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 131 + count * 17) % 256));
      await sendRaw(gateway.port, undefined, noise, 50);
    }
    const { text } = await sendRaw(gateway.port, authority.citizen, `${GET}Connection: close\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 200/);
  });
});

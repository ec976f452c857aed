import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { send } from './filled-form.ts';
import { openConsole, type ConsoleVisitor, type OpenedConsole } from './opened-console.ts';

const KEY = { kind: 'department', name: 'tax' } as const;
const TRY = '/console/services/of/tax/try';

const department = (backEnd: string, more = ''): string => `department: tax
name: { zh: 税务局, en: Tax Bureau }
services:
  - service: tax-certificate
    name: { zh: 完税证明, en: Tax Certificate }
    path: /tax-certificate
    stripPath: true
    operations: [{ methods: [GET, POST], path: /** }]
    subjects: [citizen]
    claims:
      - { claim: name, purpose: { zh: 打印, en: Printed } }
      - kind
    backends: ['${backEnd}']
    timeouts: { connect: 500ms, response: 500ms }
${more}`;

describe('a service tried from the console', () => {
  let opened: OpenedConsole;
  let officer: ConsoleVisitor;
  let server: Server;
  let backEnd: string;
  const seen: { request: IncomingMessage; body: string }[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        seen.push({ request, body });
        if (request.url?.startsWith('/base/slow') === true) return;
        if (request.url?.startsWith('/base/long') === true) {
          response.end('x'.repeat(40_000));
          return;
        }
        response.writeHead(207, { 'x-department': 'tax <b>', 'content-type': 'text/plain' });
        response.end('<script>hello</script>');
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    backEnd = `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
    opened = await openConsole();
    officer = await opened.signIn('taxOfficer');
  }, 120_000);
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await opened.close();
  });

  /** A draft of the officer with this text. */
  const draft = async (text: string): Promise<string> => {
    const { unifiedId } = (await officer.call('GET', '/me')).body as { unifiedId: string };
    const roles = [{ role: 'officer', department: 'tax' }] as const;
    const { id } = await opened.changes.propose(
      { unifiedId, certificate: '', roles },
      {
        ...KEY,
        base: 0,
        files: [{ path: 'department.yaml', content: Buffer.from(text) }],
        note: '',
        origin: 'console',
      },
      'draft',
    );
    return id;
  };
  const attempt = async (text: string, fields: Readonly<Record<string, string>> = {}) =>
    send(officer, `${TRY}?draft=${await draft(text)}`, TRY, fields);

  it('out of a draft is called as somebody invented, who is marked as a test', async () => {
    const { status, body } = await attempt(department(backEnd), {
      target: '/tax-certificate/mine?year=2026',
    });
    expect(status).toBe(200);
    expect(body).toContain('answered 207');
    expect(body).toContain('&lt;script&gt;hello&lt;/script&gt;');
    expect(body).toContain('tax &lt;b&gt;');
    expect(body).toContain('This tries the draft');
    const { request } = seen.at(-1) as (typeof seen)[number];
    expect(request.url).toBe('/base/mine?year=2026');
    const assertion = String(request.headers['onecert-assertion']);
    const claims = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString()) as object;
    expect(claims).toMatchObject({
      test: true,
      aud: 'tax-certificate',
      kind: 'citizen',
      name: '测试用户（非真实人员）',
      sub: expect.stringMatching(/^[\w-]{43}$/) as string,
    });
    expect(claims).not.toHaveProperty('identifiers');
    // The page shows what it says, and not the assertion itself.
    expect(body).toContain('测试用户');
    expect(body).not.toContain(assertion);
    expect(opened.entries().findLast(({ event }) => event === 'trial')).toMatchObject({
      department: 'tax',
      service: 'tax-certificate',
      method: 'GET',
      kind: 'citizen',
    });
  });

  it('sends a body, and shows the beginning of a long answer', async () => {
    await attempt(department(backEnd), { method: 'POST', body: '{"a":1}', target: '/tax-certificate' });
    expect(seen.at(-1)).toMatchObject({ body: '{"a":1}' });
    expect(seen.at(-1)?.request.headers['content-type']).toBe('application/json');
    const { body } = await attempt(department(backEnd), { target: '/tax-certificate/long' });
    expect(body).toContain('Only its beginning is shown');
    expect(body.length).toBeLessThan(60_000);
  });

  it.each([
    ['a back end that says nothing', {}, { target: '/tax-certificate/slow' }, 'ONECERT_UPSTREAM_TIMEOUT'],
    ['a path that is another service’s', {}, { target: '/elsewhere' }, 'ONECERT_SERVICE_NOT_FOUND'],
    ['a path with two readings', {}, { target: '/tax-certificate/../up' }, 'ONECERT_PATH_AMBIGUOUS'],
    ['a method that is not open', {}, { method: 'DELETE' }, 'ONECERT_METHOD_NOT_ENROLLED'],
    ['a subject it is not for', {}, { kind: 'enterprise' }, 'ONECERT_SUBJECT_KIND_NOT_ACCEPTED'],
    ['nobody there', { url: 'http://127.0.0.1:9' }, {}, 'ONECERT_UPSTREAM_UNREACHABLE'],
  ])('says %s', async (_what, { url = backEnd }: { url?: string }, fields, code) => {
    const { status, body } = await attempt(department(url), fields);
    expect(status).toBe(200);
    expect(body).toContain(`<code>${code}</code>`);
  });

  it('never is the metadata address of a cloud, nor a draft that is wrong', async () => {
    const { body } = await officer.page(`${TRY}?draft=${await draft(department('http://100.100.100.200/'))}`);
    expect(body).toContain('own credentials');
    expect(body).not.toContain(`action="${TRY}"`);
  });

  it('is nobody’s but the department’s officers’ and the operators’; nothing is sent that is not recorded', async () => {
    const id = await draft(department(backEnd));
    const other = await opened.signIn('educationOfficer');
    const refused = await other.ask(`${TRY}?draft=${id}`, {
      headers: { accept: 'application/problem+json' },
    });
    expect(refused.status).toBe(404);
    const elsewhere = await other.ask(`/console/services/of/education/try?draft=${id}`, {
      headers: { accept: 'application/problem+json' },
    });
    expect(JSON.parse(elsewhere.body)).toMatchObject({ code: 'ONECERT_CHANGE_UNKNOWN' });
    const calls = seen.length;
    const page = await officer.page(`${TRY}?draft=${id}`);
    expect(page.status).toBe(200);
    opened.audit.broken = true;
    try {
      const { status, body } = await officer.ask(TRY, {
        method: 'POST',
        body: new URLSearchParams({
          token: opened.tokenOf(officer),
          draft: id,
          service: 'tax-certificate',
          method: 'GET',
          kind: 'citizen',
        }),
      });
      expect(status).toBe(503);
      expect(body).toContain('ONECERT_AUDIT_UNAVAILABLE');
    } finally {
      opened.audit.broken = false;
    }
    expect(seen.length).toBe(calls);
  });
});

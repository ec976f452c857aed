import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'ws';
import { createAssertionIssuer, type AssertionIssuer } from '../../src/assertion/index.ts';
import { DEPARTMENT_PORTS, startDepartments, type Departments } from '../../src/demo/departments.ts';
import { freePort } from '../free-port.ts';

const ISSUER = 'https://localhost:8443';

let gateway: Server;
let issuer: AssertionIssuer;
let departments: Departments;
let ports: Map<string, number>;
const lines: string[] = [];

beforeAll(async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  issuer = createAssertionIssuer({ issuer: ISSUER, privateKey, keyId: 'k1' });
  gateway = createServer((_request, response) => response.end(JSON.stringify(issuer.jwks())));
  gateway.listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  ports = new Map();
  for (const { department } of DEPARTMENT_PORTS) ports.set(department, await freePort());
  departments = await startDepartments(ports, {
    gatewayUrl: ISSUER,
    jwksUrl: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/.well-known/jwks.json`,
    log: (department, line) => lines.push(`${department} ${line}`),
  });
});

afterAll(async () => {
  await departments.close();
  gateway.close();
  gateway.closeAllConnections();
});

const DER = randomBytes(300);
const THUMBPRINT = createHash('sha256').update(DER).digest('base64url');

const assertion = (aud: string): Record<string, string> => ({
  'OneCert-Assertion': issuer.issue({
    aud,
    sub: 'pairwise-1',
    verdict: 'v1',
    name: '李<伟>',
    thumbprint: THUMBPRINT,
  }),
});
const urlOf = (department: string, path: string): string =>
  `http://127.0.0.1:${ports.get(department)}${path}`;

describe('the back ends of the departments', () => {
  it.each([
    ['tax', '/joint-tax', 'joint-tax-registration'],
    ['tax', '/business-registration', 'business-registration'],
    ['education', '/school-enrolment', 'school-enrolment'],
    ['education', '/', 'residence-permit'],
    ['housing', '/rental-housing', 'rental-housing'],
    ['housing', '/social-insurance', 'social-insurance'],
  ])('%s greets at %s whom the gateway asserts for %s, and nobody else', async (department, path, aud) => {
    const url = urlOf(department, path);
    const greeted = await fetch(url, { headers: assertion(aud) });
    expect(greeted.status).toBe(200);
    expect(await greeted.json()).toMatchObject({ caller: { sub: 'pairwise-1', aud, name: '李<伟>' } });
    expect((await fetch(url)).status).toBe(401);
    const other = await fetch(url, { headers: assertion('another-service') });
    expect(other.status).toBe(401);
    expect(await other.json()).toMatchObject({ code: 'ASSERTION_AUDIENCE' });
  });

  it('greets a browser with a page in which nothing it was told becomes markup', async () => {
    const headers = { ...assertion('rental-housing'), Accept: 'text/html' };
    const page = await (await fetch(urlOf('housing', '/rental-housing'), { headers })).text();
    expect(page).toContain('房屋租赁');
    expect(page).toContain('李&#60;伟&#62;');
    expect(page).not.toContain('<伟>');
  });

  it('takes a file as a stream', async () => {
    const part = randomBytes(1024 * 1024);
    const body = new ReadableStream({
      start(controller) {
        for (let sent = 0; sent < 8; sent++) controller.enqueue(part);
        controller.close();
      },
    });
    const answer = await fetch(urlOf('education', '/school-enrolment/materials'), {
      method: 'POST',
      body,
      duplex: 'half',
      headers: assertion('school-enrolment'),
    });
    const hash = createHash('sha256');
    for (let sent = 0; sent < 8; sent++) hash.update(part);
    expect(await answer.json()).toEqual({ bytes: 8 * part.length, sha256: hash.digest('hex') });
  });

  it('compares the certificate in Client-Cert with the one that the assertion is bound to', async () => {
    const ask = async (der: Buffer): Promise<number> => {
      const headers = { ...assertion('business-registration'), 'Client-Cert': `:${der.toString('base64')}:` };
      return (await fetch(urlOf('tax', '/business-registration/certificate'), { headers })).status;
    };
    expect(await ask(DER)).toBe(200);
    expect(await ask(randomBytes(300))).toBe(403);
  });

  it('echoes on a WebSocket with an assertion, and refuses one without', async () => {
    const url = urlOf('housing', '/rental-housing/consultation').replace('http', 'ws');
    const socket = new WebSocket(url, { headers: assertion('rental-housing') });
    const [greeting] = (await once(socket, 'message')) as [Buffer];
    expect(greeting.toString()).toBe('您好 pairwise-1');
    socket.send('hello');
    const [echo] = (await once(socket, 'message')) as [Buffer];
    expect(echo.toString()).toBe('hello');
    socket.close();
    const [error] = (await once(new WebSocket(url), 'error')) as [Error];
    expect(error.message).toContain('401');
  });

  it('are started again when one dies', async () => {
    const before = lines.filter((line) => line.startsWith('tax listening')).length;
    process.kill(departments.processes().get('tax') as number, 'SIGKILL');
    for (;;) {
      if (lines.filter((line) => line.startsWith('tax listening')).length > before) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(
      (await fetch(urlOf('tax', '/joint-tax'), { headers: assertion('joint-tax-registration') })).status,
    ).toBe(200);
  });

  it('say which port is taken', async () => {
    const starting = startDepartments(ports, { gatewayUrl: ISSUER, jwksUrl: ISSUER, log: () => undefined });
    await expect(starting).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import { parseCertificate } from '../../src/certificate/parse.ts';
import { decodePem } from '../../src/certificate/pem.ts';
import { createTestAuthority, haveOpenssl, type KeyPair, type TestAuthority } from './proxy/authority.ts';
import { startBackend, type TestBackend } from './proxy/backend.ts';
import { connectTls, sendRaw, until } from './proxy/client.ts';
import { startTestGateway, type TestGateway } from './proxy/gateway.ts';

const inTests = haveOpenssl ? describe : describe.skip;

inTests('WebSockets through the data plane', () => {
  let authority: TestAuthority;
  let backend: TestBackend;
  let sockets: WebSocketServer;
  let gateway: TestGateway;
  let upgrades: IncomingMessage[];

  const open = (path: string, as: KeyPair | undefined, options: object = {}): WebSocket =>
    new WebSocket(`wss://127.0.0.1:${gateway.port}${path}`, ['chat'], {
      rejectUnauthorized: false,
      ...as,
      ...options,
    });

  beforeAll(() => {
    authority = createTestAuthority();
  });
  afterAll(() => authority.remove());
  beforeEach(async () => {
    upgrades = [];
    backend = await startBackend();
    sockets = new WebSocketServer({ noServer: true });
    backend.server.on('upgrade', (request, socket, head) => {
      upgrades.push(request);
      if (request.url?.endsWith('/forbidden') === true) {
        socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\nX-Why: because\r\n\r\nforbidden');
        return;
      }
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }));
      });
    });
    gateway = await startTestGateway({
      authority,
      services: [
        { service: 'joint-tax', path: '/joint-tax', backends: [backend.url], subjects: ['citizen'] },
      ],
    });
  });
  afterEach(async () => {
    for (const client of sockets.clients) client.terminate();
    await gateway.close();
    await backend.close();
  });

  it('echo messages, large ones too, with the caller asserted', async () => {
    const client = open('/joint-tax/live?x=1', authority.citizen, {
      headers: { 'onecert-assertion': 'forged', 'x-forwarded-for': '1.2.3.4' },
    });
    await once(client, 'open');
    expect(client.protocol).toBe('chat');
    client.send('hello');
    expect(String((await once(client, 'message'))[0])).toBe('hello');
    const large = Buffer.alloc(20 * 1_048_576, 7);
    client.send(large);
    const [echoed] = (await once(client, 'message')) as [Buffer];
    expect(large.equals(echoed)).toBe(true);
    const [upgrade] = upgrades;
    expect(upgrade?.url).toBe('/joint-tax/live?x=1');
    expect(upgrade?.headers['onecert-assertion']).toMatch(/^ey/);
    expect(upgrade?.headers['x-forwarded-for']).toBe('127.0.0.1');
    expect(upgrade?.headers['sec-websocket-protocol']).toBe('chat');
    expect(gateway.audit.of('call')[0]).toMatchObject({ upgrade: 'websocket', path: '/joint-tax/live' });
    client.close(1000, 'done');
    const [code] = (await once(client, 'close')) as [number];
    expect(code).toBe(1000);
    await until(() => gateway.metrics.counts.get('tunnel-closed joint-tax') === 1);
    expect(gateway.metrics.counts.get('call-finished joint-tax 101')).toBe(1);
  });

  it('are refused like any other call', async () => {
    const refusedWith = async (path: string, as: KeyPair | undefined): Promise<number | undefined> => {
      const client = open(path, as);
      client.on('error', () => {});
      const [, response] = (await once(client, 'unexpected-response')) as [unknown, IncomingMessage];
      response.resume();
      return response.statusCode;
    };
    expect(await refusedWith('/joint-tax', undefined)).toBe(401);
    expect(await refusedWith('/joint-tax', authority.enterprise)).toBe(403);
    expect(await refusedWith('/nowhere', authority.citizen)).toBe(404);
    expect(upgrades).toHaveLength(0);
    expect(await refusedWith('/joint-tax/forbidden', authority.citizen)).toBe(403);
    expect(upgrades).toHaveLength(1);
  });

  it('wait for the audit log before they open', async () => {
    gateway.audit.holding = true;
    const client = open('/joint-tax', authority.citizen);
    let opened = false;
    client.on('open', () => (opened = true));
    await until(() => upgrades.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(opened).toBe(false);
    gateway.audit.release();
    await until(() => opened);
    client.terminate();
  });

  it('are cut when their certificate is revoked, and live on when only the epoch moves', async () => {
    const client = open('/joint-tax', authority.citizen);
    await once(client, 'open');
    gateway.publish();
    client.send('still here');
    expect(String((await once(client, 'message'))[0])).toBe('still here');
    gateway.revoked.add(parseCertificate(decodePem(authority.citizen.cert)[0] as Uint8Array).serialHex);
    gateway.publish();
    const [code] = (await once(client, 'close')) as [number];
    expect(code).toBe(1006);
    await until(() => gateway.audit.of('refusal').length === 1);
    expect(gateway.audit.of('refusal')[0]).toMatchObject({
      code: 'ONECERT_CERTIFICATE_REVOKED',
      reason: 'cut-while-open',
    });
  });

  it('end at the department when the client goes away, and the other way round', async () => {
    const client = open('/joint-tax', authority.citizen);
    await once(client, 'open');
    const [atBackend] = sockets.clients;
    client.terminate();
    await once(atBackend as WebSocket, 'close');
    const other = open('/joint-tax', authority.citizen);
    await once(other, 'open');
    for (const each of sockets.clients) each.terminate();
    await once(other, 'close');
  });

  it('answer 502 where the department is down', async () => {
    await backend.close();
    const client = open('/joint-tax', authority.citizen);
    client.on('error', () => {});
    const [, response] = (await once(client, 'unexpected-response')) as [unknown, IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(502);
  });

  it('are ordinary calls where they ask for another protocol or have a body', async () => {
    const head = 'GET /joint-tax HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\n';
    const h2c = await sendRaw(gateway.port, authority.citizen, `${head}Upgrade: h2c\r\n\r\n`);
    expect(h2c.text).toMatch(/^HTTP\/1\.1 200/);
    const body = await sendRaw(
      gateway.port,
      authority.citizen,
      `${head}Upgrade: websocket\r\nContent-Length: 3\r\n\r\nabc`,
    );
    expect(body.text).toMatch(/^HTTP\/1\.1 200/);
    expect(backend.received.map(({ headers }) => headers.upgrade)).toEqual([undefined, undefined]);
    expect(upgrades).toHaveLength(0);
  });

  describe('with a department of raw sockets', () => {
    let raw: Server;
    let atDepartment: Socket[];
    /** What it got after the head. */
    let received: string;

    beforeEach(async () => {
      atDepartment = [];
      received = '';
      raw = createServer({ allowHalfOpen: true }, (socket) => {
        atDepartment.push(socket);
        socket.on('error', () => {});
        socket.once('data', () => {
          socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
          socket.write(
            'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst',
          );
        });
      }).listen(0, '127.0.0.1');
      await once(raw, 'listening');
      gateway.enrol([
        {
          service: 'joint-tax',
          path: '/joint-tax',
          backends: [`http://127.0.0.1:${(raw.address() as AddressInfo).port}`],
        },
      ]);
    });
    afterEach(() => {
      for (const socket of atDepartment) socket.destroy();
      raw.close();
    });

    const UPGRADE = 'GET /joint-tax HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

    it('keep octets sent right behind the heads, and end each direction by itself', async () => {
      const socket = await connectTls(gateway.port, authority.citizen, { allowHalfOpen: true } as object);
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.write(`${UPGRADE}early`);
      await until(() => text.endsWith('first'));
      await until(() => received === 'early');
      const ended = once(socket, 'end');
      atDepartment[0]?.end('last');
      await ended;
      expect(text.endsWith('firstlast')).toBe(true);
      socket.write('after');
      await until(() => received === 'earlyafter');
      socket.end();
      await once(atDepartment[0] as Socket, 'close');
    });

    it('read no faster than the other end', async () => {
      const socket = await connectTls(gateway.port, authority.citizen);
      socket.on('data', () => {});
      socket.write(UPGRADE);
      await until(() => atDepartment.length === 1);
      socket.pause();
      const block = Buffer.alloc(1_048_576);
      let written = 0;
      const push = (): void => {
        while (written < 100) {
          written += 1;
          if (atDepartment[0]?.write(block) === false) {
            atDepartment[0].once('drain', push);
            return;
          }
        }
      };
      push();
      let last = -1;
      while (last !== written) {
        last = written;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      expect(written).toBeLessThan(24);
      socket.destroy();
    });
  });
});

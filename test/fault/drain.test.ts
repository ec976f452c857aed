import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { startCensus, type Census } from '../integration/census.ts';
import { eventually, openSplitCity, type SplitCity } from '../integration/city.ts';
import { connectTls } from '../integration/proxy/client.ts';
import { startLoad } from './load-client.ts';

const ROUNDS = 4;

describe('the gateway told to end', () => {
  let census: Census;
  let city: SplitCity;
  beforeAll(async () => {
    census = await startCensus();
    city = await openSplitCity({ files: census.files, environment: { ONECERT_LOG_LEVEL: 'warn' } });
    await city.startDepartments();
  });
  afterAll(async () => {
    await city.remove();
    await census.down();
  });

  /** A body that takes its time: one part now, one part in the end. */
  const upload = (name: string) => {
    const outgoing = request({
      ...{ host: '127.0.0.1', port: city.ports.ONECERT_PORT, path: '/census', method: 'POST', agent: false },
      ...{ rejectUnauthorized: false, ...city.pair(name) },
    });
    outgoing.write('first half, ');
    return async (): Promise<unknown> => {
      outgoing.end('second half');
      const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
      let body = '';
      for await (const chunk of incoming.setEncoding('utf8')) body += String(chunk);
      return [incoming.statusCode, (JSON.parse(body) as { body: string }).body];
    };
  };

  const nobodyElseGetsIn = (port: number): Promise<void> =>
    eventually('nobody else gets in', () =>
      connectTls(port, city.pair('li-wei-yuean')).then(
        (opened) => (opened.destroy(), false),
        () => true,
      ),
    );

  it(`SIGTERM under load: every call on its way is answered, exit code 0; ${ROUNDS} times`, async () => {
    const people = ['li-wei-yuean', 'chen-fang-zhujiang', 'pengwan-tech-yuean', 'lianhua-trade-zhujiang'];
    const callers = people.map((name) => city.pair(name));
    for (let round = 1; round <= ROUNDS; round++) {
      await city.start();
      const { ONECERT_PORT: port, ONECERT_ADMIN_PORT: adminPort } = city.ports;
      const before = census.received.length;
      const loads = ['/census/reference', '/census/reference', '/census/slowly'].map((path) =>
        startLoad({ port, callers, path }),
      );
      const refusals = startLoad({ port, callers: [city.pair('revoked-yuean')], path: '/census' });
      const finish = upload('li-wei-zhujiang');
      await eventually('all of it is under way', () =>
        [...loads, refusals].every((load) => load.allowed.length + load.refused.length > 3),
      );
      await eventually('the upload has arrived', () =>
        census.received.slice(before).some(({ method, body }) => method === 'POST' && body !== ''),
      );

      const exited = city.stop('SIGTERM');
      await eventually('draining is said', async () => {
        const answer = await fetch(`http://127.0.0.1:${adminPort}/readyz`);
        return answer.status === 503 && (await answer.text()).includes('draining');
      });
      await nobodyElseGetsIn(port);
      expect(await finish()).toEqual([200, 'first half, second half']);
      expect(await exited).toBe(0);
      await Promise.all([...loads, refusals].map((load) => load.stop()));

      for (const load of [...loads, refusals]) expect(load.failed).toEqual([]);
      const references = new Set(city.audit().map(({ reference }) => reference));
      const [first, second] = loads.map(({ allowed }) => allowed);
      expect([...(first ?? []), ...(second ?? [])].filter((each) => !references.has(each))).toEqual([]);
      expect(city.audit().at(-1)).toMatchObject({ event: 'stop' });
      expect(city.output()).toBe('');
    }
    expect((await city.onecert('audit', 'verify', join(city.data, 'audit'))).code).toBe(0);
  }, 120_000);

  it('an open WebSocket and a call that never ends are given the time of `drain`, and no more', async () => {
    city.edit('config/gateway.yaml', 'drain: 30s', 'drain: 2s');
    await city.start();
    const { ONECERT_PORT: port } = city.ports;
    const pair = city.pair('li-wei-yuean');
    const socket = new WebSocket(`wss://127.0.0.1:${port}/rental-housing/consultation`, {
      ...pair,
      rejectUnauthorized: false,
    });
    await once(socket, 'message');
    const before = census.received.length;
    const silent = await connectTls(port, pair);
    silent.write('GET /census/silent HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await eventually('the call has arrived', () => census.received.length > before);

    const exited = city.stop('SIGTERM');
    await nobodyElseGetsIn(port);
    // Still served.
    const echoed = once(socket, 'message');
    socket.send('still here?');
    expect(String((await echoed)[0])).toBe('still here?');
    const closed = once(socket, 'close');
    expect(await exited).toBe(0);
    await closed;
  });

  it('a second signal ends it at once', async () => {
    city.edit('config/gateway.yaml', 'drain: 2s', 'drain: 30s');
    await city.start();
    const silent = await connectTls(city.ports.ONECERT_PORT, city.pair('li-wei-yuean'));
    const before = census.received.length;
    silent.write('GET /census/silent HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await eventually('the call has arrived', () => census.received.length > before);
    const exited = city.stop('SIGINT');
    await eventually('draining is said', async () => {
      const answer = await fetch(`http://127.0.0.1:${city.ports.ONECERT_ADMIN_PORT}/readyz`);
      return answer.status === 503;
    });
    city.child().kill('SIGINT');
    expect(await exited).toBe(0);
    expect((await city.onecert('audit', 'verify', join(city.data, 'audit'))).code).toBe(0);
  });
});

import { once } from 'node:events';
import type { Agent } from 'node:https';
import { WebSocket } from 'ws';
import { startCensus, type Census } from './census.ts';
import { eventually, openCity, type City } from './city.ts';
import { call, connectTls, keepAliveAgent } from './proxy/client.ts';

/** What an authority of each kind is asked first. The CRL is looked for every 3 s; OCSP answers are kept long here. */
describe.each([
  ['yuean', 'its CRL first'],
  ['zhujiang', 'its OCSP responder first'],
] as const)('a certificate of %s (%s) revoked while it is in use', (authority, _askedFirst) => {
  let census: Census;
  let city: City;
  let port: number;
  const as = `li-wei-${authority}`;
  beforeAll(async () => {
    census = await startCensus();
    city = await openCity({ files: census.files });
    city.edit(`ca-trust/${authority}/authority.yaml`, 'maximumAge: 3s', 'maximumAge: 10m');
    await city.start();
    port = city.ports.ONECERT_PORT;
  });
  afterAll(async () => {
    await city.remove();
    await census.down();
  });

  /** Entries of the CRL in force of the authority that issues people's certificates; roots publish CRLs too. */
  const entries = async (): Promise<number> => {
    const crls = [...(await city.metric('onecert_crl_entries'))];
    return crls.find(([labels]) => labels.includes(`"${authority}"`) && labels.includes('Issuing'))?.[1] ?? 0;
  };
  /** Tells the authority, and waits until the gateway has what it published. */
  const publish = async (what: 'revoke' | 'release', form: Record<string, string> = {}): Promise<void> => {
    const before = await entries();
    await city.authority(authority, what, { person: 'li-wei', ...form });
    await eventually('the gateway has the new CRL', async () => (await entries()) !== before);
  };
  const statusOf = async (agent: Agent): Promise<unknown[]> => {
    const { status, body } = await call(port, '/census', { agent });
    return status === 200 ? [200] : [status, (JSON.parse(body) as { code: string }).code];
  };
  /** One call on a connection of its own, with the session of the one before where there was one. */
  const createVisits = (version: 'TLSv1.2' | 'TLSv1.3') => {
    let session: Buffer | undefined;
    return async (): Promise<{ reused: boolean; status: string }> => {
      const options = { minVersion: version, maxVersion: version, session };
      const socket = await connectTls(port, city.pair(as), options);
      // By TLS 1.2 the session is known with the handshake, by TLS 1.3 it comes after it.
      if (version === 'TLSv1.2') session = socket.getSession();
      else socket.on('session', (fresh) => (session = fresh));
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      const reused = socket.isSessionReused();
      socket.write('GET /census HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
      await once(socket, 'close');
      return { reused, status: /^HTTP\/1\.1 (\d+)/.exec(text)?.[1] + (/ONECERT_\w+/.exec(text)?.[0] ?? '') };
    };
  };
  /** An open WebSocket at the housing bureau: what it says, and when it is cut. */
  const openTunnel = async () => {
    const socket = new WebSocket(`wss://localhost:${port}/rental-housing/consultation`, {
      ...city.pair(as),
      rejectUnauthorized: false,
    });
    const closed = once(socket, 'close');
    const greeted = once(socket, 'message');
    await once(socket, 'open');
    await greeted;
    const echo = async (text: string): Promise<string> => {
      const said = once(socket, 'message');
      socket.send(text);
      return String((await said)[0]);
    };
    return { socket, closed, echo };
  };

  it('on hold: out at the next call of an open connection, of a resumed session, and its WebSocket is cut; then in again', async () => {
    const agent = keepAliveAgent(city.pair(as));
    const visitBy12 = createVisits('TLSv1.2');
    const visitBy13 = createVisits('TLSv1.3');
    expect(await statusOf(agent)).toEqual([200]);
    for (const visit of [visitBy12, visitBy13]) {
      expect(await visit()).toEqual({ reused: false, status: '200' });
      expect(await visit()).toEqual({ reused: true, status: '200' });
    }
    const tunnel = await openTunnel();
    expect(await tunnel.echo('你好')).toBe('你好');
    const connections = (await city.metric('onecert_connections_total')).get('') ?? 0;

    await publish('revoke');
    expect(await statusOf(agent)).toEqual([403, 'ONECERT_CERTIFICATE_ON_HOLD']);
    // The very connection that was let through before.
    expect((await city.metric('onecert_connections_total')).get('')).toBe(connections);
    for (const visit of [visitBy12, visitBy13])
      expect(await visit()).toEqual({ reused: true, status: '403ONECERT_CERTIFICATE_ON_HOLD' });
    await tunnel.closed;
    await eventually('the log says so', () =>
      city.audit().some(({ event, code, path }) => {
        const isTunnel = path === '/rental-housing/consultation';
        return event === 'refusal' && code === 'ONECERT_CERTIFICATE_ON_HOLD' && isTunnel;
      }),
    );
    expect(census.received.length).toBe(5);

    await publish('release');
    expect(await statusOf(agent)).toEqual([200]);
    expect(await visitBy13()).toEqual({ reused: true, status: '200' });
    const again = await openTunnel();
    again.socket.terminate();
    agent.destroy();
  });

  it('revoked for good: out at the next call, and for good', async () => {
    const agent = keepAliveAgent(city.pair(as));
    const visit = createVisits('TLSv1.3');
    expect(await statusOf(agent)).toEqual([200]);
    expect(await visit()).toMatchObject({ status: '200' });
    await publish('revoke', { reason: 'keyCompromise' });
    expect(await statusOf(agent)).toEqual([403, 'ONECERT_CERTIFICATE_REVOKED']);
    expect(await visit()).toEqual({ reused: true, status: '403ONECERT_CERTIFICATE_REVOKED' });
    // The other authority's certificate of the same person is none the worse for it.
    const other = keepAliveAgent(city.pair(`li-wei-${authority === 'yuean' ? 'zhujiang' : 'yuean'}`));
    expect(await statusOf(other)).toEqual([200]);
    await expect(city.authority(authority, 'release', { person: 'li-wei' })).rejects.toThrow('409');
    agent.destroy();
    other.destroy();
  });
});

import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openssl } from './city-command.ts';
import { startCensus, type Census } from './census.ts';
import { eventually, hasTools, openSplitCity, type SplitCity } from './city.ts';
import { call, keepAliveAgent } from './proxy/client.ts';
import { expectRefusal } from './refused-calls.ts';

const withTools = hasTools() ? describe : describe.skip;

withTools('a status that cannot be told', () => {
  let census: Census;
  let city: SplitCity;
  let publisher: Server;
  let responder: Server;
  let responderPort: number;
  /** What the test's own publisher of yuean's CRL serves. */
  let crl: Buffer;
  beforeAll(async () => {
    census = await startCensus();
    publisher = createServer((_request, response) => response.end(crl)).listen(0, '127.0.0.1');
    responder = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const answer = city.demo.authorities.get('zhujiang')?.answerOcsp(Buffer.concat(chunks));
        response.setHeader('Content-Type', 'application/ocsp-response').end(answer);
      });
    }).listen(0, '127.0.0.1');
    await Promise.all([once(publisher, 'listening'), once(responder, 'listening')]);
    city = await openSplitCity({ files: census.files, environment: { ONECERT_LOG_LEVEL: 'info' } });
    // Yuean's CRL comes from the test, short-lived; on zhujiang's people there is its responder alone.
    const { port } = publisher.address() as AddressInfo;
    responderPort = (responder.address() as AddressInfo).port;
    const yuean = 'ca-trust/yuean/authority.yaml';
    city.edit(yuean, 'order: [crl, ocsp]', 'order: [crl]');
    city.edit(yuean, "hosts: ['127.0.0.1:${ONECERT_CITY_PORT:-8450}']", 'hosts: []');
    city.edit(
      yuean,
      'http://127.0.0.1:${ONECERT_CITY_PORT:-8450}/yuean/issuing.crl',
      `http://127.0.0.1:${port}/`,
    );
    const zhujiang = 'ca-trust/zhujiang/authority.yaml';
    city.edit(zhujiang, "hosts: ['127.0.0.1:${ONECERT_CITY_PORT:-8450}']", 'hosts: []');
    city.edit(zhujiang, '/zhujiang/issuing.crl', '/zhujiang/root.crl');
    city.edit(zhujiang, 'urls:', `files: [${city.data}/city/authorities/zhujiang/root.crl]`);
    city.edit(zhujiang, '      - http://127.0.0.1:${ONECERT_CITY_PORT:-8450}/zhujiang/root.crl\n', '');
    city.edit(zhujiang, '      - http://127.0.0.1:${ONECERT_CITY_PORT:-8450}/zhujiang/root.crl\n', '');
    city.edit(zhujiang, 'ocsp:', `ocsp:\n    urls: ['http://127.0.0.1:${responderPort}/']`);
    await issueCrl(3600);
    await city.start();
  });
  afterAll(async () => {
    await city.remove();
    await census.down();
    for (const server of [publisher, responder]) {
      server.close();
      server.closeAllConnections();
    }
  });

  /** A CRL by `openssl ca`, signed with yuean's own key and stale in so many seconds. */
  let number = 0x1000;
  const issueCrl = async (seconds: number): Promise<void> => {
    const at = (name: string): string => join(city.data, 'city/authorities/yuean', name);
    const file = (name: string): string => join(city.folder, name);
    writeFileSync(file('index.txt'), '');
    writeFileSync(file('crlnumber'), `${(number++).toString(16)}\n`);
    writeFileSync(
      file('ca.cnf'),
      [
        `[ca]\ndefault_ca = yuean\n[yuean]\ndatabase = ${file('index.txt')}\ncrlnumber = ${file('crlnumber')}`,
        `private_key = ${at('issuing.key')}\ncertificate = ${at('issuing.crt')}\ndefault_md = sha256`,
        'crl_extensions = extensions\n[extensions]\nauthorityKeyIdentifier = keyid',
      ].join('\n'),
    );
    await openssl(
      'ca',
      '-gencrl',
      '-config',
      file('ca.cnf'),
      '-crlsec',
      String(seconds),
      '-out',
      file('ca.crl'),
    );
    await openssl('crl', '-in', file('ca.crl'), '-outform', 'DER', '-out', file('ca.crl.der'));
    crl = readFileSync(file('ca.crl.der'));
  };
  const warned = (about: RegExp): Record<string, unknown> | undefined =>
    city.log().find(({ level, msg }) => (level === 40 || level === 'warn') && about.test(String(msg)));

  it('its CRL gone stale: refused on an open connection, measured, said in the log; good again with a new CRL', async () => {
    const agent = keepAliveAgent(city.pair('li-wei-yuean'));
    const nextUpdate = async (): Promise<number> => {
      const crls = [...(await city.metric('onecert_crl_next_update_seconds'))];
      return crls.find(([labels]) => labels.includes('"yuean"') && labels.includes('Issuing'))?.[1] ?? NaN;
    };
    await issueCrl(8);
    await eventually('the short-lived CRL is in force', async () => (await nextUpdate()) < 10);
    expect((await call(city.ports.ONECERT_PORT, '/census', { agent })).status).toBe(200);
    await eventually('the CRL is stale', async () => (await nextUpdate()) < 0);
    const answer = await call(city.ports.ONECERT_PORT, '/census', { agent });
    expect([answer.status, answer.json().code]).toEqual([403, 'ONECERT_REVOCATION_UNKNOWN']);
    await expectRefusal(city, census, 'ONECERT_REVOCATION_UNKNOWN', '/census', { as: 'li-wei-yuean' });
    const refusals = await city.metric('onecert_refusals_total');
    expect(refusals.get('{code="ONECERT_REVOCATION_UNKNOWN"}')).toBeGreaterThan(0);
    await eventually('the log says so', () => warned(/past its time and not used any more/) !== undefined);
    expect(warned(/past its time/)).toMatchObject({
      authority: 'yuean',
      issuer: expect.stringContaining('Issuing') as string,
      nextUpdate: expect.any(String) as string,
    });
    // Another authority is none the worse for it.
    expect((await city.curl('/census', { as: 'li-wei-zhujiang' })).status).toBe(200);

    await issueCrl(3600);
    await eventually('the new CRL is in force', async () => (await nextUpdate()) > 0);
    expect((await call(city.ports.ONECERT_PORT, '/census', { agent })).status).toBe(200);
    agent.destroy();
  });

  it('its responder down: refused, measured, said in the log; good again when it is back', async () => {
    const agent = keepAliveAgent(city.pair('chen-fang-zhujiang'));
    const status = async (): Promise<unknown[]> => {
      const answer = await call(city.ports.ONECERT_PORT, '/census', { agent });
      return answer.status === 200 ? [200] : [answer.status, answer.json().code];
    };
    expect(await status()).toEqual([200]);
    responder.close();
    responder.closeAllConnections();
    // "Good" is believed for 3 s by zhujiang's policy, on open connections too.
    await eventually('the answer has run out', async () => (await status())[0] !== 200);
    expect(await status()).toEqual([403, 'ONECERT_REVOCATION_UNKNOWN']);
    await expectRefusal(city, census, 'ONECERT_REVOCATION_UNKNOWN', '/census', { as: 'li-wei-zhujiang' });
    for (const person of ['li-wei', 'chen-fang', 'pengwan-tech', 'lianhua-trade'])
      await city.curl('/census', { as: `${person}-zhujiang` });
    await eventually('the responder is left alone', async () => {
      const up = [...(await city.metric('onecert_ocsp_responder_up'))];
      return up.some(([labels, value]) => labels.includes(`:${responderPort}/`) && value === 0);
    });
    expect(warned(/OCSP responder does not work/)).toMatchObject({
      responder: `http://127.0.0.1:${responderPort}/`,
      reason: expect.any(String) as string,
    });
    // Ready all the same: certificates of the other authorities are as good as before.
    expect((await fetch(`http://127.0.0.1:${city.ports.ONECERT_ADMIN_PORT}/readyz`)).status).toBe(200);
    expect((await city.curl('/census', { as: 'li-wei-yuean' })).status).toBe(200);

    responder.listen(responderPort, '127.0.0.1');
    await eventually('the responder is asked again', async () => (await status())[0] === 200, 30_000);
    agent.destroy();
  });
});

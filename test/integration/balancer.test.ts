import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { userInfo } from 'node:os';
import { freePort } from '../free-port.ts';
import { haveTools } from '../tools.ts';
import { openCity, type City } from './city.ts';
import { deployed, startWith, type Front } from './front-processes.ts';
import { call } from './proxy/client.ts';

const MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';
const required = process.env.ONECERT_REQUIRE_SERVICES === '1';
const withStreams =
  haveTools('curl', 'openssl', 'nginx') && (required || existsSync(MODULE)) ? describe : describe.skip;

withStreams('the L4 balancer of docker-compose.yml, by nginx', () => {
  let city: City;
  let balancer: Front;
  /** Of a gateway that is not there. */
  let away: number;
  beforeAll(async () => {
    city = await openCity();
    await city.start();
    away = await freePort();
    const [mutualTls, browser] = [await freePort(), await freePort()];
    const file = join(city.folder, 'balancer.conf');
    const here = deployed('nginx/balancer.conf', {
      'gateway-1:8443': `127.0.0.1:${away}`,
      'gateway-2:8443': `127.0.0.1:${city.ports.ONECERT_PORT}`,
      'gateway-1:8440': `127.0.0.1:${away}`,
      'gateway-2:8440': `127.0.0.1:${city.ports.ONECERT_BROWSER_PORT}`,
      'listen 8443': `listen 127.0.0.1:${mutualTls}`,
      'listen 8440': `listen 127.0.0.1:${browser}`,
    });
    const user = userInfo().uid === 0 ? 'user root;' : '';
    writeFileSync(file, `load_module ${MODULE}; daemon off; ${user} pid ${file}.pid;\n${here}`);
    balancer = await startWith('nginx', ['-e', 'stderr', '-c', file], mutualTls);
  }, 120_000);
  afterAll(async () => {
    await balancer?.stop();
    await city?.remove();
  });

  it('lets TLS through: the gateway judges the certificate of the person', async () => {
    const { status, body } = await call(balancer.port, '/residence-permit', {
      as: city.pair('li-wei-zhujiang'),
    });
    expect([status, body]).toEqual([200, expect.stringContaining('李伟')]);
    const refused = await call(balancer.port, '/residence-permit', {});
    expect(refused.json()).toMatchObject({ code: 'ONECERT_CERTIFICATE_REQUIRED' });
  });

  it('gives no call to a gateway that takes none', async () => {
    let tried = 0;
    const calls = Array.from({ length: 20 }, () =>
      call(balancer.port, '/residence-permit', { as: city.pair('li-wei-zhujiang') }),
    );
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(Array<number>(20).fill(200));
    // It is there again after `fail_timeout`, and gets connections.
    const back = createServer((socket) => {
      tried += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => back.listen(away, '127.0.0.1', resolve));
    try {
      const deadline = Date.now() + 30_000;
      while (tried === 0 && Date.now() < deadline)
        await call(balancer.port, '/residence-permit', {}).catch(() => undefined);
      expect(tried).toBeGreaterThan(0);
    } finally {
      back.close();
    }
  });
});

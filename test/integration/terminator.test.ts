import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { encodePem, decodePem } from '../../src/certificate/pem.ts';
import { readCurl, run, type CurlAnswer } from './city-command.ts';
import { openCity, type City } from './city.ts';
import { freePort } from '../free-port.ts';
import { deployed, startHaproxy, startNginx, type Front } from './front-processes.ts';
import { describeWith } from '../tools.ts';

/** A department that answers with the fields it has been sent. */
const enrolmentOf = (port: number): string => `department: recorder
name: { zh: 记录, en: Recorder }
services:
  - service: recorder
    name: { zh: 记录, en: Recorder }
    path: /recorder
    subjects: [citizen]
    backends: ['http://127.0.0.1:${port}']
`;

const HEADER = 'X-Client-Certificate';

/** The whole gateway behind real terminators, configured as deploy/ has it. */
describeWith(
  'curl',
  'nginx',
  'haproxy',
)('a terminator in front of the gateway', () => {
  let recorder: Server;
  let city: City;
  let own: Record<'certificate' | 'key' | 'both' | 'gatewayCa', string>;

  beforeAll(async () => {
    recorder = createServer(({ headers }, response) => response.end(JSON.stringify(headers)));
    recorder.listen(0, '127.0.0.1');
    await once(recorder, 'listening');
    const { port } = recorder.address() as AddressInfo;
    city = await openCity({ files: { 'config/departments/recorder.yaml': enrolmentOf(port) } });
    await city.start();
    const folder = join(city.data, 'city/terminator');
    own = {
      certificate: join(folder, 'terminator.crt'),
      key: join(folder, 'terminator.key'),
      both: join(folder, 'terminator.pem'),
      gatewayCa: join(city.data, 'city/tls/ca.crt'),
    };
  });
  afterAll(async () => {
    recorder?.close();
    await city?.remove();
  });

  interface Asking {
    readonly as?: string | undefined;
    readonly args?: readonly string[];
  }
  const curl = async (url: string, { as, args = [] }: Asking = {}): Promise<CurlAnswer> => {
    const pair = as === undefined ? undefined : city.person(as);
    const shown = pair === undefined ? [] : ['--cert', pair.certificate, '--key', pair.key];
    const fixed = ['-sS', '-i', '--max-time', '30', '--cacert', own.gatewayCa];
    return readCurl(await run('curl', [...fixed, ...shown, ...args, url]));
  };
  const asTerminator = (): string[] => ['--cert', own.certificate, '--key', own.key];
  /** As nginx writes $ssl_client_escaped_cert. */
  const escaped = (person: string): string => {
    const [leaf] = decodePem(readFileSync(city.person(person).certificate, 'latin1'));
    return encodeURIComponent(encodePem('CERTIFICATE', leaf as Uint8Array));
  };
  const terminatorUrl = (): string => `https://localhost:${city.ports.ONECERT_TERMINATOR_PORT}`;
  const lastEntry = (event: string): Record<string, unknown> | undefined =>
    city.audit().findLast((entry) => entry['event'] === event);
  const removed = async (name: string): Promise<number> =>
    (await city.metric('onecert_headers_removed_total')).get(`{name="${name}"}`) ?? 0;
  const site = (): Record<string, string> => ({
    '/etc/nginx/tls/site.crt': join(city.data, 'city/tls/server.crt'),
    '/etc/nginx/tls/site.key': join(city.data, 'city/tls/server.key'),
  });

  /** What holds of every terminator. */
  const holdsBehind = (front: () => Front): void => {
    const url = (path: string): string => `https://localhost:${front().port}${path}`;

    it('a citizen is let through, with the identity that mutual TLS gives', async () => {
      const direct = await city.curl('/residence-permit', { as: 'li-wei-zhujiang' });
      expect(direct.status).toBe(200);
      const before = lastEntry('call');
      const answer = await curl(url('/residence-permit'), { as: 'li-wei-yuean' });
      expect(answer.status).toBe(200);
      const { sub } = answer.json()['caller'] as { sub: string };
      expect(sub).toBe((direct.json()['caller'] as { sub: string }).sub);
      const entry = lastEntry('call');
      expect(entry).not.toEqual(before);
      expect(entry).toMatchObject({ unifiedId: before?.['unifiedId'], authority: 'yuean' });
    });
    it('one whose certificate is revoked is refused, and told why', async () => {
      const answer = await curl(url('/residence-permit'), {
        as: 'revoked-zhujiang',
        args: ['-H', 'Accept: text/html'],
      });
      expect(answer.status).toBe(403);
      expect(answer.body).toContain('ONECERT_CERTIFICATE_REVOKED');
    });
    it('who shows none is nobody, whatever fields are sent along', async () => {
      const forged = [
        ...['-H', `${HEADER}: ${escaped('li-wei-yuean')}`, '-H', `x_client_certificate: a`],
        ...['-H', 'X-SSL-Client-DER: MIIB', '-H', 'X_SSL_Client_DER: MIIB', '-H', 'Client-Cert: :MIIB:'],
      ];
      for (const args of [[], forged]) {
        const answer = await curl(url('/residence-permit'), { args });
        expect(answer.status).toBe(401);
        expect(answer.json()['code']).toBe('ONECERT_CERTIFICATE_REQUIRED');
      }
      const other = await curl(url('/residence-permit'), { as: 'chen-fang-zhujiang', args: forged });
      const honest = await city.curl('/residence-permit', { as: 'chen-fang-zhujiang' });
      expect(other.status).toBe(honest.status);
      expect(other.json()['caller']).toMatchObject({
        sub: (honest.json()['caller'] as { sub: string }).sub,
      });
    });
    it('several people over the same connections are each themselves', async () => {
      const of = async (as: string): Promise<unknown> =>
        ((await curl(url('/residence-permit'), { as })).json()['caller'] as { sub: string }).sub;
      const [li, chen, again] = [
        await of('li-wei-yuean'),
        await of('chen-fang-zhujiang'),
        await of('li-wei-yuean'),
      ];
      expect(li).toBe(again);
      expect(li).not.toBe(chen);
    });
    it('the client’s address is the audit entry’s, not one that it made up', async () => {
      await curl(url('/residence-permit'), {
        as: 'li-wei-yuean',
        args: ['--interface', '127.0.0.7', '-H', 'X-Forwarded-For: 203.0.113.9'],
      });
      expect(lastEntry('call')).toMatchObject({ from: '127.0.0.7' });
    });
    it('the department gets nothing of what the terminator hands on, nor of its look-alikes', async () => {
      const before = await city.metric('onecert_headers_removed_total');
      const answer = await curl(url('/recorder/x'), { as: 'li-wei-yuean' });
      expect(answer.status).toBe(200);
      const names = Object.keys(answer.json());
      expect(names).toEqual(expect.arrayContaining(['onecert-assertion', 'x-forwarded-for', 'user-agent']));
      expect(names.filter((name) => /client|ssl|real-ip|original/.test(name))).toEqual([]);
      // What terminators set is no forgery.
      expect(await city.metric('onecert_headers_removed_total')).toEqual(before);
      const alike = ['-H', 'X.Client.Certificate: a', '-H', 'X-SSL-Client-Der2: a'];
      const tried = await curl(url('/recorder/x'), { as: 'li-wei-yuean', args: alike });
      expect(Object.keys(tried.json()).sort()).toEqual(names.sort());
    });
    it('clients do not ask what proxies ask', async () => {
      for (const path of ['/auth/verify', '/auth/verify/residence-permit']) {
        const answer = await curl(url(path), {
          as: 'li-wei-yuean',
          args: ['-H', 'X-Original-URI: /residence-permit', '-H', 'X-Original-Method: GET'],
        });
        expect(answer.status).toBe(404);
        expect(answer.headers['onecert-assertion']).toBeUndefined();
      }
    });
  };

  describe('nginx', () => {
    let nginx: Front;
    beforeAll(async () => {
      const port = await freePort();
      const conf = deployed('nginx/terminator.conf', {
        ...site(),
        'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
        '127.0.0.1:8441': `127.0.0.1:${city.ports.ONECERT_TERMINATOR_PORT}`,
        '/etc/nginx/onecert/terminator.crt': own.certificate,
        '/etc/nginx/onecert/terminator.key': own.key,
        '/etc/nginx/onecert/gateway-ca.crt': own.gatewayCa,
      });
      nginx = await startNginx(join(city.folder, 'nginx'), port, conf);
    });
    afterAll(() => nginx?.stop());
    holdsBehind(() => nginx);
  });

  describe('the listener for terminators', () => {
    it('takes no connection without a certificate of its authority, not even a citizen’s', async () => {
      for (const as of [undefined, 'li-wei-yuean']) {
        const answer = await curl(`${terminatorUrl()}/residence-permit`, {
          as,
          args: ['-H', `${HEADER}: ${escaped('li-wei-yuean')}`],
        });
        expect(answer.status).toBe(0);
        expect(answer.exit).not.toBe(0);
      }
    });
    it('signs in a citizen whose SM2 certificate a TLCP terminator hands on', async () => {
      const answer = await curl(`${terminatorUrl()}/residence-permit`, {
        args: [
          ...asTerminator(),
          ...['-H', `${HEADER}: ${escaped('li-wei-pengcheng')}`, '-H', 'X-Forwarded-For: 198.51.100.7'],
        ],
      });
      expect(answer.status).toBe(200);
      const direct = await city.curl('/residence-permit', { as: 'li-wei-yuean' });
      expect(answer.json()['caller']).toMatchObject({
        sub: (direct.json()['caller'] as { sub: string }).sub,
      });
      const signIn = city
        .audit()
        .findLast(({ event, authority }) => event === 'sign-in' && authority === 'pengcheng');
      expect(signIn).toMatchObject({ proof: 'terminator', from: '198.51.100.7' });
    });
    it('refuses what no terminator writes', async () => {
      const twice = await curl(`${terminatorUrl()}/residence-permit`, {
        args: [
          ...asTerminator(),
          ...[
            '-H',
            `${HEADER}: ${escaped('li-wei-yuean')}`,
            '-H',
            `${HEADER}: ${escaped('chen-fang-zhujiang')}`,
          ],
        ],
      });
      expect(twice.status).toBe(400);
      expect(twice.json()['code']).toBe('ONECERT_TERMINATOR_HEADER_MALFORMED');
    });
  });

  it('on the other listeners such fields are dropped and counted', async () => {
    const forged = ['-H', `${HEADER}: ${escaped('li-wei-yuean')}`, '-H', `x.client.certificate: a`];
    const before = await removed('x-client-certificate');
    const mutualTls = await city.curl('/residence-permit', { args: forged });
    expect(mutualTls.status).toBe(401);
    const browser = await curl(`https://localhost:${city.ports.ONECERT_BROWSER_PORT}/residence-permit`, {
      args: forged,
    });
    expect(browser.status).toBe(401);
    expect(await removed('x-client-certificate')).toBe(before + 4);
  });

  describe('HAProxy', () => {
    let haproxy: Front;
    beforeAll(async () => {
      await city.stop();
      city.edit(
        'config/gateway.yaml',
        '{ kind: nginx, header: X-Client-Certificate }',
        '{ kind: haproxy, header: X-SSL-Client-DER, chainHeader: X-SSL-Client-Chain-DER }',
      );
      await city.start();
      const port = await freePort();
      const both = join(city.folder, 'site.pem');
      await run('sh', [
        '-c',
        `cat ${site()['/etc/nginx/tls/site.crt']} ${site()['/etc/nginx/tls/site.key']} > ${both}`,
      ]);
      const cfg = deployed('haproxy/terminator.cfg', {
        'bind :443': `bind 127.0.0.1:${port}`,
        '/etc/haproxy/tls/site.pem': both,
        // Any authority will do here: what browsers offer by it is not what curl shows.
        '/etc/haproxy/tls/authorities.pem': own.gatewayCa,
        '127.0.0.1:8441': `127.0.0.1:${city.ports.ONECERT_TERMINATOR_PORT}`,
        '/etc/haproxy/onecert/terminator.pem': own.both,
        '/etc/haproxy/onecert/gateway-ca.crt': own.gatewayCa,
      });
      haproxy = await startHaproxy(join(city.folder, 'haproxy'), port, cfg);
    });
    afterAll(() => haproxy?.stop());
    holdsBehind(() => haproxy);

    it('a field that is not Base64 of certificates is refused', async () => {
      const answer = await curl(`${terminatorUrl()}/residence-permit`, {
        args: [...asTerminator(), '-H', 'X-SSL-Client-DER: not base64'],
      });
      expect(answer.json()['code']).toBe('ONECERT_TERMINATOR_HEADER_MALFORMED');
    });
  });

  it('nothing of it was a defect', async () => {
    expect(city.log().filter(({ level }) => level === 'error')).toEqual([]);
  });
});

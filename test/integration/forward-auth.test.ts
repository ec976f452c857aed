import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { requireAssertion, type AssertionClaims } from '../../src/assertion/index.ts';
import { readCurl, run, type CurlAnswer } from './city-command.ts';
import { eventually, openCity, type City } from './city.ts';
import { freePort } from '../free-port.ts';
import { deployed, startNginx, type Front } from './front-processes.ts';
import { describeWith } from '../tools.ts';

const PAGE = ['-H', 'Accept: text/html'];

/** The whole gateway, asked by a real nginx that is configured as deploy/ has it. */
describeWith('curl', 'nginx')('a proxy asks whether a call may go on', () => {
  let city: City;
  let department: Server;
  let nginx: Front;
  let own: Record<'certificate' | 'key' | 'gatewayCa', string>;

  beforeAll(async () => {
    city = await openCity();
    const port = await freePort();
    // What people open is nginx; the gateway's own listener for browsers is behind it, and not asked here.
    city.edit(
      'config/gateway.yaml',
      'url: https://localhost:${ONECERT_BROWSER_PORT:-8440}',
      `url: https://localhost:${port}`,
    );
    await city.start();
    const folder = join(city.data, 'city/terminator');
    own = {
      certificate: join(folder, 'terminator.crt'),
      key: join(folder, 'terminator.key'),
      gatewayCa: join(city.data, 'city/tls/ca.crt'),
    };
    department = await startDepartment();
    nginx = await startNginx(join(city.folder, 'nginx'), port, configuration(port));
  });
  afterAll(async () => {
    await nginx?.stop();
    department?.close();
    await city?.remove();
  });

  /** A department's back end that lets through what the gateway asserts, and answers with what it was sent. */
  const startDepartment = async (): Promise<Server> => {
    const check = requireAssertion({
      issuer: city.url,
      audience: 'school-enrolment',
      jwksUrl: `http://127.0.0.1:${city.ports.ONECERT_ADMIN_PORT}/.well-known/jwks.json`,
    });
    const server = createServer((request: Parameters<typeof check>[0], response) =>
      check(request, response, () => {
        const { method, url, headers, onecert: claims } = request;
        response.end(JSON.stringify({ method, url, headers, claims }));
      }),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  const configuration = (port: number, more: Readonly<Record<string, string>> = {}): string =>
    deployed('nginx/auth-request.conf', {
      'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
      '/etc/nginx/tls/site.crt': join(city.data, 'city/tls/server.crt'),
      '/etc/nginx/tls/site.key': join(city.data, 'city/tls/server.key'),
      '127.0.0.1:8441': `127.0.0.1:${city.ports.ONECERT_TERMINATOR_PORT}`,
      '127.0.0.1:8462': `127.0.0.1:${(department.address() as AddressInfo).port}`,
      '/etc/nginx/onecert/terminator.crt': own.certificate,
      '/etc/nginx/onecert/terminator.key': own.key,
      '/etc/nginx/onecert/gateway-ca.crt': own.gatewayCa,
      ...more,
    });

  const curl = async (url: string, args: readonly string[] = []): Promise<CurlAnswer> =>
    readCurl(await run('curl', ['-sS', '-i', '--max-time', '30', '--cacert', own.gatewayCa, ...args, url]));
  const shows = (person: string): string[] => {
    const { certificate, key } = city.person(person);
    return ['--cert', certificate, '--key', key];
  };
  const at = (path: string, front: Front = nginx): string => `https://localhost:${front.port}${path}`;
  interface Arrived {
    readonly method: string;
    readonly url: string;
    readonly headers: Record<string, string>;
    readonly claims: AssertionClaims;
  }
  const arrived = (answer: CurlAnswer): Arrived => {
    expect(answer.status).toBe(200);
    return JSON.parse(answer.body) as Arrived;
  };
  const lastEntry = (event: string): Record<string, unknown> | undefined =>
    city.audit().findLast((entry) => entry['event'] === event);
  const codeOf = ({ body }: CurlAnswer): string | undefined => /ONECERT_[A-Z_]+/.exec(body)?.[0];

  /** A browser with cookies of its own. */
  const browser = (name: string): ((url: string, ...args: string[]) => Promise<CurlAnswer>) => {
    mkdirSync(join(city.folder, 'cookies'), { recursive: true });
    const jar = join(city.folder, 'cookies', name);
    return (url, ...args) => curl(url, ['-b', jar, '-c', jar, ...PAGE, ...args]);
  };
  /** From the service to sign-in by certificate and back, as a person would click. */
  const signIn = async (name: string, person: string): Promise<ReturnType<typeof browser>> => {
    const ask = browser(name);
    const led = await ask(at('/school-enrolment/?year=2027'));
    expect(led.status).toBe(303);
    const page = await ask(led.headers['location'] ?? '');
    const way = new RegExp(`href="(${city.url}/signin/certificate\\?request=[^"]+)"`).exec(page.body)?.[1];
    const back = await ask(way ?? 'no link', '-L', ...shows(person));
    expect(arrived(back).url).toBe('/school-enrolment/?year=2027');
    return ask;
  };

  it('a browser that nobody has signed in with is led to sign-in and back to where it wanted to go', async () => {
    const answer = await curl(at('/school-enrolment/?year=2027'), PAGE);
    expect(answer.status).toBe(303);
    const target = encodeURIComponent('/school-enrolment/?year=2027');
    expect(answer.headers['location']).toBe(at(`/signin?return=${target}`));
    expect(lastEntry('refusal')).toMatchObject({
      code: 'ONECERT_CERTIFICATE_REQUIRED',
      path: '/school-enrolment/',
      carrier: 'forward-auth',
      from: '127.0.0.1',
    });
  });
  it('a program gets 401 with the code', async () => {
    const answer = await curl(at('/school-enrolment/'));
    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.json()).toMatchObject({ code: 'ONECERT_CERTIFICATE_REQUIRED', status: 401 });
    expect(answer.json()['reference']).toBe(lastEntry('refusal')?.['reference']);
  });
  it('whoever has signed in gets through, and the department knows who it is from the assertion', async () => {
    const ask = await signIn('li-wei', 'li-wei-yuean');
    const { claims, headers } = arrived(await ask(at('/school-enrolment/')));
    const direct = await city.curl('/school-enrolment/', { as: 'li-wei-zhujiang' });
    expect(claims).toMatchObject({
      aud: 'school-enrolment',
      sub: (direct.json()['caller'] as AssertionClaims).sub,
      name: expect.any(String) as string,
    });
    expect(
      city.audit().findLast(({ carrier, event }) => event === 'call' && carrier !== undefined),
    ).toMatchObject({
      reference: headers['onecert-reference'],
      service: 'school-enrolment',
      department: 'education',
      method: 'GET',
      path: '/school-enrolment/',
    });
  });
  it('the cookie of the session stays with the gateway; others arrive', async () => {
    const ask = await signIn('cookies', 'chen-fang-zhujiang');
    const jar = readFileSync(join(city.folder, 'cookies/cookies'), 'utf8');
    expect(jar).toContain('__Host-onecert');
    const { headers } = arrived(await ask(at('/school-enrolment/')));
    expect(JSON.stringify(headers)).not.toContain('__Host-onecert');
    const session = /__Host-onecert\t([\w-]+)/.exec(jar)?.[1];
    const mixed = await curl(at('/school-enrolment/'), ['-H', `Cookie: a=1; __Host-onecert=${session}; b=2`]);
    expect(arrived(mixed).headers['cookie']).toBe('a=1; b=2');
  });
  it('an assertion that the client writes is replaced, or nobody’s', async () => {
    const ask = await signIn('forger', 'chen-fang-zhujiang');
    const honest = arrived(await ask(at('/school-enrolment/')));
    const stolen = honest.headers['onecert-assertion'];
    const forged = ['-H', `OneCert-Assertion: ${stolen}`, '-H', `OneCert_Assertion: ${stolen}`];
    expect((await curl(at('/school-enrolment/'), forged)).status).toBe(401);
    const other = await signIn('other', 'li-wei-yuean');
    const { claims, headers } = arrived(await other(at('/school-enrolment/'), ...forged));
    expect(headers['onecert-assertion']).not.toBe(stolen);
    expect(claims.sub).not.toBe(honest.claims.sub);
  });
  it('what is asked about is what nginx was asked for, whatever the client says of it', async () => {
    const ask = await signIn('liar', 'li-wei-yuean');
    const lies = [
      'X-Original-URI: /residence-permit',
      'X-Original-Method: GET',
      'X-Forwarded-Uri: /residence-permit',
    ]
      .concat(['X-Forwarded-Method: GET', 'X-Client-Certificate: a', 'X-Forwarded-For: 203.0.113.9'])
      .flatMap((field) => ['-H', field]);
    expect(arrived(await ask(at('/school-enrolment/'), ...lies)).claims.aud).toBe('school-enrolment');
    expect(lastEntry('call')).toMatchObject({ path: '/school-enrolment/', from: '127.0.0.1' });
    const deleting = await ask(at('/school-enrolment/'), '-X', 'DELETE', ...lies);
    expect([deleting.status, codeOf(deleting)]).toEqual([403, 'ONECERT_METHOD_NOT_ENROLLED']);
  });
  it('a path with two readings is nobody’s', async () => {
    const ask = await signIn('paths', 'li-wei-yuean');
    for (const path of ['/x/../school-enrolment/', '/school-enrolment/%2e%2e%2fx', '/school-enrolment//x']) {
      const answer = await ask(at(path), '--path-as-is');
      expect([path, answer.status, codeOf(answer)]).toEqual([path, 400, 'ONECERT_PATH_AMBIGUOUS']);
    }
  });
  it('a call that another site makes in the browser is refused', async () => {
    const ask = await signIn('csrf', 'li-wei-yuean');
    const post = (...fields: string[]): Promise<CurlAnswer> =>
      ask(at('/school-enrolment/applications'), '--data', '{}', ...fields.flatMap((field) => ['-H', field]));
    for (const field of [
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Site: same-site',
      'Origin: https://evil.example',
    ]) {
      const answer = await post(field);
      expect([field, answer.status, codeOf(answer)]).toEqual([field, 403, 'ONECERT_CROSS_SITE']);
    }
    expect(arrived(await post('Sec-Fetch-Site: same-origin')).method).toBe('POST');
    expect(arrived(await post(`Origin: ${at('')}`)).method).toBe('POST');
    const socket = ['-H', 'Sec-WebSocket-Key: x', '-H', 'Origin: https://evil.example'];
    expect((await ask(at('/school-enrolment/'), ...socket)).status).toBe(403);
  });
  it('once the certificate is revoked the session is good for nothing: a page says why', async () => {
    const ask = await signIn('revoked', 'chen-fang-yuean');
    expect((await ask(at('/school-enrolment/'))).status).toBe(200);
    await city.authority('yuean', 'revoke', { person: 'chen-fang', reason: 'keyCompromise' });
    let answer = await ask(at('/school-enrolment/'));
    await eventually('the revocation is known', async () => {
      answer = await ask(at('/school-enrolment/'));
      return answer.status !== 200;
    });
    expect([answer.status, codeOf(answer)]).toEqual([403, 'ONECERT_CERTIFICATE_REVOKED']);
    expect(answer.headers['content-type']).toMatch(/^text\/html/);
    expect(answer.body).toContain(lastEntry('refusal')?.['reference']);
    expect(lastEntry('refusal')).toMatchObject({
      code: 'ONECERT_CERTIFICATE_REVOKED',
      carrier: 'forward-auth',
    });
    await eventually(
      'it is ended, and who comes again has to sign in',
      async () => (await ask(at('/school-enrolment/'))).status === 303,
    );
  });
  it('the gateway’s own pages are behind nginx too; what proxies ask is not for its clients', async () => {
    expect((await curl(at('/'), PAGE)).body).toContain('一证通');
    for (const path of ['/auth/verify', '/auth/verify/school-enrolment/', '/auth/refusal', '/onecert-verify'])
      expect([path, (await curl(at(path))).status]).toEqual([path, 404]);
  });
  it('nobody is answered over the other listeners', async () => {
    const { ONECERT_BROWSER_PORT: port } = city.ports;
    const fields = ['-H', 'X-Original-URI: /school-enrolment/', '-H', 'X-Original-Method: GET'];
    for (const path of [
      '/auth/verify',
      '/auth/verify/school-enrolment/',
      '/auth/refusal?code=ONECERT_INTERNAL&reference=a',
    ]) {
      const direct = await city.curl(path, { as: 'li-wei-yuean', args: fields });
      expect([path, direct.status, direct.headers['onecert-assertion']]).toEqual([path, 404, undefined]);
      expect((await curl(`https://localhost:${port}${path}`, fields)).status).toBe(404);
    }
  });

  describe('by the certificate of the connection', () => {
    let front: Front;
    beforeAll(async () => {
      const port = await freePort();
      const asking = { '# ssl_verify_client optional_no_ca;': 'ssl_verify_client optional_no_ca;' };
      front = await startNginx(join(city.folder, 'nginx-2'), port, configuration(port, asking));
    });
    afterAll(() => front?.stop());

    it('its holder gets through, with one sign-in in the audit log', async () => {
      const signIns = (): number =>
        city.audit().filter(({ event, proof }) => event === 'sign-in' && proof === 'terminator').length;
      const before = signIns();
      for (let count = 0; count < 3; count++) {
        const answer = await curl(at('/school-enrolment/', front), shows('li-wei-zhujiang'));
        expect(arrived(answer).headers['x-client-certificate']).toBeUndefined();
      }
      expect(signIns()).toBe(before + 1);
    });
    it('it comes before the session of somebody else', async () => {
      const ask = await signIn('both', 'chen-fang-zhujiang');
      const chen = arrived(await ask(at('/school-enrolment/', front))).claims.sub;
      const li = arrived(await ask(at('/school-enrolment/', front), ...shows('li-wei-zhujiang'))).claims.sub;
      expect(li).not.toBe(chen);
      const refused = await ask(at('/school-enrolment/', front), ...shows('revoked-zhujiang'));
      expect([refused.status, codeOf(refused)]).toEqual([403, 'ONECERT_CERTIFICATE_REVOKED']);
    });
  });

  /** Neither runs here: these are the questions they ask, by their documentation. */
  describe('as Traefik, Caddy and Envoy ask', () => {
    const question = (path: string, fields: readonly string[], ...args: string[]): Promise<CurlAnswer> =>
      curl(`https://localhost:${city.ports.ONECERT_TERMINATOR_PORT}${path}`, [
        ...['--cert', own.certificate, '--key', own.key],
        ...fields.flatMap((field) => ['-H', field]),
        ...args,
      ]);
    const forwarded = (uri: string, method = 'GET'): string[] => [
      `X-Forwarded-Method: ${method}`,
      `X-Forwarded-Uri: ${uri}`,
      `X-Forwarded-Host: localhost:${nginx.port}`,
    ];
    const sessionOf = async (name: string): Promise<string> => {
      await signIn(name, 'li-wei-yuean');
      const jar = readFileSync(join(city.folder, 'cookies', name), 'utf8');
      return `Cookie: __Host-onecert=${/__Host-onecert\t([\w-]+)/.exec(jar)?.[1]}`;
    };

    it('a browser is led to sign-in by the answer itself, a program is told', async () => {
      for (const [path, fields] of [
        ['/auth/verify', forwarded('/school-enrolment/?a=b')],
        ['/auth/verify/school-enrolment/?a=b', []],
      ] as const) {
        const led = await question(path, [...fields, 'Accept: text/html']);
        expect(led.status).toBe(303);
        expect(led.headers['location']).toBe(
          at(`/signin?return=${encodeURIComponent('/school-enrolment/?a=b')}`),
        );
        expect((await question(path, fields)).status).toBe(401);
      }
    });
    it('whoever has signed in gets an assertion for the service asked about', async () => {
      const session = await sessionOf('traefik');
      for (const answer of [
        await question('/auth/verify', [...forwarded('/school-enrolment/'), session]),
        await question('/auth/verify/school-enrolment/', [session]),
        await question('/auth/verify/school-enrolment/applications', [session], '-X', 'POST'),
      ]) {
        expect(answer.status).toBe(200);
        const [, claims = ''] = (answer.headers['onecert-assertion'] ?? '').split('.');
        expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
          aud: 'school-enrolment',
        });
        expect(answer.headers['cookie']).toBe('');
      }
      const elsewhere = await question('/auth/verify/nowhere', [session]);
      expect([elsewhere.status, codeOf(elsewhere)]).toEqual([404, 'ONECERT_SERVICE_NOT_FOUND']);
    });
    it('what is said in two ways, twice, by half or not at all is refused', async () => {
      const session = await sessionOf('twice');
      const original = ['X-Original-Method: GET', 'X-Original-URI: /school-enrolment/'];
      for (const [path, fields] of [
        ['/auth/verify', [...original, ...forwarded('/residence-permit/')]],
        ['/auth/verify/school-enrolment/', original],
        ['/auth/verify/school-enrolment/', forwarded('/school-enrolment/')],
        ['/auth/verify', [...original, 'X-Original-URI: /residence-permit/']],
        ['/auth/verify', ['X-Original-URI: /school-enrolment/']],
        ['/auth/verify', ['X-Original-Method: get', 'X-Original-URI: /school-enrolment/']],
        [
          '/auth/verify',
          ['X-Original-Method: GET', 'X-Original-URI: https://city.example/school-enrolment/'],
        ],
        ['/auth/verify', []],
      ] as const) {
        const answer = await question(path, [...fields, session]);
        expect([path, fields, answer.status, codeOf(answer)]).toEqual([
          path,
          fields,
          403,
          'ONECERT_FORWARD_AUTH_MALFORMED',
        ]);
        expect(answer.headers['onecert-assertion']).toBeUndefined();
      }
    });
  });

  it('nothing of it was a defect', () => {
    expect(city.log().filter(({ level }) => level === 'error')).toEqual([]);
  });
});

import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Browser, type BrowserAnswer } from '../browser.ts';
import { startCensus } from '../census.ts';
import { readCurl, run, type CurlAnswer } from '../city-command.ts';
import { openSplitCity, type SplitCity } from '../city.ts';
import { formOf } from '../portal/visitor.ts';
import { grantRoles } from './grant-roles.ts';
import { issueCertificate, readPassports } from './issue-certificate.ts';

/** Two operators of the city, by certificate. */
export const OPERATORS = ['zhou-min-zhujiang', 'wu-qiang-zhujiang'] as const;

const REDIRECT = 'https://rental.example.gov.cn/callback';
const SECRET = randomBytes(32).toString('base64url');

export interface ConflictCity {
  readonly city: SplitCity;
  /** Logout tokens that the OpenID client was sent. */
  readonly logouts: string[];
  /** A certificate of the authority 珠江 for a name, with a citizen ID number and a passport where they are given. */
  issue(
    as: string,
    name: string,
    numbers: { readonly id?: string; readonly passport?: string },
  ): Promise<string>;
  /** A browser that is signed in, with where it came to. */
  signIn(as: string, page?: string): Promise<{ readonly browser: Browser; readonly answer: BrowserAnswer }>;
  /** A call with a certificate; the code where it is refused, else the unified id that the department is told. */
  call(as: string): Promise<string>;
  /** The same by a session. */
  callBy(browser: Browser): Promise<string>;
  /** What a proxy is answered that asks about a call with this certificate. */
  forwardAuth(as: string): Promise<string>;
  /** Where the OpenID Provider leads a browser that asks for a code. */
  authorize(browser: Browser): Promise<BrowserAnswer>;
  remove(): Promise<void>;
}

/** A gateway by itself, whose authority 珠江 also writes passports, with an OpenID client. */
export const openConflictCity = async (): Promise<ConflictCity> => {
  const census = await startCensus();
  const logouts: string[] = [];
  const client = createServer((request, response) => {
    void text(request).then((body) => {
      logouts.push(new URLSearchParams(body).get('logout_token') ?? '');
      response.writeHead(204).end();
    });
  }).listen(0, '127.0.0.1');
  await once(client, 'listening');
  const city = await openSplitCity({ files: census.files, environment: { ONECERT_THREADS: '1' } });
  readPassports(city);
  city.edit(
    'config/departments/housing.yaml',
    '    claims: [kind] #',
    `    oidc:
      redirectUris: ['${REDIRECT}']
      backchannelLogoutUri: 'http://127.0.0.1:${(client.address() as AddressInfo).port}/logout'
      clientAuthentication: { method: client_secret_basic, secretHash: ${createHash('sha256').update(SECRET).digest('base64url')} }
    claims: [kind] #`,
  );
  grantRoles(city, Object.fromEntries(OPERATORS.map((person) => [person, { role: 'operator' }])));
  await city.start();
  const codeOrIdentity = (status: number, body: string): string => {
    const read = JSON.parse(body) as { code?: string; claims?: { unified_id?: string } };
    return String(status === 200 ? read.claims?.unified_id : read.code);
  };
  return {
    city,
    logouts,
    issue: (...wanted) => issueCertificate(city, ...wanted),
    signIn: async (as, page = '/me') => {
      const browser = new Browser(city);
      return { browser, answer: await browser.signIn(await browser.follow(page), as) };
    },
    call: async (as) => {
      const { status, body } = await city.curl('/census', { as });
      return codeOrIdentity(status, body);
    },
    callBy: async (browser) => {
      const { status, body, location } = await browser.open('/census');
      if (location !== undefined) return `led to ${new URL(location, browser.origin).pathname}`;
      return status === 200
        ? codeOrIdentity(status, body)
        : (/ONECERT_[A-Z_]+/.exec(body)?.[0] ?? String(status));
    },
    forwardAuth: async (as) => {
      const folder = join(city.data, 'city/terminator');
      const leaf = encodeURIComponent(
        /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/.exec(
          readFileSync(city.person(as).certificate, 'latin1'),
        )?.[0] ?? '',
      );
      const answer: CurlAnswer = readCurl(
        await run('curl', [
          ...['-sS', '-i', '--max-time', '30', '--cacert', join(city.data, 'city/tls/ca.crt')],
          ...['--cert', join(folder, 'terminator.crt'), '--key', join(folder, 'terminator.key')],
          ...['-H', 'X-Original-Method: GET', '-H', 'X-Original-URI: /census'],
          ...['-H', `X-Client-Certificate: ${leaf}`],
          `https://localhost:${city.ports.ONECERT_TERMINATOR_PORT}/auth/verify`,
        ]),
      );
      return answer.status === 200 ? 'allowed' : String(answer.headers['onecert-code']);
    },
    authorize: (browser) => {
      const challenge = createHash('sha256').update(SECRET).digest('base64url');
      const query = new URLSearchParams({
        ...{ client_id: 'rental-housing', response_type: 'code', scope: 'openid', redirect_uri: REDIRECT },
        ...{ code_challenge: challenge, code_challenge_method: 'S256', state: 'state', nonce: 'nonce' },
      });
      return browser.follow(`/oidc/authorize?${query.toString()}`);
    },
    remove: async () => {
      client.close();
      await city.remove();
      await census.down();
    },
  };
};

/** Somebody at the console of a running city. */
export class ConsoleUser {
  readonly #browser: Browser;

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  page(path: string): Promise<BrowserAnswer> {
    return this.#browser.open(path);
  }

  /** Fills in the form of a page with this action, and sends it. */
  async submit(
    page: string,
    action: string,
    fields: Readonly<Record<string, string>> = {},
  ): Promise<BrowserAnswer> {
    const { body, status } = await this.#browser.open(page);
    const form = formOf(body, action);
    if (form.size === 0)
      throw new Error(`no form for ${action} on ${page} (${status}): ${body.slice(0, 3000)}`);
    return this.send(action, form, fields);
  }

  send(
    action: string,
    form: URLSearchParams,
    fields: Readonly<Record<string, string | undefined>> = {},
  ): Promise<BrowserAnswer> {
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) form.delete(name);
      else form.set(name, value);
    }
    return this.#browser.open(action, { form });
  }
}

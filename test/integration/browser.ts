import { readFileSync } from 'node:fs';
import { request as ask } from 'node:https';
import { text } from 'node:stream/consumers';
import type { City } from './city.ts';

export interface BrowserAnswer {
  readonly url: URL;
  readonly status: number;
  readonly location: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

/** A browser in front of a running city: cookies by path, TLS with or without a certificate, nothing followed by itself. */
export class Browser {
  readonly #city: City;
  #cookies: Cookie[] = [];
  /** Where it connects to, in place of a URL's port: one gateway of those that stand behind one URL. */
  connectTo: ((port: number) => number) | undefined;

  constructor(city: City) {
    this.#city = city;
  }

  get origin(): string {
    return `https://localhost:${this.#city.ports.ONECERT_BROWSER_PORT}`;
  }

  /** @param as `<person>-<authority>`, whose certificate is shown in the handshake */
  async open(
    target: string | URL,
    options: { readonly as?: string; readonly form?: URLSearchParams; readonly json?: object } = {},
  ): Promise<BrowserAnswer> {
    const url = new URL(target, this.origin);
    const { as, form, json } = options;
    const body = json === undefined ? form?.toString() : JSON.stringify(json);
    const cookie = this.cookieFor(url.pathname);
    const answer = await new Promise<BrowserAnswer>((resolve, reject) => {
      const outgoing = ask(
        url,
        {
          method: body === undefined ? 'GET' : 'POST',
          agent: false,
          ...(this.connectTo !== undefined && { port: this.connectTo(Number(url.port)) }),
          ca: readFileSync(`${this.#city.data}/city/tls/ca.crt`),
          ...(as !== undefined && this.#city.pair(as)),
          headers: {
            host: url.host,
            accept: json === undefined ? 'text/html' : 'application/json',
            'accept-language': 'en',
            ...(cookie !== '' && { cookie }),
            ...(body !== undefined && {
              'content-type': json === undefined ? 'application/x-www-form-urlencoded' : 'application/json',
              origin: url.origin,
              'sec-fetch-site': 'same-origin',
            }),
          },
        },
        (response) => {
          const { statusCode: status = 0, headers } = response;
          text(response).then(
            (read) => resolve({ url, status, headers, location: headers.location, body: read }),
            reject,
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
    for (const field of [answer.headers['set-cookie'] ?? []].flat()) this.#keep(field, url);
    return answer;
  }

  /** Follows redirects within the city; the first answer that is none, or leads elsewhere. */
  async follow(target: string | URL, options: { readonly as?: string } = {}): Promise<BrowserAnswer> {
    let answer = await this.open(target, options);
    for (let step = 0; step < 10 && answer.location !== undefined; step += 1) {
      const next = new URL(answer.location, answer.url);
      if (next.hostname !== 'localhost' || next.origin !== this.origin) return answer;
      answer = await this.open(next);
    }
    return answer;
  }

  /** From the sign-in page, by the certificate that is shown; to where the page said. */
  async signIn(page: BrowserAnswer, as: string): Promise<BrowserAnswer> {
    const link = /href="(https:\/\/localhost:\d+\/signin\/certificate\?request=[^"]+)"/.exec(page.body)?.[1];
    if (link === undefined) throw new Error(`no sign-in page: ${page.status} ${page.url.href}`);
    const { location } = await this.open(link.replaceAll('&amp;', '&'), { as });
    if (location === undefined) throw new Error('the certificate did not sign in');
    const answer = await this.follow(location);
    const onward = /http-equiv="refresh" content="0; url=([^"]+)"/.exec(answer.body)?.[1];
    return onward === undefined ? answer : this.follow(onward);
  }

  /** Another browser with the same cookies. */
  copy(): Browser {
    const copy = new Browser(this.#city);
    copy.#cookies = [...this.#cookies];
    return copy;
  }

  /** The Cookie field that it sends with a request for this path. */
  cookieFor(pathname: string): string {
    return this.#cookies
      .filter(({ path }) => pathname === path || pathname.startsWith(path.replace(/\/?$/, '/')))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  cookies(): readonly string[] {
    return this.#cookies.map(({ name }) => name);
  }

  #keep(field: string, url: URL): void {
    const [pair = '', ...attributes] = field.split(/; ?/);
    const at = pair.indexOf('=');
    const name = pair.slice(0, at);
    const attribute = (wanted: string): string | undefined =>
      attributes
        .map((each) => each.split('='))
        .find(([key = '']) => key.toLowerCase() === wanted)
        ?.slice(1)
        .join('=');
    const path = attribute('path') ?? url.pathname.slice(0, url.pathname.lastIndexOf('/') || 1);
    this.#cookies = this.#cookies.filter((cookie) => cookie.name !== name || cookie.path !== path);
    const gone = attribute('max-age') === '0' || Date.parse(attribute('expires') ?? '9999') < Date.now();
    if (!gone) this.#cookies.push({ name, value: pair.slice(at + 1), path });
  }
}

/** Fields of the first form on a page, and where it goes. */
export const readForm = (page: BrowserAnswer): { action: string; fields: URLSearchParams } => {
  const forms = [...page.body.matchAll(/<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)];
  const [, action = '', inside = ''] = forms.at(-1) ?? [];
  return {
    action: action.replaceAll('&amp;', '&'),
    fields: new URLSearchParams(
      [...inside.matchAll(/name="([^"]*)" value="([^"]*)"/g)].map(
        ([, name = '', value = '']): [string, string] => [name, value],
      ),
    ),
  };
};

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import { writeSignedData } from '../../../examples/key-agent/cms-writer.ts';
import { readSoftKey } from '../../../examples/key-agent/soft-key.ts';
import { decodePem } from '../../../src/certificate/pem.ts';
import type { DemoCertificate } from '../../../src/demo/index.ts';
import {
  PORTAL_CONTEXT_HEADER,
  writePortalContext,
  type ListenerKind,
} from '../../../src/signin/portal-context.ts';
import { BROWSER } from './opened-portal.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface AskOptions {
  readonly method?: string;
  readonly listener?: ListenerKind;
  /** Shown in the TLS handshake. */
  readonly certificate?: DemoCertificate;
  readonly headers?: OutgoingHttpHeaders;
  /** Sent as JSON, or as a form where it is URLSearchParams. */
  readonly body?: unknown;
  readonly from?: string;
}

/** Paths. */
type KeyAndCertificate = Pick<DemoCertificate, 'certificate' | 'key'>;

/** A browser with its cookies, as the data plane forwards it. Browser and certificate listeners are of two hosts. */
export class Visitor {
  readonly socket: string;
  readonly cookies = new Map<string, string>();

  constructor(socket: string) {
    this.socket = socket;
  }

  async ask(path: string, options: AskOptions = {}): Promise<Answer> {
    const { method = 'GET', listener = 'browser', certificate, body, from = '203.0.113.9' } = options;
    const context = {
      listener,
      from,
      reference: randomBytes(6).toString('hex'),
      ...(certificate !== undefined && {
        credential: {
          chain: [Buffer.from(leafOf(certificate)).toString('base64')],
          proof: listener === 'terminator' ? ('terminator' as const) : ('mutual-tls' as const),
          provenAt: Date.now(),
        },
      }),
    };
    const sent =
      body === undefined
        ? undefined
        : body instanceof URLSearchParams
          ? body.toString()
          : JSON.stringify(body);
    const headers: OutgoingHttpHeaders = {
      accept: 'text/html',
      'accept-language': 'zh-CN',
      'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      [PORTAL_CONTEXT_HEADER]: writePortalContext(context),
      ...(listener !== 'mutual-tls' && {
        cookie: [...this.cookies].map((pair) => pair.join('=')).join('; '),
      }),
      ...(sent !== undefined && {
        'content-type':
          body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json',
        'content-length': Buffer.byteLength(sent),
      }),
      ...(method === 'POST' && { origin: BROWSER, 'sec-fetch-site': 'same-origin' }),
      ...options.headers,
    };
    for (const name of Object.keys(headers)) if (headers[name] === undefined) delete headers[name];
    const answer = await new Promise<Answer>((resolve, reject) => {
      const outgoing = request({ socketPath: this.socket, path, method, headers }, (response) => {
        text(response).then(
          (read) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: read }),
          reject,
        );
      });
      outgoing.on('error', reject);
      outgoing.end(sent);
    });
    if (listener !== 'mutual-tls') this.#keep(answer.headers['set-cookie'] ?? []);
    return answer;
  }

  #keep(fields: readonly string[]): void {
    for (const field of fields) {
      const [pair = '', ...attributes] = field.split('; ');
      const name = pair.slice(0, pair.indexOf('='));
      if (attributes.includes('Max-Age=0')) this.cookies.delete(name);
      else this.cookies.set(name, pair.slice(name.length + 1));
    }
  }

  post(path: string, body: unknown, headers: OutgoingHttpHeaders = {}): Promise<Answer> {
    return this.ask(path, { method: 'POST', body, headers: { accept: 'application/json', ...headers } });
  }

  async challenge(target = '/'): Promise<{ readonly challenge: string; readonly text: string }> {
    const { status, body } = await this.post('/signin/challenge', { return: target });
    if (status !== 201) throw new Error(`no challenge: ${status} ${body}`);
    return JSON.parse(body) as { challenge: string; text: string };
  }

  /** The way of key agents. */
  async signBy(person: DemoCertificate, target = '/'): Promise<Answer> {
    const { challenge, text: shown } = await this.challenge(target);
    return this.post('/signin/response', { challenge, return: target, ...signedBy(person, shown) });
  }

  /** The way of browsers' certificates, up to the code. */
  async showCertificate(certificate?: DemoCertificate, target = '/me'): Promise<Answer> {
    const { body } = await this.ask(`/signin?return=${encodeURIComponent(target)}`);
    const path = /href="https:\/\/certificate\.example\.gov\.cn(\/signin\/certificate\?request=[^"]+)"/.exec(
      body,
    )?.[1];
    if (path === undefined) throw new Error('no link to the certificate listener');
    return this.ask(path, { listener: 'mutual-tls', ...(certificate && { certificate }) });
  }

  async signInBy(certificate: DemoCertificate, target = '/me'): Promise<Answer> {
    const { headers } = await this.showCertificate(certificate, target);
    return this.ask((headers.location ?? '').slice(BROWSER.length));
  }
}

export const signedBy = (person: KeyAndCertificate, shown: string): object => ({
  form: 'cms',
  signedData: writeSignedData({
    key: readSoftKey(readFileSync(person.key, 'utf8')),
    certificates: [leafOf(person)],
    content: Buffer.from(shown),
  }).toString('base64'),
});

const leafOf = ({ certificate }: Pick<DemoCertificate, 'certificate'>): Uint8Array =>
  decodePem(readFileSync(certificate, 'latin1'))[0] as Uint8Array;

/** Hidden fields of the form with this action. */
export const formOf = (page: string, action: string, index = 0): URLSearchParams => {
  const forms = [...page.matchAll(/<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)].filter(
    ([, to]) => to === action,
  );
  const inside = forms[index]?.[2] ?? '';
  return new URLSearchParams(
    [...inside.matchAll(/<input[^>]*name="([^"]*)"[^>]*value="([^"]*)"/g)].map(
      ([, name = '', value = '']): [string, string] => [name, value],
    ),
  );
};

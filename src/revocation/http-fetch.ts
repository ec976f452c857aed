import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { BlockList, type LookupFunction } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import { isAllowed, type AllowedHosts } from './allowed-hosts.ts';

export type FetchProblem =
  /** Not http(s), or a host the policy does not allow: nothing was sent. */
  | 'host-not-allowed'
  /** The host's name leads to this machine itself, to a link-local or to a multicast address. */
  | 'address-not-allowed'
  | 'redirect'
  | 'status'
  /** Content-Encoding: decompression is where small bodies become large ones. */
  | 'encoded'
  | 'too-large'
  | 'timeout'
  | 'network';

/** Why nothing usable came of a request. The message is for operators and names the URL. */
export class FetchError extends Error {
  override readonly name = 'FetchError';
  readonly problem: FetchProblem;

  constructor(problem: FetchProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}

/** What a body that was fetched before is known by (RFC 9110 section 8.8). */
export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

export interface FetchRequest {
  readonly url: string;
  readonly allowed: AllowedHosts;
  /** ms for everything, from name resolution to the last byte. */
  readonly totalMs: number;
  /** ms without a byte. */
  readonly idleMs: number;
  /** Bytes of the body. */
  readonly sizeLimit: number;
  readonly accept?: string;
  /** Sent by POST. */
  readonly body?: { readonly type: string; readonly bytes: Uint8Array };
  /** Ask for the body only if it is no longer the one these belong to. */
  readonly validators?: Validators | undefined;
}

export type FetchResult =
  { readonly status: 'not-modified' } | ({ readonly status: 'fetched'; readonly size: number } & Validators);

export interface HttpFetch {
  /**
   * Hands the body to `take` piece by piece. Follows no redirect, decodes no encoding, waits for no longer and takes
   * no more than it was told.
   *
   * @throws FetchError; what `take` throws ends the request and is passed on
   */
  (request: FetchRequest, take: (piece: Uint8Array) => void | Promise<void>): Promise<FetchResult>;
}

export interface HttpFetcher {
  readonly fetch: HttpFetch;
  close(): Promise<void>;
}

/** Asks what certificates and operators name, and nothing else (design: SSRF). */
export const createHttpFetcher = ({
  lookup = dnsLookup,
}: { lookup?: typeof dnsLookup } = {}): HttpFetcher => {
  const agent = new Agent({
    allowH2: false,
    pipelining: 1,
    connections: 32,
    keepAliveTimeout: 4_000,
    keepAliveMaxTimeout: 30_000,
    maxHeaderSize: 16_384,
    // Both limits are kept here, to the millisecond and across the phases of a request.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 10_000, lookup: publicLookup(lookup) },
  });
  return {
    fetch: (request, take) => fetchOver(agent, request, take),
    close: () => agent.destroy(),
  };
};

const fetchOver = async (
  agent: Agent,
  request: FetchRequest,
  take: (piece: Uint8Array) => void | Promise<void>,
): Promise<FetchResult> => {
  const { url, totalMs, idleMs } = request;
  if (!isAllowed(url, request.allowed)) {
    throw new FetchError(
      'host-not-allowed',
      `${withoutQuery(url)}: not a host the policy of the authority allows`,
    );
  }
  const controller = new AbortController();
  const giveUp = (what: string): void =>
    controller.abort(new FetchError('timeout', `${withoutQuery(url)}: ${what}`));
  const total = setTimeout(() => giveUp(`not finished within ${totalMs} ms`), totalMs);
  const idle = setTimeout(() => giveUp(`no byte for ${idleMs} ms`), idleMs);
  try {
    const response = await agent.request(toDispatch(request, controller.signal));
    idle.refresh();
    return await receive(response, request, (piece) => {
      idle.refresh();
      return take(piece);
    });
  } catch (error) {
    throw toFetchError(error, url, controller.signal);
  } finally {
    clearTimeout(total);
    clearTimeout(idle);
    // Whatever is still open of this request is not wanted any more; after a whole body this does nothing.
    controller.abort();
  }
};

const toDispatch = (
  { url, accept, body, validators }: FetchRequest,
  signal: AbortSignal,
): Dispatcher.RequestOptions => {
  const { origin, pathname, search } = new URL(url);
  const headers: Record<string, string> = {
    accept: accept ?? '*/*',
    'accept-encoding': 'identity',
    'user-agent': 'OneCert',
  };
  if (body !== undefined) headers['content-type'] = body.type;
  if (validators?.etag !== undefined) headers['if-none-match'] = validators.etag;
  if (validators?.lastModified !== undefined) headers['if-modified-since'] = validators.lastModified;
  return {
    origin,
    path: `${pathname}${search}`,
    method: body === undefined ? 'GET' : 'POST',
    headers,
    body: body === undefined ? null : Buffer.from(body.bytes),
    signal,
  };
};

const receive = async (
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { url, sizeLimit, validators }: FetchRequest,
  take: (piece: Uint8Array) => void | Promise<void>,
): Promise<FetchResult> => {
  // A body that is not read is destroyed by the abort at the end, and then says so.
  body.on('error', () => undefined);
  const place = withoutQuery(url);
  const conditional = validators?.etag !== undefined || validators?.lastModified !== undefined;
  if (statusCode === 304 && conditional) return { status: 'not-modified' };
  if (statusCode >= 300 && statusCode < 400) {
    throw new FetchError(
      'redirect',
      `${place}: answered with a redirect (${statusCode}), which is not followed`,
    );
  }
  if (statusCode !== 200) throw new FetchError('status', `${place}: answered with status ${statusCode}`);
  const encoding = single(headers['content-encoding'])?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && encoding !== '') {
    throw new FetchError(
      'encoded',
      `${place}: answered with content-encoding ${encoding}, which was not asked for`,
    );
  }
  const tooLarge = (): FetchError =>
    new FetchError('too-large', `${place}: the body is larger than ${sizeLimit} bytes`);
  if (Number(single(headers['content-length']) ?? 0) > sizeLimit) throw tooLarge();
  let size = 0;
  for await (const piece of body as AsyncIterable<Uint8Array>) {
    size += piece.length;
    if (size > sizeLimit) throw tooLarge();
    await take(piece);
  }
  return {
    status: 'fetched',
    size,
    etag: single(headers['etag']),
    lastModified: single(headers['last-modified']),
  };
};

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

const toFetchError = (error: unknown, url: string, signal: AbortSignal): unknown => {
  if (signal.reason instanceof FetchError) return signal.reason;
  if (error instanceof FetchError) return error;
  const { cause } = error as Error;
  if (cause instanceof FetchError) return cause;
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new FetchError('timeout', `${withoutQuery(url)}: no connection within 10 s`, { cause: error });
  }
  // What undici and the socket say; anything else is an error of whoever takes the body.
  if (/^(?:UND_ERR|HPE_|E[A-Z]{3,}|ERR_|CERT_|DEPTH_|SELF_|UNABLE_)/.test(code)) {
    return new FetchError('network', `${withoutQuery(url)}: ${message || code}`, { cause: error });
  }
  return error;
};

/** A query may hold anything; logs need the place. */
const withoutQuery = (url: string): string => url.split(/[?#]/, 1)[0]?.slice(0, 200) ?? '';

const NEVER = new BlockList();
NEVER.addSubnet('0.0.0.0', 8, 'ipv4');
NEVER.addSubnet('169.254.0.0', 16, 'ipv4');
NEVER.addSubnet('224.0.0.0', 3, 'ipv4');
NEVER.addAddress('::', 'ipv6');
NEVER.addSubnet('fe80::', 10, 'ipv6');
NEVER.addSubnet('ff00::', 8, 'ipv6');
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Names an operator allowed may lead into the operator's own network, but not to this machine (its admin listener),
 * to link-local addresses (metadata services of clouds) or to multicast, which whoever runs the name's DNS could
 * otherwise have the gateway ask. An operator who means such an address writes the address, or localhost.
 */
const publicLookup =
  (lookup: typeof dnsLookup): LookupFunction =>
  (hostname, options, callback) => {
    const mayBeLoopback = hostname === 'localhost' || hostname.endsWith('.localhost');
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error, []);
      const fit = addresses.filter(({ address, family }) => {
        const type = family === 6 ? 'ipv6' : 'ipv4';
        return !NEVER.check(address, type) && (mayBeLoopback || !LOOPBACK.check(address, type));
      });
      const [first] = fit;
      if (first === undefined) {
        const message = `${hostname}: leads only to addresses that are never asked`;
        return callback(new FetchError('address-not-allowed', message), []);
      }
      if (options.all === true) return callback(null, fit);
      return callback(null, first.address, first.family);
    });
  };

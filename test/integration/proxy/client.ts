import { once } from 'node:events';
import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import tls, { type TLSSocket } from 'node:tls';
import type { KeyPair } from './authority.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly trailers: NodeJS.Dict<string>;
  readonly body: string;
  json(): Record<string, unknown>;
}

export interface CallOptions {
  readonly as?: KeyPair | undefined;
  readonly method?: string;
  readonly headers?: RequestOptions['headers'];
  readonly body?: string | Buffer;
  readonly agent?: Agent;
}

export const keepAliveAgent = (pair: KeyPair | undefined, options: object = {}): Agent =>
  new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false, ...pair, ...options });

/** One call through node:https; a connection of its own unless an agent is given. */
export const call = async (port: number, path: string, options: CallOptions = {}): Promise<Answer> => {
  const { as, method = 'GET', headers, body, agent = false } = options;
  const outgoing = request({
    host: '127.0.0.1',
    port,
    path,
    method,
    ...(headers !== undefined && { headers }),
    agent,
    rejectUnauthorized: false,
    ...as,
  });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  return readAnswer(incoming);
};

export const readAnswer = async (incoming: IncomingMessage): Promise<Answer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    trailers: incoming.trailers,
    body: text,
    json: () => JSON.parse(text) as Record<string, unknown>,
  };
};

export const connectTls = async (
  port: number,
  pair?: KeyPair,
  options: tls.ConnectionOptions = {},
): Promise<TLSSocket> => {
  const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...pair, ...options });
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
};

/** Sends octets as they are over TLS; everything that came back until the gateway closed, or `ms` passed. */
export const sendRaw = async (
  port: number,
  pair: KeyPair | undefined,
  octets: string | Buffer,
  ms = 2_000,
): Promise<{ text: string; closed: boolean }> => {
  const socket = await connectTls(port, pair);
  let text = '';
  let closed = false;
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.write(typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets);
  const ended = once(socket, 'close').then(() => {
    closed = true;
  });
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([ended, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
  socket.destroy();
  return { text, closed };
};

/** Waits until something holds; fails the test by its time-out. */
export const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

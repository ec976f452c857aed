import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { CityOptions } from './city.ts';

/** A request as it reached the back end. */
export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** Alternating names and values. */
  readonly rawHeaders: readonly string[];
  body: string;
}

/**
 * A department's back end that counts what reaches it, behind services of every sort: what a refused call may not
 * do is get here. It answers with the claims it was told, at /…/reference with the call's reference; /…/reset, /cut,
 * /silent and /slowly misbehave as they are named.
 */
export interface Census {
  readonly received: Received[];
  /** Enrolments of two departments, `census` and `archive`, for `openCity`. */
  readonly files: NonNullable<CityOptions['files']>;
  /** Listens again, on the same port. */
  up(): Promise<void>;
  /** Closes everything: connections are refused. */
  down(): Promise<void>;
}

export const startCensus = async (): Promise<Census> => {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    const entry: Received = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      rawHeaders: request.rawHeaders,
      body: '',
    };
    received.push(entry);
    request.on('error', () => undefined);
    request.setEncoding('utf8').on('data', (text: string) => (entry.body += text));
    answer(entry, request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  let port = 0;
  const up = async (): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    port = (server.address() as AddressInfo).port;
  };
  await up();
  return {
    received,
    files: filesOf(`http://127.0.0.1:${port}`),
    up,
    down: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};

const answer = (entry: Received, request: IncomingMessage, response: ServerResponse): void => {
  const what = entry.url.split('?')[0]?.split('/').at(-1);
  if (what === 'silent') return;
  if (what === 'reset') {
    request.socket.destroy();
    return;
  }
  if (what === 'cut') {
    response.writeHead(200, { 'Content-Length': 1000 }).write('only a part');
    setTimeout(() => request.socket.destroy(), 20);
    return;
  }
  if (what === 'reference') {
    request.on('end', () => response.end(entry.headers['onecert-reference']));
    return;
  }
  const end = (): void => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ claims: claimsOf(request), body: entry.body }));
  };
  if (what === 'slowly') setTimeout(end, 300);
  else request.on('end', end);
};

/** What the assertion says; whether it may be believed is checked where that is the matter. */
const claimsOf = ({ headers }: IncomingMessage): unknown => {
  const [, payload] = String(headers['onecert-assertion'] ?? '').split('.');
  return payload === undefined ? null : JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
};

const filesOf = (url: string): Census['files'] => {
  const service = (name: string, more: string): string => `
  - service: ${name}
    name: { zh: 服务, en: "${name}" }
    path: /${name}
    backends: ['${url}']
    ${more}`;
  const both = 'subjects: [citizen, enterprise]';
  const claims = 'claims: [unified-id, kind, name, identifiers, authority]';
  return {
    'config/departments/census.yaml': `department: census
name: { zh: 普查办, en: Census Office }
services:${[
      service('census', `${both}\n    ${claims}\n    clientCert: true`),
      service('census-too', `${both}\n    ${claims}`),
      service('citizens-only', 'subjects: [citizen]'),
      service('enterprises-only', 'subjects: [enterprise]'),
      service('yuean-only', `${both}\n    authorities: [yuean]`),
      service('closed', `${both}\n    enabled: false`),
      service('read-only', `${both}\n    operations: [{ methods: [GET], path: /forms/* }]`),
      service('impatient', `${both}\n    timeouts: { connect: 500ms, response: 500ms }`),
      service('small', `${both}\n    bodyLimit: 1KiB`),
    ].join('')}
`,
    'config/departments/archive.yaml': `department: archive
name: { zh: 档案馆, en: Archive }
services:${service('archive', `${both}\n    ${claims}`)}
`,
  };
};

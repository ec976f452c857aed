import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: IncomingMessage['headers'];
  body: string;
}

/** A department's real HTTP server, with what it received. */
export interface TestBackend {
  readonly url: string;
  readonly server: Server;
  readonly received: Received[];
  /** TCP connections accepted. */
  readonly connections: () => number;
  close(): Promise<void>;
}

const echo: RequestListener = (request, response) => {
  response.setHeader('X-Back-End', 'echo');
  request.resume().on('end', () => response.end('hello from the department'));
};

export const startBackend = async (listener: RequestListener = echo): Promise<TestBackend> => {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((request, response) => {
    const entry: Received = {
      method: request.method ?? '',
      url: request.url ?? '',
      rawHeaders: request.rawHeaders,
      headers: request.headers,
      body: '',
    };
    received.push(entry);
    request.on('error', () => {});
    listener(request, response);
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    received,
    connections: () => connections,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      if (server.listening) {
        server.close();
        await once(server, 'close');
      }
    },
  };
};

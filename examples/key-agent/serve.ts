import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { answerRequest, type AgentParts } from './answer.ts';

const PATH = '/onecert/1';
const BODY_LIMIT = 16_384;

export interface ServeOptions extends AgentParts {
  /** Sites that may use the agent, e.g. "https://signin.example.gov.cn". */
  readonly origins: readonly string[];
  /** 0: any that is free. */
  readonly port: number;
}

/** The agent over HTTP and WebSocket, on the loopback address and nowhere else. */
export const serveKeyAgent = async (options: ServeOptions): Promise<Server> => {
  const server = createServer((request, response) => {
    void answerHttp(options, request, response).catch(() => response.destroy());
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: BODY_LIMIT });
  server.on('upgrade', (request, socket, head) => {
    const origin = allowedOrigin(options, request);
    // Browsers do not ask before they open a WebSocket: this check is all there is.
    if (origin === undefined || request.url !== PATH) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('error', () => webSocket.terminate());
      webSocket.on('message', (data: Buffer) => {
        void answerRequest(options, data.toString('utf8'), origin).then((answer) =>
          webSocket.send(JSON.stringify(answer)),
        );
      });
    });
  });
  server.listen(options.port, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

/**
 * The origin that asks, where it may. The Host has to be the loopback address as well: a page whose name was made to
 * resolve to 127.0.0.1 (DNS rebinding) sends its own name there.
 */
const allowedOrigin = ({ origins }: ServeOptions, request: IncomingMessage): string | undefined => {
  const { port } = request.socket.address() as AddressInfo;
  const { origin, host } = request.headers;
  const isLoopback = host === `127.0.0.1:${port}` || host === `localhost:${port}`;
  return isLoopback && origin !== undefined && origins.includes(origin) ? origin : undefined;
};

const answerHttp = async (
  options: ServeOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const origin = allowedOrigin(options, request);
  const isJson = request.headers['content-type']?.split(';')[0]?.trim() === 'application/json';
  // No Access-Control-Allow-Origin: other sites learn nothing, not even that an agent runs.
  if (origin === undefined) return void response.writeHead(403).end();
  const shared = {
    'Access-Control-Allow-Origin': origin,
    Vary: 'Origin',
    'Cache-Control': 'no-store',
  };
  if (request.url !== PATH) return void response.writeHead(404, shared).end();
  if (request.method === 'OPTIONS') {
    return void response
      .writeHead(204, {
        ...shared,
        'Access-Control-Allow-Methods': 'POST',
        'Access-Control-Allow-Headers': 'content-type',
        // Private Network Access: a public site may reach this loopback address.
        ...(request.headers['access-control-request-private-network'] === 'true' && {
          'Access-Control-Allow-Private-Network': 'true',
        }),
      })
      .end();
  }
  // Only JSON: every other type a page may send without asking first.
  if (request.method !== 'POST' || !isJson) return void response.writeHead(405, shared).end();
  const body = await readBody(request);
  if (body === undefined) return void response.writeHead(413, { ...shared, Connection: 'close' }).end();
  const answer = JSON.stringify(await answerRequest(options, body, origin));
  response.writeHead(200, { ...shared, 'Content-Type': 'application/json' }).end(answer);
};

const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > BODY_LIMIT) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
};

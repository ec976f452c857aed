import { constants } from 'node:crypto';
import { ServerResponse, type IncomingMessage } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { answerUnreadable, REQUEST_TIMEOUT } from './answer-unreadable.ts';
import { Call } from './call.ts';
import { carryCall } from './carry-call.ts';
import { clientAuthorityNames } from './client-authority-names.ts';
import { Connection } from './connection.ts';
import type { ListenerTls, WayIn } from './data-plane.ts';
import type { Limits } from './limits.ts';
import type { Plane } from './plane.ts';

const CONNECTION = Symbol('connection');

interface CarriedSocket extends TLSSocket {
  [CONNECTION]?: Connection;
  /** Node's: the response that has the socket. */
  _httpMessage?: unknown;
}

/**
 * The listener: TLS that asks for a certificate and judges none (design, decision 1), HTTP/1.1 read by Node's strict
 * parser, every request made a Call.
 */
export const createDataPlaneServer = (
  plane: Plane,
  wayIn: WayIn,
  secureContext: ReturnType<typeof secureContextOptions>,
): Server => {
  const { limits } = plane;
  const { metrics } = plane.parts;
  const server = createServer({ ...secureContext, ...listenerOptions(limits, wayIn) });
  server.maxConnections = limits.connections;
  // Node leaves out fields beyond this without a word; framing.ts counts them instead.
  server.maxHeadersCount = 0;
  server.on('connection', (socket) => {
    metrics.connectionOpened();
    socket.on('close', () => metrics.connectionClosed());
  });
  server.on('drop', () => metrics.connectionDropped());
  server.on('secureConnection', (socket: CarriedSocket) => {
    metrics.handshake(socket.isSessionReused() ? 'resumed' : 'full');
    socket[CONNECTION] = openConnection(plane, socket);
  });
  server.on('request', (request, response) => takeRequest(plane, request, response));
  server.on('checkContinue', (request, response) => takeRequest(plane, request, response, true));
  server.on('checkExpectation', (request, response) => takeRequest(plane, request, response));
  server.on('upgrade', (request, socket, head) => takeUpgrade(plane, request, socket, head));
  server.on('connect', (_request, socket) => onUnreadable(plane, 'connect', socket));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => onClientError(plane, error, socket));
  return server;
};

/**
 * Forward secrecy and authenticated encryption alone: a key of the gateway that is stolen opens no recorded connection. What
 * of TLS 1.2 is left is what browsers of 2014 and later have, with RSA certificates too (DHE for Internet Explorer 11).
 */
const SUITES = [
  ...['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'],
  ...['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ...['ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ...['DHE-RSA-AES128-GCM-SHA256', 'DHE-RSA-AES256-GCM-SHA384'],
].join(':');

/** Options of `createServer` and `setSecureContext`. */
export const secureContextOptions = (tls: ListenerTls, wayIn: WayIn) => ({
  cert: tls.certificate,
  key: tls.key,
  minVersion: tls.minimumVersion,
  ciphers: SUITES,
  // Groups of RFC 7919 or as strong.
  dhparam: 'auto',
  ticketKeys: Buffer.from(tls.ticketKeys),
  ca:
    wayIn.kind === 'terminator'
      ? wayIn.terminatorAuthority
      : clientAuthorityNames(wayIn.kind === 'mutual-tls' ? (tls.clientAuthorities ?? []) : []),
  // The same for all threads and replicas, or a session would resume on the one it began on only.
  // A session of one listener says nothing at another, which may have let anybody in.
  sessionIdContext: `onecert ${wayIn.kind}`,
  sessionTimeout: 3_600,
  // The certificate of a connection does not change while it lasts.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
});

const listenerOptions = (limits: Limits, { kind }: WayIn): ServerOptions => ({
  requestCert: kind !== 'browser',
  // A terminator is let in by TLS or not at all; a person is judged by us, and told why.
  rejectUnauthorized: kind === 'terminator',
  ALPNProtocols: ['http/1.1'],
  handshakeTimeout: limits.handshakeTimeout,
  insecureHTTPParser: false,
  // A missing Host is refused by framing.ts, with a page.
  requireHostHeader: false,
  maxHeaderSize: limits.headSize,
  headersTimeout: limits.headTimeout,
  requestTimeout: limits.requestTimeout,
  keepAliveTimeout: limits.keepAliveTimeout,
  connectionsCheckingInterval: Math.min(2_000, limits.headTimeout),
  highWaterMark: 65_536,
  noDelay: true,
  optimizeEmptyRequests: true,
  shouldUpgradeCallback: isWebSocket,
});

/** Any other protocol, and a WebSocket request with a body, is an ordinary call whose Upgrade is not passed on. */
const isWebSocket = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' &&
  headers.upgrade?.toLowerCase() === 'websocket' &&
  headers['transfer-encoding'] === undefined &&
  (headers['content-length'] ?? '0') === '0';

const openConnection = (plane: Plane, socket: TLSSocket): Connection => {
  const connection = new Connection(plane, socket, carryCall);
  plane.connections.add(connection);
  // Every way a socket fails ends in 'close'; unheard, 'error' would end the process.
  socket.on('error', () => {});
  socket.on('close', () => {
    plane.connections.delete(connection);
    connection.abandon();
  });
  return connection;
};

const connectionOf = (socket: Duplex): Connection | undefined => (socket as CarriedSocket)[CONNECTION];

const takeRequest = (
  plane: Plane,
  request: IncomingMessage,
  response: ServerResponse,
  awaitsContinue = false,
): void => {
  const connection = connectionOf(request.socket);
  if (connection === undefined || connection.poisoned) {
    request.socket.destroy();
    return;
  }
  const call = new Call(plane, connection, request, response);
  call.awaitsContinue = awaitsContinue;
  take(plane, connection, call);
};

const take = (plane: Plane, connection: Connection, call: Call): void => {
  if (connection.take(call)) return;
  plane.parts.metrics.malformed('pipelined');
  connection.seal();
  connection.socket.destroy();
};

const takeUpgrade = (plane: Plane, request: IncomingMessage, socket: Duplex, head: Buffer): void => {
  const connection = connectionOf(socket);
  const isBusy =
    connection?.current !== undefined || (socket as CarriedSocket)._httpMessage instanceof ServerResponse;
  if (connection === undefined || connection.poisoned || isBusy) {
    // A switch of protocols while answers are outstanding: nobody could say where they end.
    plane.parts.metrics.malformed('pipelined-upgrade');
    socket.destroy();
    return;
  }
  const call = new Call(plane, connection, request, responseToUpgrade(request, connection), head);
  call.closes = true;
  take(plane, connection, call);
};

/** Node makes no response for an upgrade; refusals and answers other than 101 need one. */
const responseToUpgrade = (request: IncomingMessage, { socket }: Connection): ServerResponse => {
  const response = new ServerResponse(request);
  response.assignSocket(socket);
  socket.on('drain', () => response.emit('drain'));
  response.on('finish', () => {
    response.detachSocket(socket);
    socket.destroySoon();
  });
  return response;
};

const onClientError = (plane: Plane, error: NodeJS.ErrnoException, socket: Duplex): void => {
  const code = error.code ?? '';
  if (connectionOf(socket) === undefined) {
    // No TLS came about.
    plane.parts.metrics.handshake('failed');
    socket.destroy();
  } else if (code === 'HPE_CLOSED_CONNECTION') {
    // Octets after the request that said it was the last: not read, and the connection closes anyway.
  } else if (isLeftOver(error)) {
    // The connection is sound: whoever presented that certificate is to be told why it is refused.
  } else if (code === REQUEST_TIMEOUT || (code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE')) {
    onUnreadable(plane, code, socket);
  } else socket.destroy();
};

/**
 * OpenSSL looks at a client's certificate beside us and is told to go on whatever it finds. A bad signature leaves its
 * error in OpenSSL's queue all the same, and the first read after the handshake is blamed for it.
 */
const isLeftOver = ({ library }: NodeJS.ErrnoException & { library?: string }): boolean =>
  library !== undefined && library !== 'SSL routines';

/** The parser has stopped: nothing that follows on this connection is read as a request. */
const onUnreadable = (plane: Plane, code: string, socket: Duplex): void => {
  const connection = connectionOf(socket);
  if (connection === undefined || connection.poisoned) {
    socket.destroy();
    return;
  }
  plane.parts.metrics.malformed(code);
  connection.poison(code, () => answerUnreadable(plane, connection, code));
};

import { randomBytes } from 'node:crypto';
import type { Server } from 'node:https';
import net, { type AddressInfo } from 'node:net';
import type { DataPlane, DataPlaneOptions, DataPlaneParts, ListenerTls, WayIn } from './data-plane.ts';
import { drainConnections } from './drain.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { browserListener } from './listeners/browser.ts';
import { fieldTreatment } from './listeners/field-treatment.ts';
import type { Listener } from './listeners/listener.ts';
import { mutualTlsListener } from './listeners/mutual-tls.ts';
import { READ_BY_TERMINATOR_LISTENER, terminatorListener } from './listeners/terminator.ts';
import type { Plane } from './plane.ts';
import { reviewAll } from './review.ts';
import { createDataPlaneServer, secureContextOptions } from './server.ts';
import { Upstreams } from './upstream.ts';

/** ms between looks at calls that wait for a connection, and at open ones whose verdicts end with time. */
const WAITING_REVIEW_MS = 1_000;
const REVIEW_MS = 30_000;
const UNUSED_REVIEW_MS = 60_000;

/**
 * Starts the data plane of one thread; resolves once it listens. Rejects with the error of `listen` (EADDRINUSE …)
 * or of OpenSSL where certificate and key do not work.
 */
export const startDataPlane = async (
  options: DataPlaneOptions,
  parts: DataPlaneParts,
): Promise<DataPlane> => {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const { wayIn = { kind: 'mutual-tls' }, terminatorFields = [] } = options;
  const { host, origin } = new URL(options.url);
  const plane: Plane = {
    parts,
    limits,
    get listener() {
      return listener;
    },
    treatmentOf: fieldTreatment(
      terminatorFields,
      wayIn.kind === 'terminator' ? [...terminatorFields, ...READ_BY_TERMINATOR_LISTENER] : [],
    ),
    publicHost: host,
    upstreams: new Upstreams(limits, parts),
    connections: new Set(),
    tunnels: new Set(),
    nextReference: createReferences(),
    draining: false,
  };
  const listener = openListener(plane, wayIn, origin);
  const secureContext = (tls: ListenerTls) => secureContextOptions(tls, wayIn);
  const server = createDataPlaneServer(plane, wayIn, secureContext(options.tls));
  const sockets = rememberSockets(server);
  await listening(server, options.listen);
  server.on('error', (error) => {
    parts.log('error', 'the listener failed', { code: (error as NodeJS.ErrnoException).code ?? error.name });
  });
  const stopReviews = startReviews(plane);
  const close = async (): Promise<void> => {
    stopReviews();
    server.close();
    for (const socket of sockets) socket.destroy();
    await plane.upstreams.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    useTls: (tls) => server.setSecureContext(secureContext(tls)),
    reviewConnections: () => reviewAll(plane),
    drain: async (graceMs) => {
      plane.draining = true;
      stopListening(server);
      await drainConnections(plane, sockets, graceMs);
      await close();
    },
    close,
  };
};

const openListener = (plane: Plane, wayIn: WayIn, origin: string): Listener => {
  switch (wayIn.kind) {
    case 'mutual-tls':
      return mutualTlsListener;
    case 'browser':
      return browserListener(plane, wayIn.sessions, origin);
    case 'terminator':
      return terminatorListener(plane, wayIn.format);
  }
};

/** A short name for each call: eight random octets of this thread, and a count. */
const createReferences = (): (() => string) => {
  const thread = randomBytes(8).toString('base64url');
  let count = 0;
  return () => `${thread}-${(count++).toString(36)}`;
};

/** All TCP connections, also those whose TLS handshake is not over. */
const rememberSockets = (server: Server): Set<net.Socket> => {
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return sockets;
};

const listening = (server: Server, listen: DataPlaneOptions['listen']): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...listen, backlog: 1_024 }, () => {
      server.off('error', reject);
      resolve();
    });
  });

/** As `server.close()`, but for what https adds to it: closing idle connections, on which a request may be arriving. */
const stopListening = (server: Server): void => {
  if (server.listening) net.Server.prototype.close.call(server);
};

const startReviews = (plane: Plane): (() => void) => {
  const waiting = setInterval(() => {
    const now = Date.now();
    for (const { current } of plane.connections) current?.exchange?.expire(now);
  }, WAITING_REVIEW_MS);
  const open = setInterval(() => reviewAll(plane), REVIEW_MS);
  const unused = setInterval(() => plane.upstreams.closeUnused(Date.now()), UNUSED_REVIEW_MS);
  const timers = [waiting, open, unused];
  for (const timer of timers) timer.unref();
  return () => timers.forEach((timer) => clearInterval(timer));
};

import type { Express } from 'express';
import { once } from 'node:events';
import { chmodSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';

export interface PortalListener {
  readonly path: string;
  /** Takes no more requests; resolves when those under way are answered, at the latest after `graceMs`. */
  close(graceMs?: number): Promise<void>;
}

/** Octets that a path of a socket may have on every system (sockaddr_un). */
const MAX_PATH_BYTES = 103;

/**
 * Serves the portal on a Unix socket that only this user may open; whoever can open it is believed to be a data-plane
 * thread. A socket left behind by a killed process is removed.
 *
 * @throws Error where something listens there already, or the path is no socket's or too long
 */
export const startPortalListener = async (app: Express, path: string): Promise<PortalListener> => {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES)
    throw new Error(`${path}: too long for a socket: at most ${MAX_PATH_BYTES} bytes`);
  await removeStale(path);
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 30_000 }, app);
  const listening = once(server, 'listening');
  // listen() binds before it returns: from the start the socket is this user's alone.
  const mask = process.umask(0o177);
  try {
    server.listen(path);
  } finally {
    process.umask(mask);
  }
  await listening;
  chmodSync(path, 0o600);
  return {
    path,
    close: async (graceMs = 5_000) => {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const patience = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(patience);
    },
  };
};

const removeStale = async (path: string): Promise<void> => {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path}: not a socket, and not ours to remove`);
  if (await answers(path)) throw new Error(`${path}: something listens there already`);
  rmSync(path, { force: true });
};

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

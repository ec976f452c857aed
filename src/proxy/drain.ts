import type { Socket } from 'node:net';
import type { Plane } from './plane.ts';

const LOOK_EVERY_MS = 50;
/** A connection that has been idle for this long while draining is closed. */
const IDLE_MS = 1_000;

/**
 * Waits until all connections are closed. Calls go on to their end, and their answers close the connection; so do
 * those of requests that were on their way when draining began. A connection on which nothing comes any more is
 * ended; WebSockets are left to their ends. After `graceMs` it resolves whatever is still open.
 */
export const drainConnections = (
  plane: Plane,
  sockets: ReadonlySet<Socket>,
  graceMs: number,
): Promise<void> =>
  new Promise((resolve) => {
    const begun = performance.now();
    const look = (): void => {
      const now = performance.now();
      if (sockets.size === 0 || now - begun >= graceMs) {
        clearInterval(timer);
        resolve();
        return;
      }
      for (const connection of plane.connections) {
        if (connection.current !== undefined) continue;
        if (now - Math.max(begun, connection.idleSince) >= IDLE_MS) connection.socket.end();
      }
    };
    const timer = setInterval(look, Math.min(LOOK_EVERY_MS, Math.max(1, graceMs)));
    look();
  });

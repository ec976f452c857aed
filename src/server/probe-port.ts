import { createServer } from 'node:net';

/**
 * Rejects (EADDRINUSE, EACCES, EADDRNOTAVAIL) when `port` cannot be had alone. Data-plane threads listen with
 * SO_REUSEPORT, which would quietly share the port with another gateway of the same user.
 */
export const probePort = (host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ host, port }, () => server.close(() => resolve()));
  });

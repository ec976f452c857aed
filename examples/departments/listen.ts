import { createServer, type Server } from 'node:http';
import type { Express } from 'express';

/** Serves `app` on loopback until SIGTERM, or until the process that started it is gone. */
export const listen = (app: Express, port: number): Server => {
  const server = createServer(app);
  server.once('error', (error: NodeJS.ErrnoException) => {
    console.error(error.message);
    if (process.send === undefined) process.exit(1);
    process.send({ code: error.code, message: error.message }, () => process.exit(1));
  });
  server.listen(port, '127.0.0.1', () => {
    console.log(`listening on http://127.0.0.1:${port}`);
    process.send?.('listening');
  });
  process.once('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    // WebSockets and slow answers do not hold it up for long.
    setTimeout(() => process.exit(0), 2000).unref();
  });
  process.once('disconnect', () => process.exit(0));
  return server;
};

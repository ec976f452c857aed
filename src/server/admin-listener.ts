import express from 'express';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One thing that must hold for the gateway to take calls. */
export interface ReadinessCheck {
  readonly name: string;
  readonly ready: boolean;
  /** For an operator: what is the matter. */
  readonly detail?: string;
}

export interface AdminParts {
  readonly readiness: () => readonly ReadinessCheck[];
  /** Prometheus text exposition. */
  readonly metrics: () => Promise<{ contentType: string; text: string }>;
  /** JSON Web Key Set (RFC 7517). */
  readonly jwks: () => object;
}

export interface AdminListener {
  readonly port: number;
  close(): Promise<void>;
}

/** /healthz, /readyz, /metrics and the JWKS over plain HTTP, for the machines around the gateway. */
export const startAdminListener = async (
  { host, port }: { host: string; port: number },
  parts: AdminParts,
): Promise<AdminListener> => {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  // Alive: the control thread's event loop turns. Nothing else may make an orchestrator kill the process.
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'alive' });
  });
  app.get('/readyz', (_request, response) => {
    const checks = parts.readiness();
    const ready = checks.every((check) => check.ready);
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not ready', checks });
  });
  app.get('/metrics', async (_request, response) => {
    const { contentType, text } = await parts.metrics();
    response.setHeader('content-type', contentType);
    response.end(text);
  });
  app.get('/.well-known/jwks.json', (_request, response) => {
    response.setHeader('cache-control', 'public, max-age=300');
    response.json(parts.jwks());
  });
  const server = createServer(app as Parameters<typeof createServer>[1]);
  await listening(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

const listening = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

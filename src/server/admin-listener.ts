import express, { type ErrorRequestHandler } from 'express';
import { createServer, type Server } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';

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

export interface AdminSettings {
  readonly host: string;
  readonly port: number;
  /** Names with a dot by which it may be asked for. */
  readonly names?: readonly string[];
}

/** /healthz, /readyz, /metrics and the JWKS over plain HTTP, for the machines around the gateway. */
export const startAdminListener = async (
  { host, port, names = [] }: AdminSettings,
  parts: AdminParts,
): Promise<AdminListener> => {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use((request, response, next) => {
    if (isOwnName(request.headers.host, [host, ...names])) next();
    else response.status(421).json({ status: 'misdirected', detail: 'see admin.names in gateway.yaml' });
  });
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
  app.use((_request, response) => {
    response.status(404).json({ status: 'not found' });
  });
  app.use(failed);
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

/**
 * A page of another site can have its own name point here (DNS rebinding): then the browser asks by that name. Addresses,
 * and names without a dot, which only the network's own resolver knows, cannot be such a site's.
 */
const isOwnName = (host: string | undefined, names: readonly string[]): boolean => {
  const name = URL.parse(`http://${host ?? ''}/`)?.hostname.replace(/\.$/, '') ?? '';
  const address = name.replace(/^\[|\]$/g, '');
  return (
    isIP(address) !== 0 ||
    (name !== '' && !name.includes('.')) ||
    names.some((own) => own.toLowerCase() === name)
  );
};

/** Without the stack that Express would show. */
const failed: ErrorRequestHandler = (error: { readonly status?: number }, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const status = error.status !== undefined && error.status >= 400 && error.status < 500 ? error.status : 500;
  response.status(status).json({ status: 'failed' });
};

const listening = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

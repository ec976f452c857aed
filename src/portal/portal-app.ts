import express, { type ErrorRequestHandler, type Express } from 'express';
import { Refusal } from '../refusal/refusal.ts';
import { PORTAL_HEADERS } from './answer.ts';
import type { PortalParts } from './portal-parts.ts';
import { refuse } from './refuse.ts';
import { assetsRoute } from './routes/assets.ts';
import { homeRoute } from './routes/home.ts';
import { myCertificatesRoute } from './routes/me-certificates.ts';
import { mySessionsRoute } from './routes/me-sessions.ts';
import { mySignInsRoute } from './routes/me-sign-ins.ts';
import { meRoute } from './routes/me.ts';
import { onBrowserListener, type Portal, type Route } from './routes/route.ts';
import { servicesRoute } from './routes/services.ts';
import { signInCertificateRoute } from './routes/signin-certificate.ts';
import { signInChallengeRoute } from './routes/signin-challenge.ts';
import { signInCompleteRoute } from './routes/signin-complete.ts';
import { signInResponseRoute } from './routes/signin-response.ts';
import { signInRoute } from './routes/signin.ts';
import { signOutRoute } from './routes/signout.ts';
import { createSignIn } from './sign-in.ts';
import { openVisit } from './visit.ts';

const ROUTES: readonly Route[] = [
  homeRoute,
  servicesRoute,
  signInRoute,
  signInCertificateRoute,
  signInCompleteRoute,
  signInChallengeRoute,
  signInResponseRoute,
  signOutRoute,
  meRoute,
  myCertificatesRoute,
  mySessionsRoute,
  mySignInsRoute,
  assetsRoute,
];

/**
 * The pages that people see, for requests that a data-plane thread forwards with what it knows of them. Without that
 * (PORTAL_CONTEXT_HEADER) nothing is answered but 404.
 */
export const createPortal = (parts: PortalParts): Express => {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('query parser', 'simple');
  app.enable('case sensitive routing');
  app.use((request, response, next) => {
    response.set(PORTAL_HEADERS);
    if (openVisit(parts, request, response) === undefined) return response.status(404).end();
    next();
  });
  const portal: Portal = { parts, signIn: createSignIn(parts) };
  if (parts.forwardAuth !== undefined) app.use(parts.forwardAuth);
  for (const route of ROUTES) route(app, portal);
  for (const { path, listeners = 'browser', router } of parts.routers ?? []) {
    if (listeners === 'browser') app.use(path, onBrowserListener(portal), router);
    else app.use(path, router);
  }
  app.use((request, response) =>
    refuse(parts, request, response, {
      code: 'ONECERT_SERVICE_NOT_FOUND',
      detail: 'no such page',
      recorded: false,
    }),
  );
  app.use(answerError(parts));
  return app;
};

/** Four parameters: that is how express knows it. */
const answerError =
  (parts: PortalParts): ErrorRequestHandler =>
  async (error: unknown, request, response, _next) => {
    if (response.headersSent) return void response.destroy();
    const refusal = refusalOf(error);
    if (refusal.code === 'ONECERT_INTERNAL')
      parts.log('error', 'a defect in the portal', { error: (error as Error | undefined)?.stack });
    const { code, detail } = refusal;
    await refuse(parts, request, response, { code, detail }).catch(() => response.destroy());
  };

/** Errors of express's body readers have a `type` (body-parser). */
export const refusalOf = (error: unknown): Refusal => {
  if (error instanceof Refusal) return error;
  const { name, message, type, status } = error as { [field in string]?: unknown };
  if (name === 'StoreUnavailableError') return new Refusal('ONECERT_SESSION_UNAVAILABLE', String(message));
  if (type === 'entity.too.large')
    return new Refusal('ONECERT_SIGNED_RESPONSE_TOO_LARGE', 'a body of too many octets');
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new Refusal('ONECERT_REQUEST_MALFORMED', typeof type === 'string' ? type : 'unreadable');
  return new Refusal('ONECERT_INTERNAL', 'a defect', { cause: error });
};

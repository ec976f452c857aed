import type { Express, Request, RequestHandler, Response } from 'express';
import { isSignedIn, callerOf, type Caller } from '../caller.ts';
import type { PortalParts } from '../portal-parts.ts';
import { refuse } from '../refuse.ts';
import type { SignIn } from '../sign-in.ts';
import { prefersHtml } from '../../refusal/problem.ts';
import { SESSION_COOKIE } from '../../signin/session-cookie.ts';
import { servesBrowsers, visitOf } from '../visit.ts';

export interface Portal {
  readonly parts: PortalParts;
  readonly signIn: SignIn;
}

/** Adds its paths to the app. */
export type Route = (app: Express, portal: Portal) => void;

/** For what needs cookies: other listeners send people to the browser listener, and programs away. */
export const onBrowserListener =
  ({ parts }: Portal): RequestHandler =>
  async (request, response, next) => {
    if (servesBrowsers(visitOf(request))) return next();
    if (request.method === 'GET' || request.method === 'HEAD')
      return response.redirect(303, parts.urls.browser + request.originalUrl);
    await refuse(parts, request, response, {
      code: 'ONECERT_SERVICE_NOT_FOUND',
      detail: 'a path of the browser listener',
      recorded: false,
    });
  };

/**
 * The person signed in; where nobody is, the request has been answered: a person is led to sign-in and back, a program
 * gets 401, and a session whose certificate is no longer good ends with the reason.
 */
export const requireCaller = async (
  { parts }: Pick<Portal, 'parts'>,
  request: Request,
  response: Response,
): Promise<Caller | undefined> => {
  const caller = await callerOf(parts, request);
  if (isSignedIn(caller)) return caller;
  if (caller !== undefined) {
    response.append('Set-Cookie', SESSION_COOKIE.clear);
    await refuse(parts, request, response, {
      code: caller.code,
      detail: 'the certificate of a session',
      admission: caller.admission,
    });
  } else if (request.method === 'GET' && prefersHtml(request.get('accept'))) {
    response.redirect(303, `/signin?return=${encodeURIComponent(visitOf(request).here)}`);
  } else {
    await refuse(parts, request, response, {
      code: 'ONECERT_CERTIFICATE_REQUIRED',
      detail: 'no session',
      recorded: false,
    });
  }
  return undefined;
};

/** For pages that are there for everybody: whoever is signed in, or undefined. */
export const optionalCaller = async (
  { parts }: Portal,
  request: Request,
  response: Response,
): Promise<Caller | undefined> => {
  const caller = await callerOf(parts, request);
  if (isSignedIn(caller)) return caller;
  if (caller !== undefined) response.append('Set-Cookie', SESSION_COOKIE.clear);
  return undefined;
};

import type { Request, Response } from 'express';
import { SESSION_COOKIE } from '../../signin/session-cookie.ts';
import { navigationOf, sendPage } from '../answer.ts';
import { ownForm } from '../form.ts';
import { record, sessionEndEntry } from '../record.ts';
import { signedOutPage } from '../signed-out-page.ts';
import { renewBrowser, visitOf } from '../visit.ts';
import { onBrowserListener, type Route } from './route.ts';

/** POST /signout ends the session; GET /signout says that it has ended, also when the page is loaded again. */
export const signOutRoute: Route = (app, portal) => {
  const { parts } = portal;
  app.post(
    '/signout',
    onBrowserListener(portal),
    ...ownForm(parts, 'sign-out'),
    async (request: Request, response: Response) => {
      const session = await parts.sessions.find(request.headers.cookie);
      // It ends whatever becomes of the record.
      if (session !== undefined && (await parts.sessions.end(session.key)))
        await record(parts, sessionEndEntry(visitOf(request), session));
      response.append('Set-Cookie', SESSION_COOKIE.clear);
      renewBrowser(parts, request, response);
      response.redirect(303, '/signout');
    },
  );
  app.get('/signout', onBrowserListener(portal), async (request, response) => {
    const isOver = (await parts.sessions.find(request.headers.cookie)) === undefined;
    if (!isOver) return response.redirect(303, '/me');
    sendPage(request, response, {
      ...signedOutPage(visitOf(request).language),
      navigation: navigationOf(parts, request, response, undefined, undefined),
    });
  });
};

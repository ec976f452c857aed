import type { Request, Response } from 'express';
import { SESSION_COOKIE } from '../../signin/session-cookie.ts';
import { navigationOf, sendPage } from '../answer.ts';
import { fieldOf, ownForm } from '../form.ts';
import { record, sessionEndEntry } from '../record.ts';
import { sessionsPage } from '../sessions-page.ts';
import { browserOf, textOf, visitOf } from '../visit.ts';
import { onBrowserListener, requireCaller, type Route } from './route.ts';

/** GET /me/sessions, and POST /me/sessions/end to end one of them or all others. */
export const mySessionsRoute: Route = (app, portal) => {
  const { parts } = portal;
  app.get('/me/sessions', onBrowserListener(portal), async (request, response) => {
    const caller = await requireCaller(portal, request, response);
    if (caller === undefined) return;
    const content = {
      current: caller.session,
      sessions: await parts.sessions.list(caller.identity.unifiedId),
      authorities: parts.authorities(),
      token: parts.browserSessions.formToken(browserOf(parts, request, response), 'end-session'),
      ended: textOf(request.query['ended']) !== undefined,
    };
    sendPage(request, response, {
      ...sessionsPage(content, visitOf(request).language),
      navigation: navigationOf(parts, request, response, 'me', caller),
    });
  });
  app.post(
    '/me/sessions/end',
    onBrowserListener(portal),
    ...ownForm(parts, 'end-session'),
    async (request: Request, response: Response) => {
      const caller = await requireCaller(portal, request, response);
      if (caller === undefined) return;
      const { session, identity } = caller;
      const key = fieldOf(request, 'session');
      const all = await parts.sessions.list(identity.unifiedId);
      const chosen = all.filter((each) => (key === undefined ? each.key !== session.key : each.key === key));
      await Promise.all(
        chosen.map(async (each) => {
          if (await parts.sessions.end(each.key, identity.unifiedId))
            await record(parts, sessionEndEntry(visitOf(request), each));
        }),
      );
      if (key === session.key) {
        response.append('Set-Cookie', SESSION_COOKIE.clear).redirect(303, '/signout');
      } else {
        response.redirect(303, '/me/sessions?ended=1');
      }
    },
  );
};

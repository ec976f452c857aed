import { limitByAddress } from '../limit-attempts.ts';
import { renewBrowser, textOf, visitOf } from '../visit.ts';
import { onBrowserListener, type Route } from './route.ts';

/** GET /signin/complete?code=… : the session begun on another listener becomes this browser's. */
export const signInCompleteRoute: Route = (app, portal) => {
  const { parts } = portal;
  app.get(
    '/signin/complete',
    onBrowserListener(portal),
    limitByAddress(parts, 'complete'),
    async (request, response) => {
      const { setCookie, target } = await parts.handover.exchange(textOf(request.query['code']), {
        browser: visitOf(request).browser,
        origin: parts.urls.browser,
        cookie: request.headers.cookie,
      });
      response.append('Set-Cookie', setCookie);
      renewBrowser(parts, request, response);
      response.redirect(303, target);
    },
  );
};

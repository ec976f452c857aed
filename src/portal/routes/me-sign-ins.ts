import { navigationOf, sendPage } from '../answer.ts';
import { signInsPage } from '../sign-ins-page.ts';
import { visitOf } from '../visit.ts';
import { onBrowserListener, requireCaller, type Route } from './route.ts';

/** GET /me/sign-ins : what the audit log holds of this person's sign-ins. */
export const mySignInsRoute: Route = (app, portal) => {
  const { parts } = portal;
  app.get('/me/sign-ins', onBrowserListener(portal), async (request, response) => {
    const caller = await requireCaller(portal, request, response);
    if (caller === undefined) return;
    const content = {
      signIns: await parts.signInsOf(caller.identity.unifiedId),
      authorities: parts.authorities(),
    };
    sendPage(request, response, {
      ...signInsPage(content, visitOf(request).language),
      navigation: navigationOf(parts, request, response, 'me', caller),
    });
  });
};

import { navigationOf, sendPage } from '../answer.ts';
import { certificatesPage } from '../certificates-page.ts';
import { visitOf } from '../visit.ts';
import { onBrowserListener, requireCaller, type Route } from './route.ts';

/** GET /me/certificates : which certificates act for this identity, and when each ends. */
export const myCertificatesRoute: Route = (app, portal) => {
  const { parts } = portal;
  app.get('/me/certificates', onBrowserListener(portal), async (request, response) => {
    const caller = await requireCaller(portal, request, response);
    if (caller === undefined) return;
    const visit = visitOf(request);
    const [primary] = caller.identity.identifiers;
    const registered = primary && (await parts.register.find(primary));
    const content = {
      caller,
      certificates: registered?.certificates ?? [],
      authorities: parts.authorities(),
      at: visit.at,
    };
    sendPage(request, response, {
      ...certificatesPage(content, visit.language),
      navigation: navigationOf(parts, request, response, 'me', caller),
    });
  });
};

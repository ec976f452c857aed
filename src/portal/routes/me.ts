import { navigationOf, sendPage } from '../answer.ts';
import { mePage } from '../me-page.ts';
import { visitOf } from '../visit.ts';
import { onBrowserListener, requireCaller, type Route } from './route.ts';

/** GET /me : who the person signed in is, as the city knows them. */
export const meRoute: Route = (app, portal) => {
  const { parts } = portal;
  app.get('/me', onBrowserListener(portal), async (request, response) => {
    const caller = await requireCaller(portal, request, response);
    if (caller === undefined) return;
    const [primary] = caller.identity.identifiers;
    const registered = primary && (await parts.register.find(primary));
    const content = { caller, registeredAt: registered?.registeredAt, authorities: parts.authorities() };
    sendPage(request, response, {
      ...mePage(content, visitOf(request).language),
      navigation: navigationOf(parts, request, response, 'me', caller),
    });
  });
};

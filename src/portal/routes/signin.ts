import { returnTo } from '../../signin/return-to.ts';
import { navigationOf, sendPage } from '../answer.ts';
import { KEY_AGENTS } from '../portal-parts.ts';
import { signInPage } from '../sign-in-page.ts';
import { browserOf, textOf, visitOf } from '../visit.ts';
import { onBrowserListener, optionalCaller, type Route } from './route.ts';

/** GET /signin?return=… : the choice of ways. */
export const signInRoute: Route = (app, portal) => {
  const { parts } = portal;
  app.get('/signin', onBrowserListener(portal), async (request, response) => {
    const caller = await optionalCaller(portal, request, response);
    const target = returnTo(textOf(request.query['return'])) ?? '/';
    const handover = parts.handover.request(browserOf(parts, request, response), parts.urls.browser, target);
    const content = {
      certificateUrl: `${parts.urls.certificateSignIn}/signin/certificate?request=${handover}`,
      target,
      service: parts.directory().find(target.split('?', 1)[0] as string)?.name,
      authorities: parts.authorities(),
      assets: parts.assets,
      origin: parts.urls.browser,
      keyAgents: parts.keyAgents ?? KEY_AGENTS,
      ...(caller && { caller: caller.identity }),
    };
    sendPage(request, response, {
      ...signInPage(content, visitOf(request).language),
      navigation: navigationOf(parts, request, response, 'signin', caller),
    });
  });
};

import { navigationOf, sendPage } from '../answer.ts';
import { homePage } from '../home-page.ts';
import { optionalCaller, type Route } from './route.ts';
import { visitOf } from '../visit.ts';

/** GET / */
export const homeRoute: Route = (app, portal) => {
  const { parts } = portal;
  app.get('/', async (request, response) => {
    const caller = await optionalCaller(portal, request, response);
    const { services } = parts.directory();
    const authorities = parts.authorities();
    const content = { authorities, services, ...(caller && { caller: caller.identity }) };
    sendPage(request, response, {
      ...homePage(content, visitOf(request).language),
      navigation: navigationOf(parts, request, response, 'home', caller),
    });
  });
};

import type { Request } from 'express';
import { LIFE_STAGES } from '../../services/enrolment.ts';
import { navigationOf, sendPage } from '../answer.ts';
import { findServices } from '../find-services.ts';
import { servicesPage, type ServiceFilter } from '../services-page.ts';
import { textOf, visitOf } from '../visit.ts';
import { optionalCaller, type Route } from './route.ts';

const QUERY_LIMIT = 100;

/** GET /services?q=&stage=&by=&mine= */
export const servicesRoute: Route = (app, portal) => {
  const { parts } = portal;
  app.get('/services', async (request, response) => {
    const caller = await optionalCaller(portal, request, response);
    const { services } = parts.directory();
    const filter = filterOf(request);
    const content = {
      services: findServices(services, filter, parts.gate, caller?.admission),
      authorities: parts.authorities(),
      stages: LIFE_STAGES.filter((stage) => services.some(({ stages }) => stages?.includes(stage))),
      filter: { ...filter, mine: filter.mine && caller !== undefined },
      signedIn: caller !== undefined,
    };
    sendPage(request, response, {
      ...servicesPage(content, visitOf(request).language),
      navigation: navigationOf(parts, request, response, 'services', caller),
    });
  });
};

const filterOf = ({ query }: Request): ServiceFilter => ({
  q: (textOf(query['q']) ?? '').slice(0, QUERY_LIMIT),
  stage: LIFE_STAGES.find((stage) => stage === query['stage']),
  by: query['by'] === 'stage' ? 'stage' : 'department',
  mine: query['mine'] === '1',
});

import type { JsonWebKeySet } from '../assertion/issue.ts';
import type { DataPlaneParts } from '../proxy/data-plane.ts';
import { chooseLanguage } from '../portal/language.ts';
import { PAGE_HEADERS } from '../portal/layout.ts';
import { renderHomePage } from '../portal/home-page.ts';
import { renderRefusalPage } from '../portal/refusal-page.ts';
import { problemOf } from '../refusal/problem.ts';
import type { Directory } from '../services/directory.ts';
import { isInForce, type TrustList } from '../trust/trust-list.ts';
import { isOfUseFor } from './accepted-authorities.ts';

export interface LocalAnswerParts {
  readonly trust: () => TrustList;
  readonly directory: () => Directory;
  readonly jwks: () => JsonWebKeySet;
  /** Then the home page is the portal's. */
  readonly hasPortal: boolean;
}

type Answers = Pick<DataPlaneParts, 'local' | 'refusalPage' | 'problem' | 'acceptedAuthorities'>;

/** What the gateway answers itself: the home page, its public keys, and the pages of refusals. */
export const createLocalAnswers = ({ trust, directory, jwks, hasPortal }: LocalAnswerParts): Answers => {
  const inForce = () =>
    [...trust().authorities.values()].filter(({ settings }) => isInForce(settings, Date.now()));
  return {
    acceptedAuthorities: (service) =>
      inForce()
        .filter(({ settings }) => isOfUseFor(settings, service))
        .map(({ settings }) => settings.name),
    problem: problemOf,
    refusalPage: (context, acceptLanguage) => renderRefusalPage(context, chooseLanguage(acceptLanguage)),
    local: (path, _admission, headers) => {
      if (path === '/.well-known/jwks.json') {
        return {
          status: 200,
          headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' },
          body: JSON.stringify(jwks()),
        };
      }
      if (path !== '/' || hasPortal) return undefined;
      const authorities = inForce().map(({ settings: { authority, name } }) => ({ authority, name }));
      return {
        status: 200,
        headers: PAGE_HEADERS,
        body: renderHomePage(
          { authorities, services: directory().services },
          chooseLanguage(headers['accept-language']),
        ),
      };
    },
  };
};

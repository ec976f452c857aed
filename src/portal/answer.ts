import type { Request, Response } from 'express';
import { policyHeader, renderPage, type Navigation, type Page } from './layout.ts';
import type { Caller } from './caller.ts';
import { shownName } from './masked.ts';
import type { PortalParts } from './portal-parts.ts';
import { browserOf, servesBrowsers, visitOf } from './visit.ts';

/** On every answer of the portal; what a page says for itself comes on top. */
export const PORTAL_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  // Not no-referrer: browsers would then send forms with "Origin: null" (Fetch, section 3.2). No path leaves either way.
  'Referrer-Policy': 'strict-origin',
  'Strict-Transport-Security': 'max-age=31536000',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Cache-Control': 'no-store',
};

/** What stands above every page. Where cookies are not seen, all places are on the browser listener. */
export const navigationOf = (
  parts: PortalParts,
  request: Request,
  response: Response,
  current: Navigation['current'],
  caller: Pick<Caller, 'identity'> | undefined,
): Navigation => {
  const visit = visitOf(request);
  return {
    ...(current !== undefined && { current }),
    here: request.method === 'GET' || request.method === 'HEAD' ? visit.here : '/',
    ...(!servesBrowsers(visit) && { base: parts.urls.browser }),
    ...(caller !== undefined && {
      caller: {
        shownName: shownName(caller.identity),
        signOutToken: parts.browserSessions.formToken(browserOf(parts, request, response), 'sign-out'),
      },
    }),
  };
};

export type PortalPage = Omit<Page, 'switchable' | 'allowance'> & Pick<Page, 'allowance'>;

export const sendPage = (request: Request, response: Response, page: PortalPage, status = 200): void => {
  const { language } = visitOf(request);
  const allowance = { forms: true, ...page.allowance };
  const switchable = request.method === 'GET' || request.method === 'HEAD';
  response
    .status(status)
    .set('Content-Security-Policy', policyHeader(allowance))
    .set('Vary', 'Accept-Language, Cookie')
    .type('html')
    .send(renderPage({ ...page, allowance, switchable }, language));
};

import type { Request, Response } from 'express';
import { readCookie } from '../signin/read-cookie.ts';
import { PORTAL_CONTEXT_HEADER, readPortalContext, type PortalContext } from '../signin/portal-context.ts';
import { chooseLanguage, type Language } from './language.ts';
import type { PortalParts } from './portal-parts.ts';

/** What is known of one request to the portal. */
export interface Visit {
  /** From the data plane. */
  readonly context: PortalContext;
  readonly language: Language;
  /** Path and query, without the wish for a language. */
  readonly here: string;
  /** ms since the epoch. */
  readonly at: number;
  /** Id of the browser session, once it has been asked for. */
  browser: string | undefined;
}

const VISITS = new WeakMap<object, Visit>();

/** Of a request that openVisit let in. */
export const visitOf = (request: Request): Visit => {
  const visit = VISITS.get(request);
  if (visit === undefined) throw new Error('a request without its visit');
  return visit;
};

const LANGUAGES: readonly Language[] = ['zh', 'en'];
/** Holds "zh" or "en", no more. */
const LANGUAGE_COOKIE = 'onecert-lang';
const YEAR_S = 31_536_000;

/** Undefined where no data-plane thread forwarded the request. */
export const openVisit = (parts: PortalParts, request: Request, response: Response): Visit | undefined => {
  const context = readPortalContext(request.get(PORTAL_CONTEXT_HEADER));
  if (context === undefined) return undefined;
  const wished = LANGUAGES.find((each) => each === request.query['lang']);
  const remembered = readCookie(request.headers.cookie, LANGUAGE_COOKIE);
  const language = chooseLanguage(request.headers['accept-language'], wished ?? remembered);
  if (wished !== undefined && wished !== remembered) {
    response.append(
      'Set-Cookie',
      `${LANGUAGE_COOKIE}=${language}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${YEAR_S}`,
    );
  }
  const visit: Visit = {
    context,
    language,
    here: withoutLanguage(request.originalUrl),
    at: parts.clock(),
    browser: parts.browserSessions.read(request.headers.cookie),
  };
  VISITS.set(request, visit);
  return visit;
};

/** The id of this browser, which is given one if it has none. */
export const browserOf = (parts: PortalParts, request: Request, response: Response): string => {
  const visit = visitOf(request);
  if (visit.browser === undefined) renewBrowser(parts, request, response);
  return visit.browser as string;
};

/** Another id, as whenever somebody signs in or out: forms of before are void. */
export const renewBrowser = (parts: PortalParts, request: Request, response: Response): void => {
  const { id, setCookie } = parts.browserSessions.begin();
  visitOf(request).browser = id;
  response.append('Set-Cookie', setCookie);
};

/** Whether sessions and their cookies belong here, or certificates; behind a terminator both may. */
export const servesBrowsers = ({ context }: Visit): boolean => context.listener !== 'mutual-tls';
export const servesCertificates = ({ context }: Visit): boolean => context.listener !== 'browser';

/** A query parameter that is there once. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const withoutLanguage = (url: string): string => {
  const [path = '/', query] = url.split('?', 2);
  if (query === undefined) return path;
  const parameters = new URLSearchParams(query);
  parameters.delete('lang');
  const rest = parameters.toString();
  return rest === '' ? path : `${path}?${rest}`;
};

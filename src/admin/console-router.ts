import express, {
  Router,
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { requireOwnForm } from '../portal/form.ts';
import { limitByAddress } from '../portal/limit-attempts.ts';
import type { PortalParts } from '../portal/portal-parts.ts';
import { requireCaller } from '../portal/routes/route.ts';
import { browserOf, visitOf } from '../portal/visit.ts';
import { refusalOf } from '../portal/portal-app.ts';
import { Refusal } from '../refusal/refusal.ts';
import { checkAccess, isFresh, requireAccess, requireFresh, type PathParameters } from './access.ts';
import { adminCallerOf, isKnown, type AdminCaller } from './admin-caller.ts';
import type { AdminParts } from './admin-parts.ts';
import { refuseInConsole } from './console-refusal.ts';
import { sendConsolePage } from './console-page.ts';
import { onlyFromNetworks } from './networks.ts';
import type { PageAnswer, PageCall, PageRoute, Section } from './section.ts';

/** Settings, certificates and directories are pasted into forms; the data plane lets 256 KiB through to us. */
const FORM_LIMIT = '256kb';
const FORM_FIELDS = 2_000;
/** Purpose of the form tokens of all console pages: who may do what is not said by them. */
const FORM_PURPOSE = 'console';

/** Pages of the console, for the path /console of the portal's app, on listeners of browsers. */
export const createConsoleRouter = (parts: AdminParts, sections: readonly Section[]): RequestHandler => {
  const router = Router({ caseSensitive: true });
  const portal = parts.portal as PortalParts;
  router.use(onlyFromNetworks(parts));
  router.use(limitByAddress({ ...portal, limiters: limitersOf(parts) }, 'console'));
  for (const section of sections) {
    for (const route of section.pages) {
      const path = section.path + route.path || '/';
      checkAccess(`${route.method} ${path}`, path, route.access);
      const readers = route.method === 'post' ? [readForm(portal)] : [];
      router[route.method](path, ...readers, answerPage(parts, sections, section, route));
    }
  }
  router.use(() => {
    throw new Refusal('ONECERT_SERVICE_NOT_FOUND', 'no such page of the console');
  });
  router.use(answerError(parts));
  return router;
};

const limitersOf = ({ limiters: { address } }: AdminParts): PortalParts['limiters'] => ({
  address,
  certificate: address,
});

/** Reads a form and checks that a page of ours sent it; its fields are in the order sent, and may repeat. */
const readForm = (portal: PortalParts): RequestHandler => {
  const read = express.urlencoded({ extended: false, limit: FORM_LIMIT, parameterLimit: FORM_FIELDS });
  return (request, response, next) =>
    read(request, response, (error?: unknown) => {
      if (error !== undefined) return next(error);
      try {
        requireOwnForm(portal, request, FORM_PURPOSE);
        next();
      } catch (refusal) {
        next(refusal);
      }
    });
};

const answerPage =
  (parts: AdminParts, sections: readonly Section[], section: Section, route: PageRoute): RequestHandler =>
  async (request: Request, response: Response) => {
    const portal = parts.portal as PortalParts;
    // Answers for nobody, and for a session whose certificate is no longer good.
    if ((await requireCaller({ parts: portal }, request, response)) === undefined) return;
    const caller = await adminCallerOf(parts, request);
    if (!isKnown(caller)) throw new Error('a caller that was there a moment ago');
    await limitPerson(parts, caller, response);
    const parameters = request.params as PathParameters;
    const { at, language } = visitOf(request);
    await requireAccess(route.access, caller.actor, parameters, parts);
    if (route.access.fresh === true && route.method === 'post') requireFresh(caller.signedInAt, at);
    const call: PageCall = {
      parts,
      caller,
      language,
      parameters,
      query: new URL(request.originalUrl, 'https://here.invalid').searchParams,
      form: formFields(request),
      formToken: portal.browserSessions.formToken(browserOf(portal, request, response), FORM_PURPOSE),
      fresh: isFresh(caller.signedInAt, at),
      at,
      request,
      response,
    };
    await sendAnswer(sections, section, call, await route.handle(call));
  };

/** @throws Refusal ONECERT_TOO_MANY_ATTEMPTS */
const limitPerson = async (
  { limiters }: AdminParts,
  { actor }: AdminCaller,
  response: Response,
): Promise<void> => {
  const { allowed, retryAfterMs } = await limiters.person.ask(`console:${actor.unifiedId}`);
  if (allowed) return;
  response.set('Retry-After', String(Math.ceil(retryAfterMs / 1_000)));
  throw new Refusal('ONECERT_TOO_MANY_ATTEMPTS', 'too many console requests of one person');
};

const formFields = (request: Request): URLSearchParams => {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries((request.body ?? {}) as Record<string, string | string[]>))
    for (const each of [value].flat()) fields.append(name, each);
  return fields;
};

const sendAnswer = async (
  sections: readonly Section[],
  section: Section,
  call: PageCall,
  answer: PageAnswer,
): Promise<void> => {
  const { response } = call;
  if ('sent' in answer) return;
  if ('redirect' in answer) return response.redirect(303, answer.redirect);
  if ('download' in answer) {
    const { name, type, body } = answer.download;
    response.attachment(name).set('Content-Type', type).send(body);
    return;
  }
  await sendConsolePage({ sections, section, call }, answer.page, answer.status);
};

/** Four parameters: that is how express knows it. */
const answerError =
  (parts: AdminParts): ErrorRequestHandler =>
  async (error: unknown, request, response, _next) => {
    if (response.headersSent) return void response.destroy();
    const refusal = refusalOf(error);
    if (refusal.code === 'ONECERT_INTERNAL')
      parts.portal.log('error', 'a defect in the console', { error: (error as Error | undefined)?.stack });
    await refuseInConsole(parts, request, response, refusal).catch(() => response.destroy());
  };

import express, {
  Router,
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import type { z } from 'zod';
import type { ConfigurationIssue } from '../configuration/configuration-error.ts';
import { isFromOwnPage } from '../portal/form.ts';
import { refusalOf } from '../portal/portal-app.ts';
import type { PortalParts } from '../portal/portal-parts.ts';
import { record, refusalEntry } from '../portal/record.ts';
import { browserOf, visitOf } from '../portal/visit.ts';
import { problemOf } from '../refusal/problem.ts';
import { Refusal } from '../refusal/refusal.ts';
import { addressGroup } from '../signin/address-group.ts';
import { checkAccess, requireAccess, requireFresh, type PathParameters } from './access.ts';
import { adminCallerOf, isKnown, type AdminCaller } from './admin-caller.ts';
import type { AdminParts } from './admin-parts.ts';
import { issuesOf } from './console-refusal.ts';
import { InputInvalid, issuesOfInput } from './input-invalid.ts';
import { onlyFromNetworks } from './networks.ts';
import { openApiDocument } from './openapi.ts';
import type { AnyOperation, OperationAnswer } from './operation.ts';
import { API, API_TOKEN_HEADER, API_TOKEN_PURPOSE } from './places.ts';
import type { Section } from './section.ts';

const BODY_LIMIT = '256kb';

/**
 * The admin API, for the path /api/admin/v1 of the portal's app, on all listeners: a call is somebody's by the session in
 * its cookie or by the certificate of its connection.
 */
export const createApiRouter = (parts: AdminParts, sections: readonly Section[]): RequestHandler => {
  const router = Router({ caseSensitive: true });
  const operations = sections.flatMap(({ operations = [] }) => operations);
  const document = JSON.stringify(openApiDocument(sections, parts.portal.urls));
  router.use(onlyFromNetworks(parts));
  router.get('/openapi.json', async (request, response) => {
    await callerOf(parts, request, response);
    response.type('application/json').send(document);
  });
  for (const operation of operations) {
    const { id, method, path, access } = operation;
    checkAccess(id, path, access);
    const readers = operation.body === undefined ? [] : [express.json({ limit: BODY_LIMIT, strict: false })];
    router[method](path.replace(/\{(\w+)\}/g, ':$1'), ...readers, answer(parts, operation));
  }
  router.use(() => {
    throw new Refusal('ONECERT_SERVICE_NOT_FOUND', 'no such operation');
  });
  router.use(answerError(parts));
  return router;
};

const answer =
  (parts: AdminParts, operation: AnyOperation): RequestHandler =>
  async (request, response) => {
    const caller = await callerOf(parts, request, response);
    if (operation.method !== 'get' && caller.by === 'session') requireOwnCall(parts, request);
    const parameters = request.params as PathParameters;
    const { at } = visitOf(request);
    await requireAccess(operation.access, caller.actor, parameters, parts);
    if (operation.access.fresh === true) requireFresh(caller.signedInAt, at);
    const answered = await operation.handle({
      parts,
      caller,
      ...readInput(operation, request),
      ifMatch: operation.ifMatch === true ? versionOf(request.get('if-match')) : undefined,
      at,
    });
    send(parts, operation, answered, { request, response, caller });
  };

const send = (
  parts: AdminParts,
  { answer: schema, status = 200 }: AnyOperation,
  { body, version, location }: OperationAnswer<unknown>,
  { request, response, caller }: { request: Request; response: Response; caller: AdminCaller },
): void => {
  response.status(status).set('Vary', 'Cookie');
  if (version !== undefined) response.set('ETag', `"${version}"`);
  if (location !== undefined) response.set('Location', API + location);
  if (caller.by === 'session') {
    const portal = parts.portal as PortalParts;
    const token = portal.browserSessions.formToken(browserOf(portal, request, response), API_TOKEN_PURPOSE);
    response.set(API_TOKEN_HEADER, token);
  }
  // What is answered is what the document says: nothing else gets out.
  response.type('application/json').send(JSON.stringify(schema.parse(body)));
};

/** @throws Refusal where nobody is known, there are too many calls, or the certificate of a session is no longer good */
const callerOf = async (parts: AdminParts, request: Request, response: Response): Promise<AdminCaller> => {
  const { from } = visitOf(request).context;
  await limit(parts.limiters.address, `api:${addressGroup(from)}`, response);
  const caller = await adminCallerOf(parts, request);
  if (caller === undefined)
    throw new Refusal('ONECERT_CERTIFICATE_REQUIRED', 'no session and no certificate');
  if (!isKnown(caller)) throw new Refusal(caller.code, 'the certificate of a session');
  await limit(parts.limiters.person, `api:${caller.actor.unifiedId}`, response);
  if (caller.actor.roles.length === 0) throw new Refusal('ONECERT_ROLE_REQUIRED', 'somebody without a role');
  return caller;
};

const limit = async (
  limiter: AdminParts['limiters']['person'],
  key: string,
  response: Response,
): Promise<void> => {
  const { allowed, retryAfterMs } = await limiter.ask(key);
  if (allowed) return;
  response.set('Retry-After', String(Math.ceil(retryAfterMs / 1_000)));
  throw new Refusal('ONECERT_TOO_MANY_ATTEMPTS', 'too many calls of the admin API');
};

/** A browser sends its cookie along whoever makes it call (CWE-352). */
const requireOwnCall = (parts: AdminParts, request: Request): void => {
  const { browserSessions, urls } = parts.portal;
  const { browser } = visitOf(request);
  if (!isFromOwnPage(request, urls.browser))
    throw new Refusal('ONECERT_CROSS_SITE', 'a call with a session, from another site or without Origin');
  const token = request.get(API_TOKEN_HEADER);
  if (browser === undefined || !browserSessions.isFormToken(token, browser, API_TOKEN_PURPOSE))
    throw new Refusal('ONECERT_FORM_EXPIRED', `without a ${API_TOKEN_HEADER} that was given to this browser`);
};

const readInput = (
  operation: AnyOperation,
  request: Request,
): { parameters: unknown; query: unknown; body: unknown } => {
  const issues: ConfigurationIssue[] = [];
  const read = (where: string, schema: z.ZodType | undefined, value: unknown): unknown => {
    if (schema === undefined) return undefined;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    issues.push(...issuesOfInput(where, parsed.error));
    return undefined;
  };
  if (operation.body !== undefined && request.is('application/json') === false)
    issues.push({ file: 'body', line: 1, column: 1, path: '', message: 'expected application/json' });
  const input = {
    parameters: read('path', operation.parameters, request.params),
    query: read('query', operation.query, { ...request.query, lang: undefined }),
    body: read('body', operation.body, request.body),
  };
  if (issues.length > 0) throw new InputInvalid(issues);
  return input;
};

/** @throws Refusal ONECERT_PRECONDITION_REQUIRED; a weak or foreign tag is none of ours */
const versionOf = (ifMatch: string | undefined): number => {
  const version = /^"(\d{1,15})"$/.exec(ifMatch?.trim() ?? '')?.[1];
  if (version === undefined) throw new Refusal('ONECERT_PRECONDITION_REQUIRED', 'no If-Match with a version');
  return Number(version);
};

/** Four parameters: that is how express knows it. */
const answerError =
  (parts: AdminParts): ErrorRequestHandler =>
  async (error: unknown, request, response, _next) => {
    if (response.headersSent) return void response.destroy();
    const refusal = refusalOf(error);
    const visit = visitOf(request);
    if (refusal.code === 'ONECERT_INTERNAL')
      parts.portal.log('error', 'a defect in the admin API', { error: (error as Error | undefined)?.stack });
    const code = await recorded(parts, request, refusal);
    const issues = issuesOf(refusal).map(({ file, line, path, message }) => ({ file, line, path, message }));
    const problem = problemOf({
      code,
      reference: visit.context.reference,
      steps: [],
      accepted: [],
      at: visit.at,
    });
    response
      .status((problem as { status: number }).status)
      .set('Content-Type', 'application/problem+json')
      .send(JSON.stringify({ ...problem, ...(issues.length > 0 && { issues }) }));
  };

/** What a flood is refused with is not recorded: the log must not grow with it. */
const recorded = async (parts: AdminParts, request: Request, refusal: Refusal): Promise<Refusal['code']> => {
  const { code, detail } = refusal;
  if (code === 'ONECERT_TOO_MANY_ATTEMPTS' || code === 'ONECERT_SERVICE_NOT_FOUND') return code;
  const caller = await adminCallerOf(parts, request).catch(() => undefined);
  try {
    await record(
      parts.portal as PortalParts,
      refusalEntry(visitOf(request), {
        code,
        reason: detail,
        admission: caller?.admission,
        method: request.method,
        path: (request.baseUrl + request.path).slice(0, 512),
      }),
    );
    return code;
  } catch (failure) {
    if (failure instanceof Refusal) return failure.code;
    throw failure;
  }
};

import type { IncomingMessage, ServerResponse } from 'node:http';
import { ASSERTION_HEADER } from '../../assertion/claims.ts';
import { callerClaims } from '../../decision/caller-claims.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { othersCookies } from '../../signin/own-cookies.ts';
import { PORTAL_CONTEXT_HEADER, readPortalContext, type PortalContext } from '../../signin/portal-context.ts';
import { answerRefusal, answerRefusalPage, REFUSAL_PATH } from './answer-refusal.ts';
import { VERIFY_PATH } from './asked-about.ts';
import { decide, type Allowed } from './decide.ts';
import type { ForwardAuthParts } from './forward-auth-parts.ts';
import { readQuestion } from './question.ts';
import { createDecisionRecord, type DecisionRecord } from './record.ts';

/**
 * Answers what is its own, and hands everything else to `next`. Rejects with a Refusal where nothing can be decided:
 * ONECERT_AUDIT_UNAVAILABLE, ONECERT_SESSION_UNAVAILABLE.
 */
export type ForwardAuth = (
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
) => Promise<void>;

/**
 * Forward-auth: a proxy in front of departments asks, for each call, whether it may go on (`auth_request` of nginx,
 * `forwardAuth` of Traefik, `forward_auth` of Caddy, `ext_authz` of Envoy over HTTP). Yes is 200 with the assertion for
 * the service that the path belongs to; no is 401 or 403 with the code. Each decision stands in the audit log before its
 * answer. The proxy is believed in what it says of its client, so nobody is answered but over the listener that
 * authenticates it.
 */
export const createForwardAuth = (parts: ForwardAuthParts): ForwardAuth => {
  const record = createDecisionRecord(parts.audit);
  return async (request, response, next) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const isQuestion = path === VERIFY_PATH || path.startsWith(`${VERIFY_PATH}/`);
    const context = isQuestion || path === REFUSAL_PATH ? contextOf(request) : undefined;
    if (context?.listener !== 'terminator') next();
    else if (isQuestion) await answer(parts, record, request, response, context);
    else if (!answerRefusalPage(parts, request, response)) next();
  };
};

const contextOf = ({ headers }: IncomingMessage): PortalContext | undefined => {
  const header = headers[PORTAL_CONTEXT_HEADER.toLowerCase()];
  return readPortalContext(typeof header === 'string' ? header : undefined);
};

const answer = async (
  parts: ForwardAuthParts,
  record: DecisionRecord,
  request: IncomingMessage,
  response: ServerResponse,
  context: PortalContext,
): Promise<void> => {
  if (!parts.audit.healthy) throw new Refusal('ONECERT_AUDIT_UNAVAILABLE', 'before a call was decided on');
  const question = readQuestion(parts, request, context);
  const decision = await decide(parts, question);
  if (decision.outcome === 'refuse') {
    await record.refused(question, decision);
    parts.onRefused?.(decision.code);
    answerRefusal(parts, response, question, decision);
    return;
  }
  await record.allowed(question, decision);
  response
    .writeHead(200, {
      [ASSERTION_HEADER]: assertionFor(parts, decision),
      'OneCert-Reference': context.reference,
      // What the department may see of the client's cookies: the proxy puts it in the place of what it was sent.
      Cookie: othersCookies(request.headers.cookie ?? ''),
      'Content-Length': '0',
    })
    .end();
};

const assertionFor = (
  { assertions, pairwiseId }: ForwardAuthParts,
  { service, admission, identity }: Allowed,
): string =>
  assertions.issue({
    ...callerClaims(pairwiseId, service, { ...admission, identity }),
    aud: service.service,
  });

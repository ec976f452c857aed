import type { RefusalCode } from '../refusal/catalogue.ts';
import { rateLimitFields } from '../decision/call-limiter.ts';
import type { Decision } from '../decision/types.ts';
import { SAMPLED } from '../tracing/trace-context.ts';
import type { Tracing } from '../tracing/tracing.ts';
import { refusalForParserError } from './answer-unreadable.ts';
import { isReservedPath } from '../services/reserved-paths.ts';
import { prefersHtml } from '../refusal/problem.ts';
import { Refusal } from '../refusal/refusal.ts';
import { CLIENT_GONE, type Call } from './call.ts';
import type { Caller } from './caller.ts';
import { Attempts } from './attempts.ts';
import { CallSpan } from './call-span.ts';
import { Exchange } from './exchange.ts';
import { findFramingFault } from './framing.ts';
import { sendLocalAnswer } from './local-answer.ts';
import { withoutOwnCookies } from './own-cookies.ts';
import { carryPortalCall } from './portal-call.ts';
import { callEntry, signInEntry } from './record.ts';
import { refuseCall, sendRefusal } from './refuse-call.ts';
import { readRequestHead, type RequestHead } from './request-head.ts';
import { readTarget } from './target.ts';
import { traceOf } from './trace.ts';

/**
 * A call from its head to the decision, in order: one reading of the message, one reading of its target, who calls,
 * whether they may.
 */
export const carryCall = (call: Call): void => {
  guard(call, readCall);
};

/**
 * A call whose maker cannot be told is refused with the code that says why. A defect fails the one call that met it,
 * with an answer, and never lets it through.
 */
const guard = (call: Call, step: (call: Call) => void): void => {
  try {
    step(call);
  } catch (error) {
    if (error instanceof Refusal && call.exchange === undefined) {
      refuseCall(call, error.code);
      return;
    }
    call.closes = true;
    call.plane.parts.log('error', 'a defect failed a call', { reference: call.reference, error });
    if (call.exchange !== undefined) call.exchange.cut();
    else sendRefusal(call, 'ONECERT_INTERNAL');
  }
};

const readCall = (call: Call): void => {
  const { request, plane } = call;
  const head = readRequestHead(request.rawHeaders, plane.treatmentOf, plane.parts.metrics);
  // Before anything is refused: how the connection is left depends on what body there is.
  call.headers = head.headers;
  call.bodyLength = bodyLengthOf(head);
  if (plane.parts.tracing !== undefined) beginTrace(call, plane.parts.tracing);
  const url = request.url ?? '';
  const target = readTarget(url, head.host);
  if (typeof target === 'object') {
    call.path = target.path;
    call.search = target.search;
  } else call.path = withoutQuery(url);
  const fault = findFramingFault(request, head, plane.limits.headerCount);
  if (fault !== undefined || target === 'malformed') {
    refuseMalformed(call, 'ONECERT_REQUEST_MALFORMED', fault ?? 'target');
    return;
  }
  if (target === 'ambiguous') {
    refuseMalformed(call, 'ONECERT_PATH_AMBIGUOUS', 'path');
    return;
  }
  if (sendOwn(call)) return;
  const caller = plane.listener.callerOf(call);
  if (caller instanceof Promise)
    void caller.then((found) => guard(call, () => callBy(call, found)), failing(call));
  else callBy(call, caller);
};

const beginTrace = (call: Call, tracing: Tracing): void => {
  const trace = tracing.begin(call.headers);
  call.tracing = trace;
  if ((trace.flags & SAMPLED) !== 0) call.span = new CallSpan(call, trace, tracing);
};

/** What the gateway answers by itself on every listener, without asking who wants to know: its public keys. */
const sendOwn = (call: Call): boolean => {
  const { portal, local } = call.plane.parts;
  if (portal === undefined || !isReservedPath(call.path) || !isSafe(call)) return false;
  const answer = local(call.path, undefined, call.request.headers);
  if (answer === undefined) return false;
  sendLocalAnswer(call, answer);
  return true;
};

const isSafe = ({ method }: Call): boolean => method === 'GET' || method === 'HEAD';

const callBy = (call: Call, caller: Caller): void => {
  const { portal } = call.plane.parts;
  call.caller = caller;
  if (portal !== undefined && isReservedPath(call.path)) carryPortalCall(call, caller, portal);
  else if (caller.isJudged) decideCall(call);
  else void (call.span?.judge(caller) ?? caller.judge()).then(() => guard(call, decideCall), failing(call));
};

const failing =
  (call: Call) =>
  (error: unknown): void =>
    guard(call, () => {
      throw error;
    });

const bodyLengthOf = ({ contentLength, transferEncoding }: RequestHead): number => {
  if (transferEncoding !== undefined) return -1;
  return contentLength === undefined ? 0 : Number(contentLength) || 0;
};

const withoutQuery = (url: string): string => {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
};

/** Nothing after a message with two readings can be relied on to begin where it seems to. */
const refuseMalformed = (call: Call, code: RefusalCode, reason: string): void => {
  call.closes = true;
  call.unreadable = reason;
  call.connection.seal();
  call.plane.parts.metrics.malformed(reason);
  refuseCall(call, code, reason);
};

const decideCall = (call: Call): void => {
  if (call.gone) {
    call.finish(CLIENT_GONE);
    return;
  }
  if (call.unreadable !== undefined) {
    refuseCall(call, refusalForParserError(call.unreadable), call.unreadable);
    return;
  }
  const { gate, local, portal } = call.plane.parts;
  const { admission } = call;
  const decision = gate.decide(admission, call);
  call.service = decision.service;
  if (decision.outcome === 'allow') {
    forwardCall(call, decision);
    return;
  }
  if (decision.service === undefined && (call.method === 'GET' || call.method === 'HEAD')) {
    const answer = local(call.path, admission, call.request.headers);
    if (answer !== undefined) {
      sendLocalAnswer(call, answer);
      return;
    }
  }
  if (decision.code === 'ONECERT_CERTIFICATE_REQUIRED' && portal !== undefined && wantsToSignIn(call)) {
    sendToSignIn(call, portal.signIn(call.path + call.search));
    return;
  }
  refuseCall(call, decision.code);
};

/** A browser on its way to a page, on the listener that asks for no certificate. A program gets its 401. */
const wantsToSignIn = (call: Call): boolean => {
  const { headers } = call.request;
  const mode = headers['sec-fetch-mode'];
  return (
    call.plane.listener.kind === 'browser' &&
    isSafe(call) &&
    prefersHtml(headers.accept) &&
    (mode === undefined || mode === 'navigate')
  );
};

/** RFC 9110 section 15.4.4. */
const sendToSignIn = (call: Call, location: string): void =>
  sendLocalAnswer(call, {
    status: 303,
    headers: { Location: location, 'Cache-Control': 'no-store' },
    body: '',
  });

const forwardCall = (
  call: Call,
  { service, admission, identity }: Extract<Decision, { outcome: 'allow' }>,
): void => {
  const { caller, plane } = call;
  const { audit, limiter } = plane.parts;
  if (caller === undefined) throw new Error('a call that is decided on has a caller');
  if (call.bodyLength > service.bodyLimit) {
    refuseCall(call, 'ONECERT_BODY_TOO_LARGE');
    return;
  }
  if (!audit.healthy) {
    refuseCall(call, 'ONECERT_AUDIT_UNAVAILABLE');
    return;
  }
  if (service.limits !== undefined) {
    const reached = limiter?.ask(service, { ...admission, identity }, call.receivedAt);
    if (reached !== undefined) {
      refuseCall(call, 'ONECERT_SERVICE_RATE_LIMITED', reached.scope, rateLimitFields(reached));
      return;
    }
  }
  const upstream = plane.upstreams.of(service);
  const backend = upstream.next(call.receivedAt);
  if (backend === undefined) {
    refuseCall(call, 'ONECERT_UPSTREAM_NONE_LEFT');
    return;
  }
  const headers = requestHeaders(call, caller.headersFor(service, admission, call.receivedAt));
  const signsIn = !caller.signedIn;
  const attempts = new Attempts(call, service, upstream, backend);
  const exchange = new Exchange(call, service, attempts, headers, signsIn ? 2 : 1);
  call.exchange = exchange;
  const confirm = (error?: Error): void => exchange.confirm(error);
  if (signsIn) {
    audit.record(signInEntry(call, admission), 'synced', (error) => {
      if (error === undefined) caller.signedIn = true;
      exchange.confirm(error);
    });
  }
  audit.record(callEntry(call, admission), service.audit, confirm);
  exchange.dispatch();
};

const requestHeaders = (call: Call, caller: readonly string[]): string[] => {
  const trace = traceOf(call.headers, call.tracing);
  call.trace = trace.id;
  const headers = withoutOwnCookies(trace.headers).concat(caller, call.forwarding);
  headers.push('OneCert-Reference', call.reference);
  // Without a body undici knows best; with one its length is passed on as it was declared.
  if (call.bodyLength > 0) headers.push('Content-Length', String(call.bodyLength));
  return headers;
};

import { explainRefusal } from '../decision/explain.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { RefusalContext } from '../refusal/context.ts';
import { prefersHtml } from '../refusal/problem.ts';
import { describe } from '../refusal/refusal.ts';
import { endAnswer, writeAnswerHead } from './answer.ts';
import { CLIENT_GONE, type Call } from './call.ts';
import { OWN_ANSWER_HEADERS } from './own-answer-headers.ts';
import { refusalEntry } from './record.ts';

/**
 * Refuses a call: first the audit entry, fsynced, then the answer. Where the entry cannot be kept the caller learns
 * that instead (design, decision 9).
 *
 * @param reason for the audit entry, where the code alone does not say it
 * @param fields more fields of the answer: alternating names and values
 */
export const refuseCall = (
  call: Call,
  code: RefusalCode,
  reason?: string,
  fields: readonly string[] = [],
): void => {
  const { audit } = call.plane.parts;
  if (!audit.healthy) {
    sendRefusal(call, 'ONECERT_AUDIT_UNAVAILABLE');
    return;
  }
  audit.record(refusalEntry(call, code, reason), 'synced', (error) => {
    if (error === undefined) sendRefusal(call, code, fields);
    else sendRefusal(call, 'ONECERT_AUDIT_UNAVAILABLE');
  });
};

/** Answers with a refusal: a page for browsers, RFC 9457 problem+json for everything else. */
export const sendRefusal = (call: Call, code: RefusalCode, fields: readonly string[] = []): void => {
  const { metrics } = call.plane.parts;
  metrics.refused(code);
  call.span?.refused(code);
  if (call.gone) {
    call.finish(CLIENT_GONE);
    return;
  }
  const { status } = describe(code);
  const context = refusalContext(call, code);
  const { contentType, body } = refusalBody(call, context);
  const headers = [
    'Content-Type',
    contentType,
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    'Vary',
    'Accept, Accept-Language',
    'OneCert-Reference',
    call.reference,
    ...OWN_ANSWER_HEADERS,
    ...fields,
  ];
  // RFC 9110 section 15.5.2 asks for a challenge; none of the registered schemes is a TLS certificate.
  if (status === 401) headers.push('WWW-Authenticate', 'ClientCertificate realm="OneCert"');
  const retryAfter = retryAfterOf(context, status);
  if (retryAfter !== undefined) headers.push('Retry-After', String(retryAfter));
  writeAnswerHead(call, status, undefined, headers);
  endAnswer(call, status, call.method === 'HEAD' ? undefined : body);
};

/** Seconds (RFC 9110 section 10.2.3). A service that is closed for good has none. */
const retryAfterOf = ({ code, until, at }: RefusalContext, status: number): number | undefined => {
  if (until !== undefined) return Math.max(1, Math.ceil((until - at) / 1000));
  return status === 503 && code !== 'ONECERT_SERVICE_CLOSED' && code !== 'ONECERT_SERVICE_MAINTENANCE'
    ? 5
    : undefined;
};

const refusalBody = (call: Call, context: RefusalContext): { contentType: string; body: Buffer } => {
  const { refusalPage, problem, log } = call.plane.parts;
  const { headers } = call.request;
  const { code } = context;
  try {
    if (prefersHtml(headers.accept)) {
      const page = refusalPage(context, headers['accept-language']);
      return { contentType: 'text/html; charset=utf-8', body: Buffer.from(page) };
    }
    return { contentType: 'application/problem+json', body: Buffer.from(JSON.stringify(problem(context))) };
  } catch (error) {
    log('error', 'a refusal could not be put into words', { code, reference: call.reference, error });
    const bare = { title: code, status: describe(code).status, reference: call.reference };
    return { contentType: 'application/problem+json', body: Buffer.from(JSON.stringify(bare)) };
  }
};

const refusalContext = (call: Call, code: RefusalCode): RefusalContext => {
  const { admission } = call;
  const { service } = call;
  // What is enrolled here is told only to those who hold a good certificate.
  const known = admission !== undefined && admission.refusal === undefined ? service : undefined;
  return {
    code,
    reference: call.reference,
    steps: code === admission?.refusal ? admission.verdict.steps : [],
    accepted: call.plane.parts.acceptedAuthorities(known),
    ...(known !== undefined && { service: known.name }),
    ...explainRefusal(code, known, admission, call.receivedAt),
    at: call.receivedAt,
  };
};

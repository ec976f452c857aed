import type { IncomingMessage, ServerResponse } from 'node:http';
import { explainRefusal } from '../../decision/explain.ts';
import { CATALOGUE, type RefusalCode } from '../../refusal/catalogue.ts';
import type { RefusalContext } from '../../refusal/context.ts';
import { prefersHtml, problemOf } from '../../refusal/problem.ts';
import { describe } from '../../refusal/refusal.ts';
import type { Refused } from './decide.ts';
import type { ForwardAuthParts } from './forward-auth-parts.ts';
import type { Question } from './question.ts';

/** Where a proxy gets the page of a refusal whose body it has not kept (nginx). */
export const REFUSAL_PATH = '/auth/refusal';

type Pages = Pick<ForwardAuthParts, 'acceptedAuthorities' | 'refusalPage'>;

/**
 * Says no. nginx takes 401, 403 and failures only: every other status becomes one of them, with the code in OneCert-Code,
 * and in OneCert-Sign-In where to lead a browser that has to sign in first. Proxies that relay the answer lead it there
 * themselves, by 303.
 */
export const answerRefusal = (
  parts: Pages & Pick<ForwardAuthParts, 'signInOrigin'>,
  response: ServerResponse,
  question: Question,
  { code, service, admission, fields = [] }: Refused,
): void => {
  const { request, isRelayed, context, at, path, search } = question;
  const { status } = describe(code);
  for (let index = 0; index < fields.length; index += 2) {
    response.setHeader(fields[index] as string, fields[index + 1] as string);
  }
  response.setHeader('OneCert-Code', code);
  response.setHeader('OneCert-Reference', context.reference);
  if (code === 'ONECERT_CERTIFICATE_REQUIRED' && wantsToSignIn(question)) {
    const signIn = `${parts.signInOrigin}/signin?return=${encodeURIComponent(path + search)}`;
    response.setHeader('OneCert-Sign-In', signIn);
    if (isRelayed) {
      response.setHeader('Location', signIn);
      response.setHeader('Content-Length', '0');
      response.writeHead(303).end();
      return;
    }
  }
  sendRefusal(parts, request, response, isRelayed || status >= 500 ? status : status === 401 ? 401 : 403, {
    code,
    reference: context.reference,
    steps: admission?.verdict.steps ?? [],
    accepted: parts.acceptedAuthorities(service),
    ...(service !== undefined && { service: service.name }),
    ...explainRefusal(code, service, admission, at),
    at,
  });
};

/** A browser on its way to a page. A program gets its 401. */
const wantsToSignIn = ({ request: { headers }, method }: Question): boolean => {
  const mode = headers['sec-fetch-mode'];
  return (
    (method === 'GET' || method === 'HEAD') &&
    prefersHtml(headers.accept) &&
    (mode === undefined || mode === 'navigate')
  );
};

/**
 * GET /auth/refusal?code=…&reference=… : what the code tells people, as /auth/verify has refused with it. False where
 * that is no code. Says nothing that is not in the catalogue.
 */
export const answerRefusalPage = (
  parts: Pages & Pick<ForwardAuthParts, 'clock'>,
  request: IncomingMessage,
  response: ServerResponse,
): boolean => {
  const { searchParams } = new URL(request.url ?? '', 'https://here.invalid');
  const [code, reference] = [searchParams.get('code') ?? '', searchParams.get('reference') ?? ''];
  if (!isCode(code) || !/^[\w-]{1,64}$/.test(reference)) return false;
  sendRefusal(parts, request, response, describe(code).status, {
    code,
    reference,
    steps: [],
    accepted: parts.acceptedAuthorities(),
    at: parts.clock(),
  });
  return true;
};

const isCode = (text: string): text is RefusalCode => Object.hasOwn(CATALOGUE, text);

const sendRefusal = (
  parts: Pages,
  { headers }: IncomingMessage,
  response: ServerResponse,
  status: number,
  context: RefusalContext,
): void => {
  // RFC 9110 section 15.5.2; as for calls that the gateway carries itself.
  if (status === 401) response.setHeader('WWW-Authenticate', 'ClientCertificate realm="OneCert"');
  const { code, until, at } = context;
  if (until !== undefined) response.setHeader('Retry-After', Math.max(1, Math.ceil((until - at) / 1000)));
  else if (status === 503 && !code.startsWith('ONECERT_SERVICE_')) response.setHeader('Retry-After', '5');
  response.setHeader('Vary', 'Accept, Accept-Language, Cookie');
  if (prefersHtml(headers.accept)) {
    const { html, policy } = parts.refusalPage(context, headers);
    response.setHeader('Content-Security-Policy', policy);
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.writeHead(status).end(html);
    return;
  }
  response.setHeader('Content-Type', 'application/problem+json');
  response.writeHead(status).end(JSON.stringify(problemOf(context)));
};

import type { Request, Response } from 'express';
import type { Admission } from '../decision/types.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { RefusalContext } from '../refusal/context.ts';
import { prefersHtml, problemOf } from '../refusal/problem.ts';
import { describe, Refusal } from '../refusal/refusal.ts';
import type { Html } from './html.ts';
import { policyHeader } from './layout.ts';
import type { PortalParts } from './portal-parts.ts';
import { record, refusalEntry } from './record.ts';
import { renderRefusalPage } from './refusal-page.ts';
import { servesBrowsers, visitOf } from './visit.ts';

export interface PortalRefusal {
  readonly code: RefusalCode;
  /** For operators; no personal data. */
  readonly detail: string;
  /** Whose report is shown. */
  readonly admission?: Admission | undefined;
  /** More advice, below what the catalogue says; in the visit's language. */
  readonly advice?: Html;
  readonly retryAfterMs?: number;
  /** Whether it goes to the audit log; default: yes. */
  readonly recorded?: boolean;
}

/** Answers with a refusal: a page for people, a problem document for programs; recorded before. */
export const refuse = async (
  parts: PortalParts,
  request: Request,
  response: Response,
  refusal: PortalRefusal,
): Promise<void> => {
  const { recorded = true, admission, detail, retryAfterMs } = refusal;
  const visit = visitOf(request);
  let { code } = refusal;
  if (recorded) {
    const { method } = request;
    const path = request.baseUrl + request.path;
    try {
      await record(
        parts,
        refusalEntry(visit, { code, reason: detail, admission, method, path: path.slice(0, 512) }),
      );
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      code = error.code;
    }
  }
  parts.log('info', 'refused', { code, detail, reference: visit.context.reference });
  const context: RefusalContext = {
    code,
    reference: visit.context.reference,
    steps: code === refusal.code ? (admission?.verdict.steps ?? []) : [],
    accepted: parts.authorities().map(({ name }) => name),
    at: visit.at,
  };
  response.status(describe(code).status).set('OneCert-Reference', visit.context.reference);
  if (retryAfterMs !== undefined) response.set('Retry-After', String(Math.ceil(retryAfterMs / 1000)));
  if (!prefersHtml(request.get('accept'))) {
    response.set('Content-Type', 'application/problem+json').send(JSON.stringify(problemOf(context)));
    return;
  }
  const page = renderRefusalPage(context, visit.language, {
    ...(refusal.advice !== undefined && { advice: refusal.advice }),
    ...(!servesBrowsers(visit) && { base: parts.urls.browser }),
  });
  response
    .set('Content-Security-Policy', policyHeader({}))
    .set('Vary', 'Accept, Accept-Language, Cookie')
    .type('html')
    .send(page);
};

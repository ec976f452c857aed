import type { RefusalContext } from './context.ts';
import { describe } from './refusal.ts';

/**
 * A refusal as a problem document (RFC 9457, application/problem+json). `title` and `detail` are English, for
 * developers; what a person is to be told stands under `zh` and `en`. `type` names the code and is not fetched.
 */
export const problemOf = (context: RefusalContext): object => {
  const { code, reference, steps, accepted, service, notice, until, at } = context;
  const { status, clause, zh, en } = describe(code);
  return {
    type: `urn:onecert:refusal:${code}`,
    title: en.title,
    status,
    detail: en.next,
    code,
    clause,
    reference,
    at: new Date(at).toISOString(),
    zh,
    en,
    ...(service !== undefined && { service }),
    ...(notice !== undefined && { notice }),
    ...(until !== undefined && { until: new Date(until).toISOString() }),
    accepted,
    report: steps,
  };
};

/** Characters of an Accept header that are looked at; browsers send under two hundred. */
const HEADER_LIMIT = 1_000;

/**
 * Whether who sends this Accept header wants a page rather than a problem document (RFC 9110 section 12.5.1): HTML is
 * named, and no less liked than JSON. A wildcard is what programs send, and no wish for HTML.
 */
export const prefersHtml = (accept: string | undefined): boolean => {
  let [page, document] = [0, 0];
  for (const range of (accept ?? '').slice(0, HEADER_LIMIT).split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (type === 'text/html' || type === 'application/xhtml+xml') page = Math.max(page, weightOf(parameters));
    if (type === 'application/json' || type === 'application/problem+json')
      document = Math.max(document, weightOf(parameters));
  }
  return page > 0 && page >= document;
};

const weightOf = (parameters: readonly string[]): number => {
  const written = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  if (written === undefined) return 1;
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(written) ? Number(written) : 0;
};

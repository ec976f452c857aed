import type { IncomingMessage } from 'node:http';
import { PORTAL_CONTEXT_HEADER, readPortalContext, type PortalContext } from '../../signin/portal-context.ts';
import { readTraceparent } from '../../tracing/trace-context.ts';

/** What a data-plane thread said of a request; without it nothing is answered (src/portal/portal-app.ts). */
export const contextOf = ({ headers }: Pick<IncomingMessage, 'headers'>): PortalContext => {
  const header = headers[PORTAL_CONTEXT_HEADER.toLowerCase()];
  const context = readPortalContext(typeof header === 'string' ? header : undefined);
  if (context === undefined) throw new Error('a request that no data-plane thread forwarded');
  return context;
};

/** The trace id that a request names (W3C Trace Context section 3.2). */
export const traceOf = ({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined => {
  const { traceparent } = headers;
  return typeof traceparent === 'string' ? readTraceparent(traceparent)?.id : undefined;
};

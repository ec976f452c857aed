import { PORTAL_CONTEXT_HEADER, writePortalContext } from '../signin/portal-context.ts';
import type { Call } from './call.ts';
import type { Caller } from './caller.ts';
import { Attempts } from './attempts.ts';
import { Exchange } from './exchange.ts';
import type { Portal } from './data-plane.ts';
import { refuseCall } from './refuse-call.ts';

/**
 * Carries a call of one of the gateway's own pages to the portal, with what this thread knows of who makes it. The
 * portal judges and records for itself; nothing is decided here.
 */
export const carryPortalCall = (call: Call, caller: Caller, { service }: Portal): void => {
  const { plane } = call;
  if (call.bodyLength > service.bodyLimit) {
    refuseCall(call, 'ONECERT_BODY_TOO_LARGE');
    return;
  }
  const { credential } = caller;
  const isShown = credential?.proof === 'mutual-tls' || credential?.proof === 'terminator';
  const context = writePortalContext({
    listener: plane.listener.kind,
    from: call.from,
    reference: call.reference,
    ...(isForwardAuth(call.path) && { askedAbout: plane.listener.askedAbout?.(call) }),
    // A session's certificate is the portal's own knowledge: it reads the cookie itself.
    ...(isShown &&
      plane.listener.kind !== 'browser' && {
        credential: {
          chain: credential.chain.map((der) => Buffer.from(der).toString('base64')),
          proof: credential.proof,
          // A terminator has its client prove it anew at each connection, and says so with every call.
          provenAt: credential.proof === 'terminator' ? call.receivedAt : credential.provenAt,
        },
      }),
  });
  const headers = call.headers.concat(call.forwarding, [
    PORTAL_CONTEXT_HEADER,
    context,
    'OneCert-Reference',
    call.reference,
  ]);
  if (call.bodyLength > 0) headers.push('Content-Length', String(call.bodyLength));
  const upstream = plane.upstreams.of(service);
  const backend = upstream.next(call.receivedAt);
  if (backend === undefined) throw new Error('the portal has one back end, whose health nobody checks');
  const exchange = new Exchange(call, service, new Attempts(call, service, upstream, backend), headers, 1);
  call.exchange = exchange;
  exchange.dispatch();
  // Nothing of it waits for the audit log here.
  exchange.confirm(undefined);
};

const isForwardAuth = (path: string): boolean => path === '/auth' || path.startsWith('/auth/');

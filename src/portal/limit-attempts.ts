import type { Request, RequestHandler } from 'express';
import { addressGroup } from '../signin/address-group.ts';
import type { PortalParts } from './portal-parts.ts';
import { refuse } from './refuse.ts';
import { visitOf } from './visit.ts';

/**
 * So many attempts of one kind from one address. What is too much is not recorded: an audit log that grows with every
 * request of a flood would be another way to harm us.
 */
export const limitByAddress =
  (parts: PortalParts, kind: string): RequestHandler =>
  async (request: Request, response, next) => {
    const { from } = visitOf(request).context;
    const { allowed, retryAfterMs } = await parts.limiters.address.ask(`${kind}:${addressGroup(from)}`);
    if (allowed) return next();
    await refuse(parts, request, response, {
      code: 'ONECERT_TOO_MANY_ATTEMPTS',
      detail: `${kind}: too many from one address`,
      retryAfterMs,
      recorded: false,
    });
  };

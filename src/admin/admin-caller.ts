import type { Request } from 'express';
import type { Actor } from '../changes/change-service.ts';
import type { Admission } from '../decision/types.ts';
import type { Identity } from '../identity/identity.ts';
import { callerOf, isSignedIn, type EndedCaller } from '../portal/caller.ts';
import type { PortalParts } from '../portal/portal-parts.ts';
import { servesBrowsers, visitOf } from '../portal/visit.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { AdminParts } from './admin-parts.ts';

/** Somebody known, with the roles in force now. */
export interface AdminCaller {
  readonly actor: Actor;
  readonly identity: Identity;
  readonly admission: Admission;
  /** When possession of the certificate's key was shown for this session or connection, ms since the epoch. */
  readonly signedInAt: number;
  /** By the session in a cookie, which other sites could make a browser send along, or by the connection. */
  readonly by: 'session' | 'certificate';
}

/**
 * Who sends a request: by session, or by the certificate of the connection where it came in by mutual TLS or through a
 * terminator. Undefined for nobody.
 */
export const adminCallerOf = async (
  parts: AdminParts,
  request: Request,
): Promise<AdminCaller | EndedCaller | undefined> => {
  const portal = parts.portal as PortalParts;
  const visit = visitOf(request);
  if (servesBrowsers(visit)) {
    const caller = await callerOf(portal, request);
    if (caller !== undefined) {
      if (!isSignedIn(caller)) return caller;
      const { session, admission, identity } = caller;
      return known(parts, { admission, identity, signedInAt: session.createdAt, by: 'session' });
    }
  }
  const { credential, from } = visit.context;
  if (credential === undefined) return undefined;
  const admission = await parts.portal.gate.admit({
    chain: credential.chain.map((der) => Buffer.from(der, 'base64')),
    proof: credential.proof,
    provenAt: credential.provenAt,
    from,
  });
  const { identity, refusal } = admission;
  if (identity === undefined) throw new Refusal(refusal ?? 'ONECERT_INTERNAL', 'the certificate of a call');
  return known(parts, { admission, identity, signedInAt: credential.provenAt, by: 'certificate' });
};

const known = async (parts: AdminParts, found: Omit<AdminCaller, 'actor'>): Promise<AdminCaller> => {
  const { unifiedId } = found.identity;
  const certificate = found.admission.verdict.thumbprint;
  return {
    ...found,
    actor: { unifiedId, certificate, roles: await parts.rolesOf({ unifiedId, certificate }) },
  };
};

export const isKnown = (caller: AdminCaller | EndedCaller | undefined): caller is AdminCaller =>
  caller !== undefined && 'actor' in caller;

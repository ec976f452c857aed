import type { Request } from 'express';
import { judgeSession } from '../decision/judge-session.ts';
import type { Admission } from '../decision/types.ts';
import type { Identity } from '../identity/identity.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Session } from '../signin/session.ts';
import type { PortalParts } from './portal-parts.ts';
import { servesBrowsers, visitOf } from './visit.ts';

/** Somebody signed in, whose certificate has just been judged again. */
export interface Caller {
  readonly session: Session;
  readonly admission: Admission;
  readonly identity: Identity;
}

/** A session that ended with this request: its certificate is no longer good. */
export interface EndedCaller {
  readonly session: Session;
  readonly admission: Admission;
  readonly code: RefusalCode;
}

const KNOWN = new WeakMap<object, Promise<Caller | EndedCaller | undefined>>();

/**
 * Who sends a request; undefined for nobody. Rejects with a Refusal ONECERT_SESSION_UNAVAILABLE while the store of
 * sessions cannot answer.
 */
export const callerOf = (parts: PortalParts, request: Request): Promise<Caller | EndedCaller | undefined> => {
  let caller = KNOWN.get(request);
  if (caller === undefined) {
    caller = findCaller(parts, request);
    KNOWN.set(request, caller);
  }
  return caller;
};

export const isSignedIn = (caller: Caller | EndedCaller | undefined): caller is Caller =>
  caller !== undefined && 'identity' in caller;

const findCaller = async (
  { sessions, gate, endSession }: PortalParts,
  request: Request,
): Promise<Caller | EndedCaller | undefined> => {
  const visit = visitOf(request);
  if (!servesBrowsers(visit)) return undefined;
  const session = await sessions.find(request.headers.cookie);
  if (session === undefined) return undefined;
  const judged = await judgeSession({ gate, endSession }, session, visit.context.from);
  if (judged === undefined || 'code' in judged) return judged;
  const { admission } = judged;
  return { session: (await sessions.touch(session)) ?? session, admission, identity: admission.identity };
};

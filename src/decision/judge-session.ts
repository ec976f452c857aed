import type { Identity } from '../identity/identity.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import { credentialOf, type Session } from '../signin/session.ts';
import type { Admission, Gate } from './types.ts';

export interface JudgedSession {
  readonly session: Session;
  readonly admission: Admission & { readonly identity: Identity };
}

/** A session whose certificate is not good now, and why. */
export interface RefusedSession {
  readonly session: Session;
  readonly admission: Admission;
  readonly code: RefusalCode;
}

export interface SessionJudgeParts {
  readonly gate: Pick<Gate, 'admit'>;
  readonly sessions: { end(key: string): Promise<unknown> };
}

/**
 * Judges the certificate of a session anew, and ends the session when it is good no longer. Undefined where the
 * identity is another than the session began with.
 *
 * @param from address of this request, as text
 */
export const judgeSession = async (
  { gate, sessions }: SessionJudgeParts,
  session: Session,
  from: string,
): Promise<JudgedSession | RefusedSession | undefined> => {
  const admission = await gate.admit(credentialOf(session, from));
  const { identity, refusal } = admission;
  if (identity === undefined) {
    const code = refusal ?? 'ONECERT_INTERNAL';
    // A failure of ours says nothing about the certificate: the session stays, this request is refused.
    if (code !== 'ONECERT_INTERNAL' && code !== 'ONECERT_REVOCATION_UNKNOWN') await sessions.end(session.key);
    return { session, admission, code };
  }
  // Operators may have taken two people apart who were one.
  if (identity.unifiedId !== session.unifiedId) {
    await sessions.end(session.key);
    return undefined;
  }
  return { session, admission: { ...admission, identity } };
};

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

/** Why a session ends that nobody ended. */
export interface EndCause {
  /**
   * `certificate-refused`: its certificate is good no longer; `identity-locked`, `identity-merged`: operators decided so of
   * its identity; `identity-changed`: its certificate is another identity's by now.
   */
  readonly cause: 'certificate-refused' | 'identity-locked' | 'identity-merged' | 'identity-changed';
  /** What its certificate is refused with from now on. */
  readonly code?: RefusalCode | undefined;
}

export interface SessionJudgeParts {
  readonly gate: Pick<Gate, 'admit'>;
  /** Ends it, and sees to it that the audit log has it. */
  readonly endSession: (session: Session, why: EndCause) => Promise<unknown>;
}

/** Failures of ours, which say nothing about a certificate. */
const OURS: ReadonlySet<RefusalCode> = new Set([
  'ONECERT_INTERNAL',
  'ONECERT_REVOCATION_UNKNOWN',
  'ONECERT_REGISTER_UNAVAILABLE',
]);

/** Why a session whose certificate is refused with `code` is over; undefined where it stays. */
export const endOf = (code: RefusalCode): EndCause | undefined => {
  if (OURS.has(code)) return undefined;
  return { cause: code === 'ONECERT_IDENTITY_LOCKED' ? 'identity-locked' : 'certificate-refused', code };
};

/**
 * Judges the certificate of a session anew, and ends the session when it is good no longer. Undefined where the
 * identity is another than the session began with.
 *
 * @param from address of this request, as text
 */
export const judgeSession = async (
  { gate, endSession }: SessionJudgeParts,
  session: Session,
  from: string,
): Promise<JudgedSession | RefusedSession | undefined> => {
  const admission = await gate.admit(credentialOf(session, from));
  const { identity, refusal } = admission;
  if (identity === undefined) {
    const code = refusal ?? 'ONECERT_INTERNAL';
    // Where the failure is ours the session stays, and this request is refused.
    const why = endOf(code);
    if (why !== undefined) await endSession(session, why);
    return { session, admission, code };
  }
  // Operators have made one of two, or its profile reads the certificate otherwise.
  if (identity.unifiedId !== session.unifiedId) {
    await endSession(session, { cause: 'identity-changed' });
    return undefined;
  }
  return { session, admission: { ...admission, identity } };
};

import type { AuditKeyStore } from '../audit/key-store.ts';
import { parseCertificate } from '../certificate/parse.ts';
import { endOf, type SessionJudgeParts } from '../decision/judge-session.ts';
import { identifySubject } from '../identity/identify-subject.ts';
import type { IdentityRegister } from '../identity/register.ts';
import type { Logger } from '../observability/logging.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { RevocationService } from '../revocation/revocation-service.ts';
import type { Sessions } from '../signin/sessions.ts';
import type { SharedCounts } from '../storage/shared-counts.ts';
import type { TrustList } from '../trust/trust-list.ts';
import type { ControlAnswers } from './thread-protocol.ts';

export interface ControlAnswersParts {
  readonly trust: () => TrustList;
  readonly revocation: Pick<RevocationService, 'resolve'>;
  readonly register: IdentityRegister;
  readonly sessions: Pick<Sessions, 'get' | 'touch'>;
  /** Ends a session that was found to be over, and records that. */
  readonly endSession: SessionJudgeParts['endSession'];
  readonly auditKeys: Pick<AuditKeyStore, 'keyOf'>;
  readonly callCounts: SharedCounts;
  readonly log: Logger;
}

/** What data-plane threads ask of the control thread: the network and the register. */
export const controlAnswers = ({
  trust,
  revocation,
  register,
  sessions,
  endSession,
  callCounts,
  auditKeys,
  log,
}: ControlAnswersParts): ControlAnswers => ({
  resolveRevocation: ({ certificate, issuer, ...question }) =>
    revocation.resolve({
      ...question,
      certificate: parseCertificate(certificate),
      issuer: parseCertificate(issuer),
    }),
  identify: async ({ der, authority }) => {
    const settings = trust().authorities.get(authority)?.settings;
    // Withdrawn between the verdict and this question: the next request is judged under the new trust list.
    if (settings === undefined)
      throw new Refusal('ONECERT_CERTIFICATE_UNTRUSTED', `no authority ${authority}`);
    return identifySubject(register, parseCertificate(der), settings.identity, { authority, at: Date.now() });
  },
  getSession: (key) => sessions.get(key),
  touchSession: (session) => sessions.touch(session),
  sessionRefused: async ({ session, code }) => {
    const why = endOf(code);
    if (why !== undefined) await endSession(session, why);
  },
  auditKey: (owner) => auditKeys.keyOf(owner),
  countCalls: (batch) => callCounts.add(batch),
  log: ({ level, message, fields }) => log[level](fields, message),
});

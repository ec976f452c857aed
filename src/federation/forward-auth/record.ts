import type { AuditEntry, AuditSink, Durability } from '../../audit/entry.ts';
import type { Admission } from '../../decision/types.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { Service } from '../../services/enrolment.ts';
import { traceOf } from '../oidc/request-context.ts';
import type { Allowed, Refused } from './decide.ts';
import type { Question } from './question.ts';

/** Keeps decisions. Each rejects with a Refusal ONECERT_AUDIT_UNAVAILABLE where it cannot be kept. */
export interface DecisionRecord {
  allowed(question: Question, allowed: Allowed): Promise<void>;
  refused(question: Question, refused: Refused): Promise<void>;
}

const PATH_LIMIT = 512;
/** Certificates whose sign-in is known to stand in the log; of one forgotten it is recorded once more. */
const SIGN_INS = 50_000;

export const createDecisionRecord = (audit: AuditSink): DecisionRecord => {
  const signIns = new Map<string, Promise<void>>();
  const keep = (entry: AuditEntry, durability: Durability): Promise<void> =>
    new Promise((resolve, reject) => {
      audit.record(entry, durability, (error) => {
        if (error === undefined) resolve();
        else reject(new Refusal('ONECERT_AUDIT_UNAVAILABLE', error.message, { cause: error }));
      });
    });
  /** Once for each certificate that proxies hand on; a session's stands there since it began. */
  const signIn = (question: Question, admission: Admission): Promise<void> => {
    const { thumbprint } = admission.verdict;
    if (question.context.credential === undefined) return Promise.resolve();
    let kept = signIns.get(thumbprint);
    if (kept === undefined) {
      const entry = { ...entryOf('sign-in', question, admission), proof: admission.credential.proof };
      kept = keep(entry, 'synced');
      signIns.set(thumbprint, kept);
      kept.catch(() => signIns.delete(thumbprint));
      const [oldest] = signIns.keys();
      if (signIns.size > SIGN_INS && oldest !== undefined) signIns.delete(oldest);
    }
    return kept;
  };
  return {
    allowed: async (question, { admission, service }) => {
      const call = { ...entryOf('call', question, admission), ...callOf(question, service) };
      await Promise.all([signIn(question, admission), keep(call, service.audit)]);
    },
    refused: (question, { code, reason, admission, service }) =>
      keep(
        { ...entryOf('refusal', question, admission), code, reason, ...callOf(question, service) },
        'synced',
      ),
  };
};

const entryOf = (
  event: AuditEntry['event'],
  { at, context, request }: Question,
  admission: Admission | undefined,
): AuditEntry => ({
  event,
  at,
  reference: context.reference,
  from: context.from,
  trace: traceOf(request),
  unifiedId: admission?.identity?.unifiedId,
  thumbprint: admission?.verdict.thumbprint,
  authority: admission?.verdict.authority,
  acting: admission?.identity?.acting?.role,
  verdict: admission?.verdict.id,
});

/** What was called for, and that a proxy carries it, not the gateway. */
const callOf = (
  { method, path }: Question,
  service: Service | undefined,
): Omit<AuditEntry, 'event' | 'at'> => ({
  department: service?.department.department,
  service: service?.service,
  method,
  path: path.length <= PATH_LIMIT ? path : `${path.slice(0, PATH_LIMIT)}…`,
  carrier: 'forward-auth',
});

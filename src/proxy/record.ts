import type { AuditEntry } from '../audit/entry.ts';
import type { Admission } from '../decision/types.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Call } from './call.ts';

/** A path is kept without its query, which is where forms put what people type; and no longer than this. */
const PATH_LIMIT = 512;

const shortened = (path: string): string =>
  path.length <= PATH_LIMIT ? path : `${path.slice(0, PATH_LIMIT)}…`;

/** A call was allowed and is on its way to the department. */
export const callEntry = (call: Call, { identity, verdict }: Admission): AuditEntry => ({
  event: 'call',
  at: call.receivedAt,
  reference: call.reference,
  trace: call.trace,
  from: call.from,
  unifiedId: identity?.unifiedId,
  thumbprint: verdict.thumbprint,
  authority: verdict.authority,
  acting: identity?.acting?.role,
  verdict: verdict.id,
  department: call.service?.department.department,
  service: call.service?.service,
  method: call.method,
  path: shortened(call.path),
  ...(call.isUpgrade && { upgrade: 'websocket' }),
});

/** The first call of a connection whose certificate was found good. */
export const signInEntry = (call: Call, { credential, identity, verdict }: Admission): AuditEntry => ({
  event: 'sign-in',
  at: call.receivedAt,
  reference: call.reference,
  from: call.from,
  proof: credential.proof,
  unifiedId: identity?.unifiedId,
  thumbprint: verdict.thumbprint,
  authority: verdict.authority,
  acting: identity?.acting?.role,
  verdict: verdict.id,
});

export const refusalEntry = (call: Call, code: RefusalCode, reason: string | undefined): AuditEntry => {
  const admission = call.admission;
  return {
    event: 'refusal',
    at: call.receivedAt,
    reference: call.reference,
    from: call.from,
    code,
    reason,
    unifiedId: admission?.identity?.unifiedId,
    thumbprint: admission?.verdict.thumbprint,
    authority: admission?.verdict.authority,
    acting: admission?.identity?.acting?.role,
    verdict: admission?.verdict.id,
    department: call.service?.department.department,
    service: call.service?.service,
    method: call.method,
    path: shortened(call.path),
  };
};

/** What became of a call other than the department's answer, and why. */
export const outcomeEntry = (
  call: Call,
  outcome: 'answered-by-gateway' | 'client-gone' | 'answer-cut',
  at: number,
  code?: RefusalCode,
): AuditEntry => ({
  event: 'outcome',
  at,
  reference: call.reference,
  outcome,
  code,
  department: call.service?.department.department,
  service: call.service?.service,
});

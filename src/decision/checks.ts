import type { RefusalCode } from '../refusal/catalogue.ts';
import { opensOperation } from '../services/directory.ts';
import type { Service } from '../services/enrolment.ts';
import type { Admission, CallTarget } from './types.ts';

/** What a call is judged on. */
export interface Call {
  readonly admission: Admission | undefined;
  readonly service: Service | undefined;
  readonly target: CallTarget;
}

/** One question put to a call: the code to refuse it with, or nothing. */
export type Check = (call: Call) => RefusalCode | undefined;

/** One that does not depend on what is called for. */
type CallerCheck = (call: Pick<Call, 'admission' | 'service'>) => RefusalCode | undefined;

const presentsCertificate: CallerCheck = ({ admission }) =>
  admission === undefined ? 'ONECERT_CERTIFICATE_REQUIRED' : undefined;

const isAdmitted: CallerCheck = ({ admission }) => admission?.refusal;

const isEnrolled: CallerCheck = ({ service }) =>
  service === undefined ? 'ONECERT_SERVICE_NOT_FOUND' : undefined;

const isEnabled: CallerCheck = ({ service }) =>
  service?.enabled === true ? undefined : 'ONECERT_SERVICE_DISABLED';

const isOfAcceptedKind: CallerCheck = ({ admission, service }) => {
  const kind = admission?.identity?.kind;
  return kind !== undefined && service?.subjects.includes(kind) === true
    ? undefined
    : 'ONECERT_SUBJECT_KIND_NOT_ACCEPTED';
};

const isOfAcceptedAuthority: CallerCheck = ({ admission, service }) => {
  const authority = admission?.verdict.authority;
  const accepted = service?.authorities;
  const admitted = accepted === 'all' || (authority !== undefined && accepted?.includes(authority) === true);
  return admitted ? undefined : 'ONECERT_AUTHORITY_NOT_ACCEPTED';
};

const isOpenOperation: Check = ({ service, target }) =>
  service !== undefined && opensOperation(service, target.method, target.path)
    ? undefined
    : 'ONECERT_METHOD_NOT_ENROLLED';

/**
 * Whether somebody may use a service at all, in order. The person comes before the service, so that nobody learns what
 * is enrolled here without a good certificate.
 */
const CALLER_CHECKS: readonly CallerCheck[] = [
  presentsCertificate,
  isAdmitted,
  isEnrolled,
  isEnabled,
  isOfAcceptedKind,
  isOfAcceptedAuthority,
];

/** The decision, in order; the first code given refuses the call. */
export const CHECKS: readonly Check[] = [...CALLER_CHECKS, isOpenOperation];

/**
 * The code to refuse somebody a service with, whatever they would do there: for signing in to it and for assertions
 * that no call of theirs asked for.
 */
export const refuseCaller = (
  admission: Admission | undefined,
  service: Service | undefined,
): RefusalCode | undefined => {
  for (const check of CALLER_CHECKS) {
    const code = check({ admission, service });
    if (code !== undefined) return code;
  }
  return undefined;
};

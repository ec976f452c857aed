import type { RefusalCode } from '../refusal/catalogue.ts';
import { opensOperation } from '../services/directory.ts';
import type { Service } from '../services/enrolment.ts';
import { openingAt } from '../services/opening.ts';
import { reaches } from './assurance.ts';
import type { Admission, CallTarget } from './types.ts';

/** What a call is judged on. */
export interface Call {
  readonly admission: Admission | undefined;
  readonly service: Service | undefined;
  readonly target: CallTarget;
  /** ms since the epoch. */
  readonly at: number;
}

/** One question put to a call: the code to refuse it with, or nothing. */
export type Check = (call: Call) => RefusalCode | undefined;

/** One that does not depend on what is called for. */
type CallerCheck = (call: Omit<Call, 'target'>) => RefusalCode | undefined;

const presentsCertificate: CallerCheck = ({ admission }) =>
  admission === undefined ? 'ONECERT_CERTIFICATE_REQUIRED' : undefined;

const isAdmitted: CallerCheck = ({ admission }) => admission?.refusal;

const isEnrolled: CallerCheck = ({ service }) =>
  service === undefined ? 'ONECERT_SERVICE_NOT_FOUND' : undefined;

const isEnabled: CallerCheck = ({ service }) =>
  service?.enabled === true ? undefined : 'ONECERT_SERVICE_DISABLED';

/** By the clock: nothing has to be published for a service to open or close. */
const isOpenNow: CallerCheck = ({ service, at }) => {
  if (service === undefined) return undefined;
  switch (openingAt(service, at).state) {
    case 'open':
      return undefined;
    case 'maintenance':
      return 'ONECERT_SERVICE_MAINTENANCE';
    case 'closed':
      return 'ONECERT_SERVICE_CLOSED';
  }
};

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

/** Citizens act for nobody. A role that the certificate does not say is "unknown", which may be accepted too. */
const isOfAcceptedActingRole: CallerCheck = ({ admission, service }) => {
  const identity = admission?.identity;
  if (service?.actingRoles === undefined || identity?.kind !== 'enterprise') return undefined;
  return service.actingRoles.includes(identity.acting?.role ?? 'unknown')
    ? undefined
    : 'ONECERT_ACTING_ROLE_NOT_ACCEPTED';
};

const isAssuredEnough: CallerCheck = ({ admission, service }) =>
  service?.assurance === undefined || (admission !== undefined && reaches(admission, service.assurance))
    ? undefined
    : 'ONECERT_ASSURANCE_TOO_LOW';

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
  isOpenNow,
  isOfAcceptedKind,
  isOfAcceptedAuthority,
  isOfAcceptedActingRole,
  isAssuredEnough,
];

/** The decision, in order; the first code given refuses the call. */
export const CHECKS: readonly Check[] = [...CALLER_CHECKS, isOpenOperation];

/**
 * The code to refuse somebody a service with, whatever they would do there: for signing in to it and for assertions
 * that no call of theirs asked for.
 *
 * @param at ms since the epoch
 */
export const refuseCaller = (
  admission: Admission | undefined,
  service: Service | undefined,
  at: number,
): RefusalCode | undefined => {
  for (const check of CALLER_CHECKS) {
    const code = check({ admission, service, at });
    if (code !== undefined) return code;
  }
  return undefined;
};

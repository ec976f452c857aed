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

const presentsCertificate: Check = ({ admission }) =>
  admission === undefined ? 'ONECERT_CERTIFICATE_REQUIRED' : undefined;

const isAdmitted: Check = ({ admission }) => admission?.refusal;

const isEnrolled: Check = ({ service }) => (service === undefined ? 'ONECERT_SERVICE_NOT_FOUND' : undefined);

const isEnabled: Check = ({ service }) =>
  service?.enabled === true ? undefined : 'ONECERT_SERVICE_DISABLED';

const isOfAcceptedKind: Check = ({ admission, service }) => {
  const kind = admission?.identity?.kind;
  return kind !== undefined && service?.subjects.includes(kind) === true
    ? undefined
    : 'ONECERT_SUBJECT_KIND_NOT_ACCEPTED';
};

const isOfAcceptedAuthority: Check = ({ admission, service }) => {
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
 * The decision, in order; the first code given refuses the call. The person comes before the service, so that
 * nobody learns what is enrolled here without a good certificate.
 */
export const CHECKS: readonly Check[] = [
  presentsCertificate,
  isAdmitted,
  isEnrolled,
  isEnabled,
  isOfAcceptedKind,
  isOfAcceptedAuthority,
  isOpenOperation,
];

import type { Service } from '../services/enrolment.ts';
import { enrolledClaims, type EnrolledClaims, type Identified } from './enrolled-claims.ts';

/** A name for one department (src/identity/pairwise.ts). */
export type PairwiseId = (name: string, department: string) => string;

/** What a service is told of a caller, whichever way it is told. */
export interface CallerClaims extends EnrolledClaims {
  readonly sub: string;
  readonly verdict: string;
  /** SHA-256 of the certificate, base64url. */
  readonly thumbprint?: string;
}

/**
 * Everything a service is told. Nothing in it is the same for two departments but what their enrolments ask for, so
 * that no two find out by comparing notes whom they share: the verdict has a name of its own for each, and the
 * thumbprint goes to those only who are given the certificate.
 */
export const callerClaims = (
  pairwiseId: PairwiseId,
  service: Pick<Service, 'claims' | 'clientCert' | 'department'>,
  admission: Identified,
): CallerClaims => {
  const { identity, verdict } = admission;
  const { department } = service.department;
  return {
    sub: pairwiseId(identity.unifiedId, department),
    // A unified id (base64url) holds no colon: no verdict is named like anybody.
    verdict: pairwiseId(`verdict:${verdict.id}`, department),
    ...(isGivenCertificate(service) && { thumbprint: verdict.thumbprint }),
    ...enrolledClaims(service, admission),
  };
};

const isGivenCertificate = ({ claims, clientCert }: Pick<Service, 'claims' | 'clientCert'>): boolean =>
  clientCert || claims.some(({ claim }) => claim === 'certificate');

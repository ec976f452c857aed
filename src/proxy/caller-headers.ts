import { ASSERTION_HEADER, type AssertionSubject } from '../assertion/index.ts';
import { callerClaims } from '../decision/caller-claims.ts';
import type { Identified } from '../decision/enrolled-claims.ts';
import type { Service } from '../services/enrolment.ts';
import { clientCertHeaders } from './client-cert-headers.ts';
import type { Plane } from './plane.ts';

/** The fields that tell one department's service who calls. Made once for a connection, renewed in time. */
export interface CallerHeaders {
  /** Alternating names and values. */
  readonly headers: readonly string[];
  /** ms since the epoch: half of the assertion's life is over, it is time for another. */
  readonly renewAt: number;
}

/** Signs an assertion, so it is made for many calls, not for each. */
export const callerHeaders = (
  plane: Plane,
  service: Service,
  admission: Identified,
  at: number,
): CallerHeaders => {
  const { assertions, metrics } = plane.parts;
  const assertion = assertions.issue(subjectOf(plane, service, admission));
  metrics.assertionSigned();
  return {
    headers: [
      ASSERTION_HEADER,
      assertion,
      ...(service.clientCert ? clientCertHeaders(admission.credential) : []),
    ],
    // An assertion must not outlive the verdict it rests on by more than it has to.
    renewAt: Math.min(at + assertions.lifetimeMs / 2, admission.verdict.validUntil),
  };
};

const subjectOf = (plane: Plane, service: Service, admission: Identified): AssertionSubject => ({
  ...callerClaims(plane.parts.pairwiseId, service, admission),
  aud: service.service,
  // Only for those who can present it again: it holds the certificate.
  ...(service.oidc !== undefined &&
    plane.parts.exchangeTicket !== undefined && {
      ticket: plane.parts.exchangeTicket(admission, service.service),
    }),
});

/** Where a call comes from, by the gateway's word (RFC 7239 and its forerunners). */
export const forwardingHeaders = (from: string, publicHost: string): string[] => [
  'X-Forwarded-For',
  from,
  'X-Forwarded-Proto',
  'https',
  'X-Forwarded-Host',
  publicHost,
  'Forwarded',
  `for=${from.includes(':') ? `"[${from}]"` : from};proto=https;host="${publicHost}"`,
];

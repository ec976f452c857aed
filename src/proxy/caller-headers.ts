import { ASSERTION_HEADER, type AssertionSubject } from '../assertion/index.ts';
import type { Admission } from '../decision/types.ts';
import type { Service } from '../services/enrolment.ts';
import { clientCertHeaders } from './client-cert-headers.ts';
import type { Plane } from './plane.ts';

type Identified = Admission & { readonly identity: NonNullable<Admission['identity']> };

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

const subjectOf = (
  plane: Plane,
  service: Service,
  { identity, verdict, credential }: Identified,
): AssertionSubject => {
  const claims = new Set(service.claims);
  return {
    sub: plane.parts.pairwiseId(identity.unifiedId, service.department.department),
    aud: service.service,
    verdict: verdict.id,
    thumbprint: verdict.thumbprint,
    ...(claims.has('kind') && { kind: identity.kind }),
    ...(claims.has('unified-id') && { unified_id: identity.unifiedId }),
    ...(claims.has('name') && { name: identity.name }),
    ...(claims.has('identifiers') && { identifiers: identity.identifiers }),
    ...(claims.has('authority') && verdict.authority !== undefined && { authority: verdict.authority }),
    ...(claims.has('certificate') && {
      certificate: Buffer.from(credential.chain[0] as Uint8Array).toString('base64'),
    }),
  };
};

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

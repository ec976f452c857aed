import type { Acting } from '../identity/acting.ts';
import type { Identifier, Identity, SubjectKind } from '../identity/identity.ts';
import type { AssuranceLevel } from '../services/assurance.ts';
import type { Service } from '../services/enrolment.ts';
import { assuranceReached } from './assurance.ts';
import type { Admission } from './types.ts';

/** An admission that was not refused. */
export type Identified = Admission & { readonly identity: Identity };

/** What a service is told of its callers beyond their pairwise id, named as in assertions and ID tokens. */
export interface EnrolledClaims {
  readonly kind?: SubjectKind;
  readonly unified_id?: string;
  readonly name?: string;
  readonly identifiers?: readonly Identifier[];
  readonly authority?: string;
  readonly assurance?: AssuranceLevel;
  /** Of enterprises only. */
  readonly acting?: Acting;
  /** DER in standard base64. */
  readonly certificate?: string;
}

/** Exactly what the enrolment of `service` asks for, whichever way it is told. */
export const enrolledClaims = (service: Pick<Service, 'claims'>, admission: Identified): EnrolledClaims => {
  const { identity, verdict, credential } = admission;
  const claims = new Set(service.claims.map(({ claim }) => claim));
  return {
    ...(claims.has('kind') && { kind: identity.kind }),
    ...(claims.has('unified-id') && { unified_id: identity.unifiedId }),
    ...(claims.has('name') && { name: identity.name }),
    ...(claims.has('identifiers') && { identifiers: identity.identifiers }),
    ...(claims.has('authority') && verdict.authority !== undefined && { authority: verdict.authority }),
    ...(claims.has('assurance') && { assurance: assuranceReached(admission) }),
    ...(claims.has('acting') && identity.acting !== undefined && { acting: identity.acting }),
    ...(claims.has('certificate') && {
      certificate: Buffer.from(credential.chain[0] as Uint8Array).toString('base64'),
    }),
  };
};

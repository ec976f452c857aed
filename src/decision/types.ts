import type { Identity } from '../identity/identity.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Service } from '../services/enrolment.ts';
import type { Credential } from '../signin/credential.ts';
import type { Verdict } from '../verdict/verdict.ts';

/**
 * A credential that has been judged and, where its certificate is good, identified. Kept on the connection;
 * `Gate.isCurrent` says whether it still holds.
 */
export interface Admission {
  readonly credential: Credential;
  readonly verdict: Verdict;
  /** Set exactly when `refusal` is not. */
  readonly identity: Identity | undefined;
  /** From the verdict or from reading the identity. */
  readonly refusal: RefusalCode | undefined;
}

export interface CallTarget {
  readonly method: string;
  /** Path of the request target, without query; as sent, not decoded. */
  readonly path: string;
}

export type Decision =
  | {
      readonly outcome: 'allow';
      readonly service: Service;
      readonly admission: Admission;
      readonly identity: Identity;
    }
  | { readonly outcome: 'refuse'; readonly code: RefusalCode; readonly service: Service | undefined };

/** The pipeline as the ways in (data plane, later portal and federation) see it. */
export interface Gate {
  /** Judges and identifies. Never rejects: a failure is an Admission with a refusal. */
  admit(credential: Credential): Promise<Admission>;
  /** Whether epochs and time still let the admission stand. Cheap: called for every request. */
  isCurrent(admission: Admission): boolean;
  /** Synchronous; `undefined` stands for a call without a certificate. */
  decide(admission: Admission | undefined, target: CallTarget): Decision;
}

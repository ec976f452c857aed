import type { Request } from 'express';
import type { Strategy } from 'passport';
import { describe, Refusal } from '../../refusal/refusal.ts';
import type { RefusalCode } from '../../refusal/catalogue.ts';
import type { Credential } from '../credential.ts';

/** What strategies need to know of the gate's answer (decision's Admission): whether it refuses, and why. */
export interface Admitted {
  readonly refusal: RefusalCode | undefined;
}

/** Judges and identifies: Gate.admit of the decision room. */
export type Admit<A extends Admitted> = (credential: Credential) => Promise<A>;

/**
 * What a strategy fails with: passport hands it to the route's callback as `info`. `admission` is there when the
 * certificate was judged, with the report of why not.
 */
export interface SigninFailure<A extends Admitted> {
  readonly code: RefusalCode;
  readonly admission: A | undefined;
  /** For the log; no personal data. */
  readonly detail: string;
}

/**
 * A passport strategy of one way in: a Credential from the request, then the gate. Succeeds with the Admission as the
 * user; fails with a SigninFailure and the code's status. An error that is no refusal (a store that cannot answer) goes
 * to `error`, and nobody is signed in. Sessions are not passport's business here: use `{ session: false }`.
 */
export const credentialStrategy = <A extends Admitted>(
  name: string,
  read: (request: Request) => Promise<Credential | undefined | Refusal>,
  admit: Admit<A>,
): Strategy & { readonly name: string } => ({
  name,
  authenticate(request) {
    const fail = (failure: SigninFailure<A>): void => this.fail(failure, describe(failure.code).status);
    const run = async (): Promise<void> => {
      const credential = await read(request);
      if (credential === undefined) {
        return fail({ code: 'ONECERT_CERTIFICATE_REQUIRED', admission: undefined, detail: 'no certificate' });
      }
      if (credential instanceof Refusal)
        return fail({ code: credential.code, admission: undefined, detail: credential.detail });
      const admission = await admit(credential);
      if (admission.refusal !== undefined)
        return fail({ code: admission.refusal, admission, detail: 'refused by the gate' });
      this.success(admission);
    };
    void run().catch((error: unknown) => this.error(error));
  },
});

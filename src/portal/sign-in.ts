import type { Request, Response } from 'express';
import { hash } from 'node:crypto';
import { Passport, type Strategy } from 'passport';
import type { Admission } from '../decision/types.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { Credential } from '../signin/credential.ts';
import type { BegunSession } from '../signin/sessions.ts';
import { mutualTlsStrategy } from '../signin/strategies/mutual-tls.ts';
import { signedChallengeStrategy } from '../signin/strategies/signed-challenge.ts';
import { credentialStrategy, type Admit, type SigninFailure } from '../signin/strategies/strategy.ts';
import type { PortalParts } from './portal-parts.ts';
import { record, signInEntry } from './record.ts';
import { visitOf } from './visit.ts';

export type WayIn = 'mutual-tls' | 'terminator' | 'signed-challenge';

/** The outcome of one attempt. */
export type Attempt = { readonly admission: Admission } | { readonly failure: SigninFailure<Admission> };

export interface SignIn {
  /** Rejects with a Refusal where the attempt is not looked at: too many with one certificate, a store away. */
  attempt(way: WayIn, request: Request, response: Response): Promise<Attempt>;
  /**
   * Begins the session of an admission that was good, with its audit entry fsynced.
   *
   * @throws Refusal ONECERT_AUDIT_UNAVAILABLE or ONECERT_SESSION_UNAVAILABLE; there is no session then
   */
  begin(admission: Admission, request: Request, handedOver?: boolean): Promise<BegunSession>;
}

/** The ways in, as passport strategies that end in the same gate. */
export const createSignIn = (parts: PortalParts): SignIn => {
  const authenticator = new Passport();
  for (const strategy of strategiesOf(parts)) authenticator.use(strategy);
  return {
    attempt: (way, request, response) =>
      new Promise((resolve, reject) => {
        const settle = (error: unknown, admission?: Admission | false | null, info?: unknown): void => {
          if (error !== null && error !== undefined)
            reject(error instanceof Error ? error : new Error('a strategy failed'));
          else if (admission) resolve({ admission });
          else resolve({ failure: info as SigninFailure<Admission> });
        };
        const handler = authenticator.authenticate(way, { session: false }, settle) as (
          request: Request,
          response: Response,
          next: (error: unknown) => void,
        ) => void;
        handler(request, response, reject);
      }),
    begin: async (admission, request, handedOver = false) => {
      if (!parts.audit.healthy) throw new Refusal('ONECERT_AUDIT_UNAVAILABLE', 'before a session was begun');
      const { cookie, 'user-agent': userAgent } = request.headers;
      const begun = await parts.sessions.begin(admission.credential, admission, {
        cookie,
        userAgent,
        handedOver,
      });
      try {
        await record(parts, signInEntry(visitOf(request), admission));
      } catch (error) {
        await parts.sessions.end(begun.session.key);
        throw error;
      }
      return begun;
    },
  };
};

const strategiesOf = (parts: PortalParts): readonly (Strategy & { readonly name: string })[] => {
  const admit = limitedAdmit(parts);
  return [
    mutualTlsStrategy({ readPeerCredential: credentialOf, admit }),
    // The data plane has read the terminator's headers, on the listener where it is authenticated, and removed them.
    credentialStrategy('terminator', async (request) => credentialOf(request), admit),
    signedChallengeStrategy({
      challenges: parts.challenges,
      browserSessionOf: (request) => visitOf(request).browser,
      fromOf: (request) => visitOf(request).context.from,
      clock: parts.clock,
      // Whose certificate it is, the verdict says.
      requiresSigningCertificate: () => false,
      admit: namingCertificate(parts, admit),
    }),
  ];
};

/** Only those who proved to hold the key get here, so that nobody uses up somebody else's attempts. */
const limitedAdmit =
  ({ gate, limiters }: PortalParts): Admit<Admission> =>
  async (credential) => {
    const thumbprint = hash('sha256', credential.chain[0] ?? new Uint8Array(), 'base64url');
    const { allowed } = await limiters.certificate.ask(`sign-in:${thumbprint}`);
    if (!allowed) throw new Refusal('ONECERT_TOO_MANY_ATTEMPTS', 'too many sign-ins with one certificate');
    return gate.admit(credential);
  };

/** Where the authority's rules demand that the signature names its certificate (RFC 5035 section 3). */
const namingCertificate =
  ({ requiresSigningCertificate }: PortalParts, admit: Admit<Admission>): Admit<Admission> =>
  async (credential) => {
    const admission = await admit(credential);
    const { authority } = admission.verdict;
    const isRequired = authority !== undefined && requiresSigningCertificate?.(authority) === true;
    if (admission.refusal !== undefined || credential.namesCertificate === true || !isRequired)
      return admission;
    return { ...admission, identity: undefined, refusal: 'ONECERT_SIGNING_CERTIFICATE_REQUIRED' };
  };

/** The certificate whose key the data plane saw proved. */
const credentialOf = (request: Request): Credential | undefined => {
  const { credential, from } = visitOf(request).context;
  return (
    credential && {
      chain: credential.chain.map((der) => Buffer.from(der, 'base64')),
      proof: credential.proof,
      provenAt: credential.provenAt,
      from,
    }
  );
};

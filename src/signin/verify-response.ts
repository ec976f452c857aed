import { timingSafeEqual } from 'node:crypto';
import { Refusal } from '../refusal/refusal.ts';
import { browserSessionHash, type Challenge } from './challenge.ts';
import { verifySignedData, type RequiresSigningCertificate } from './cms/verify-signed-data.ts';
import type { VerifiedSignature } from './cms/verify-signed-data.ts';
import type { Credential } from './credential.ts';
import { verifyRawSignature, type RawSignature } from './raw-signature.ts';

/** A signed challenge on its way back. */
export type SignedResponse =
  /** CMS SignedData over the challenge's text, attached or detached; DER or BER. */
  { readonly form: 'cms'; readonly signedData: Uint8Array } | ({ readonly form: 'raw' } & RawSignature);

/** Where and when a response arrived. */
export interface ResponseContext {
  /** The Origin header of the request that brought it; undefined where there was none, which is refused. */
  readonly origin: string | undefined;
  /** The session of the browser that brought it. */
  readonly browserSession: string;
  /** Remote address, for the audit entry. */
  readonly from: string;
  /** ms since the epoch. */
  readonly at: number;
  /** Default: no certificate. */
  readonly requiresSigningCertificate?: RequiresSigningCertificate;
}

/**
 * The Credential that a signed challenge proves, or why it proves none. The challenge must have been taken from its
 * store, so that it is answered once. Whether the certificate is any good, the verdict says afterwards. Never throws.
 */
export const verifyResponse = (
  response: SignedResponse,
  challenge: Challenge,
  context: ResponseContext,
): Credential | Refusal => {
  try {
    checkBinding(challenge, context);
    const { chain, signingTime, namesCertificate } = verifySignatureOf(
      response,
      Buffer.from(challenge.text, 'utf8'),
      context,
    );
    return {
      chain,
      proof: 'signed-challenge',
      provenAt: context.at,
      from: context.from,
      namesCertificate,
      ...(signingTime !== undefined && { claimedSigningTime: signingTime }),
    };
  } catch (error) {
    return error instanceof Refusal
      ? error
      : new Refusal('ONECERT_INTERNAL', 'verifying a signed response failed', { cause: error });
  }
};

const checkBinding = (challenge: Challenge, context: ResponseContext): void => {
  if (context.at >= challenge.expiresAt)
    throw new Refusal('ONECERT_CHALLENGE_EXPIRED', 'answered after its end');
  if (context.origin !== challenge.origin)
    throw new Refusal('ONECERT_CHALLENGE_ORIGIN', 'answered from another origin');
  const [issuedTo, answeredBy] = [challenge.browserSession, browserSessionHash(context.browserSession)];
  if (!timingSafeEqual(Buffer.from(issuedTo), Buffer.from(answeredBy)))
    throw new Refusal('ONECERT_CHALLENGE_SESSION', 'answered by another browser session');
};

const verifySignatureOf = (
  response: SignedResponse,
  content: Uint8Array,
  { requiresSigningCertificate = () => false }: ResponseContext,
): VerifiedSignature => {
  if (response.form === 'cms')
    return verifySignedData(response.signedData, content, requiresSigningCertificate);
  return verifyRawSignature(response, content, requiresSigningCertificate);
};

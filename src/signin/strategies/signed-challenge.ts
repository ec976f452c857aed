import type { Request } from 'express';
import type { Strategy } from 'passport';
import { Refusal } from '../../refusal/refusal.ts';
import type { ChallengeStore } from '../challenge-store.ts';
import type { RequiresSigningCertificate } from '../cms/verify-signed-data.ts';
import type { Credential } from '../credential.ts';
import { readResponse } from '../read-response.ts';
import { verifyResponse } from '../verify-response.ts';
import { credentialStrategy, type Admit, type Admitted } from './strategy.ts';

export interface SignedChallengeParts<A extends Admitted> {
  readonly challenges: ChallengeStore;
  /** From the browser's cookie; undefined where it has none yet, which no challenge was issued to. */
  readonly browserSessionOf: (request: Request) => string | undefined;
  readonly fromOf: (request: Request) => string;
  /** ms since the epoch. */
  readonly clock: () => number;
  readonly requiresSigningCertificate: RequiresSigningCertificate;
  readonly admit: Admit<A>;
}

/**
 * Sign-in by a signed challenge. Wants `request.body` parsed (JSON or form; limit it to 128 KiB). A challenge is used up
 * by the first response that names it, good or bad. Name: "signed-challenge".
 */
export const signedChallengeStrategy = <A extends Admitted>(
  parts: SignedChallengeParts<A>,
): Strategy & { readonly name: string } =>
  credentialStrategy('signed-challenge', (request) => readSigned(parts, request), parts.admit);

const readSigned = async <A extends Admitted>(
  parts: SignedChallengeParts<A>,
  request: Request,
): Promise<Credential | Refusal> => {
  const answered = readResponse(request.body);
  if (answered instanceof Refusal) return answered;
  const browserSession = parts.browserSessionOf(request);
  if (browserSession === undefined) return new Refusal('ONECERT_CHALLENGE_SESSION', 'no browser session');
  const challenge = await parts.challenges.take(answered.challenge, parts.clock());
  if (challenge instanceof Refusal) return challenge;
  return verifyResponse(answered.response, challenge, {
    origin: request.headers.origin,
    browserSession,
    from: parts.fromOf(request),
    at: parts.clock(),
    requiresSigningCertificate: parts.requiresSigningCertificate,
  });
};

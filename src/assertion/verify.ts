import { errors, jwtVerify } from 'jose';
import { AssertionError, type AssertionErrorCode } from './assertion-error.ts';
import { ASSERTION_TYPE, type AssertionClaims } from './claims.ts';
import { keySet, type KeySource } from './key-set.ts';

export type VerifyAssertionOptions = KeySource & {
  /** URL of the gateway, as its operators gave it. */
  readonly issuer: string;
  /** Identifier of the service: an assertion made for another is refused. */
  readonly audience: string;
  /** Seconds that the clocks may differ; 5 where absent. */
  readonly clockTolerance?: number;
  /** Where the department has seen the certificate itself (Client-Cert): its SHA-256, base64url. */
  readonly thumbprint?: string;
};

const REQUIRED = ['sub', 'iat', 'exp', 'jti', 'cnf', 'verdict'];

/**
 * Checks an assertion: signature by a key of the gateway, `typ` and `alg` pinned (RFC 8725 sections 3.1 and
 * 3.11), issuer, audience, time, and the certificate it is bound to where `thumbprint` is given. One assertion
 * serves several calls of the same connection, so a `jti` seen before is no sign of replay; what bounds replay is
 * the audience and the short life.
 * @throws {AssertionError} with a code; never anything else.
 */
export const verifyAssertion = async (
  token: string,
  options: VerifyAssertionOptions,
): Promise<AssertionClaims> => {
  if (token === '') throw new AssertionError('ASSERTION_MISSING', 'no assertion');
  const { issuer, audience, clockTolerance = 5, thumbprint } = options;
  try {
    const { payload } = await jwtVerify(token, keySet(options), {
      issuer,
      audience,
      clockTolerance,
      algorithms: ['ES256'],
      typ: ASSERTION_TYPE,
      requiredClaims: REQUIRED,
    });
    const claims = payload as unknown as AssertionClaims;
    if (thumbprint !== undefined && claims.cnf['x5t#S256'] !== thumbprint) {
      throw new AssertionError('ASSERTION_THUMBPRINT', 'the assertion is bound to another certificate');
    }
    return claims;
  } catch (error) {
    if (error instanceof AssertionError) throw error;
    throw new AssertionError(codeOf(error), error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
};

const CLAIM_CODES: Record<string, AssertionErrorCode> = {
  iss: 'ASSERTION_ISSUER',
  aud: 'ASSERTION_AUDIENCE',
  nbf: 'ASSERTION_NOT_YET_VALID',
  iat: 'ASSERTION_NOT_YET_VALID',
  typ: 'ASSERTION_MALFORMED',
};

const codeOf = (error: unknown): AssertionErrorCode => {
  if (error instanceof errors.JWTExpired) return 'ASSERTION_EXPIRED';
  if (error instanceof errors.JWTClaimValidationFailed) return CLAIM_CODES[error.claim] ?? 'ASSERTION_CLAIMS';
  if (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JOSEAlgNotAllowed
  ) {
    return 'ASSERTION_SIGNATURE';
  }
  if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) return 'ASSERTION_MALFORMED';
  if (error instanceof errors.JOSENotSupported) return 'ASSERTION_MALFORMED';
  return 'ASSERTION_KEYS_UNAVAILABLE';
};

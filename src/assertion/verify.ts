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

const REQUIRED = ['sub', 'iat', 'exp', 'jti', 'verdict'];

/** Far above the longest assertion (one that carries a certificate); servers bound headers likewise. */
const MAX_LENGTH = 32_768;

/**
 * Checks an assertion: signature by a key of the gateway, `typ` and `alg` pinned (RFC 8725 sections 3.1 and
 * 3.11), issuer, audience, time, and the certificate it is bound to where `thumbprint` is given. One assertion
 * serves several calls of the same connection, so a `jti` seen before is no sign of replay; what bounds replay is
 * the audience and the short life.
 *
 * @throws {AssertionError} with a code; a TypeError where the options themselves leave a check out
 */
export const verifyAssertion = async (
  token: string,
  options: VerifyAssertionOptions,
): Promise<AssertionClaims> => {
  checkOptions(options);
  if (token === '') throw new AssertionError('ASSERTION_MISSING', 'no assertion');
  if (token.length > MAX_LENGTH) throw new AssertionError('ASSERTION_MALFORMED', 'the assertion is too long');
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
    if (!isComplete(payload)) throw new AssertionError('ASSERTION_CLAIMS', 'a claim has another type');
    if (thumbprint !== undefined && payload.cnf?.['x5t#S256'] !== thumbprint) {
      throw new AssertionError('ASSERTION_THUMBPRINT', 'the assertion is not bound to this certificate');
    }
    return payload;
  } catch (error) {
    if (error instanceof AssertionError) throw error;
    throw new AssertionError(codeOf(error), error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
};

/**
 * A check that was not asked for would be left out in silence, and not everybody who calls this has a compiler.
 *
 * @throws TypeError
 */
export const checkOptions = (options: VerifyAssertionOptions): void => {
  const { issuer, audience, jwksUrl, jwks } = options as Record<string, unknown>;
  if (!isText(issuer)) throw new TypeError('issuer: expected the URL of the gateway');
  if (!isText(audience)) throw new TypeError('audience: expected the identifier of the service');
  if (!isText(jwksUrl) && typeof jwks !== 'object') {
    throw new TypeError('jwksUrl: expected the URL of the keys of the gateway (or jwks: the keys)');
  }
};

const isComplete = (payload: object): payload is AssertionClaims => {
  const { sub, aud, jti, verdict, cnf, act } = payload as Record<string, unknown>;
  if (cnf !== undefined && !isText((cnf as Record<string, unknown> | null)?.['x5t#S256'])) return false;
  if (act !== undefined && !isActor(act)) return false;
  return [sub, aud, jti, verdict].every(isText);
};

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** Far above what the gateway lets act one after the other. */
const MAX_ACTORS = 16;

const isActor = (act: unknown, depth = 1): boolean => {
  if (typeof act !== 'object' || act === null || depth > MAX_ACTORS) return false;
  const { sub, act: before } = act as Record<string, unknown>;
  return typeof sub === 'string' && sub !== '' && (before === undefined || isActor(before, depth + 1));
};

const CLAIM_CODES: Record<string, AssertionErrorCode> = {
  iss: 'ASSERTION_ISSUER',
  aud: 'ASSERTION_AUDIENCE',
  nbf: 'ASSERTION_NOT_YET_VALID',
  typ: 'ASSERTION_MALFORMED',
};

const codeOf = (error: unknown): AssertionErrorCode => {
  if (error instanceof errors.JWTExpired) return 'ASSERTION_EXPIRED';
  if (error instanceof errors.JWTClaimValidationFailed) return CLAIM_CODES[error.claim] ?? 'ASSERTION_CLAIMS';
  if (
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSEAlgNotAllowed
  ) {
    return 'ASSERTION_SIGNATURE';
  }
  return 'ASSERTION_MALFORMED';
};

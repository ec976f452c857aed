/** Why an assertion was not accepted. Stable: departments may branch on it. */
export type AssertionErrorCode =
  | 'ASSERTION_MISSING'
  | 'ASSERTION_MALFORMED'
  | 'ASSERTION_SIGNATURE'
  | 'ASSERTION_EXPIRED'
  | 'ASSERTION_NOT_YET_VALID'
  | 'ASSERTION_ISSUER'
  | 'ASSERTION_AUDIENCE'
  | 'ASSERTION_CLAIMS'
  | 'ASSERTION_THUMBPRINT'
  /** The gateway's keys could not be fetched: not the caller's doing. */
  | 'ASSERTION_KEYS_UNAVAILABLE';

export class AssertionError extends Error {
  override readonly name = 'AssertionError';
  readonly code: AssertionErrorCode;

  constructor(code: AssertionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

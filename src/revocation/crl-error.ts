/** Why a CRL cannot be used. Stable: stands in logs, metrics and the admin console. */
export type CrlErrorCode =
  /** Not DER, or not the structure of RFC 5280 section 5.1. */
  | 'malformed'
  /** A critical extension that is not processed here (sections 5.2 and 5.3). */
  | 'unknown-critical-extension'
  /** Larger than the policy allows. */
  | 'too-large'
  /** None of the candidate issuers has the name the CRL is issued under. */
  | 'wrong-issuer'
  /** No candidate issuer's key verifies it. */
  | 'bad-signature'
  /** Signed with an algorithm that the policy does not allow. */
  | 'weak-signature'
  /** The file cannot be read. */
  | 'unreadable'
  /** Not newer than the one in force (a rolled-back crlNumber, an older thisUpdate). */
  | 'not-newer'
  /** The loader thread ended before it was done. */
  | 'loader-failed';

/** A CRL that is refused. `detail` is for operators (English, no personal data). */
export class CrlError extends Error {
  override readonly name = 'CrlError';
  readonly code: CrlErrorCode;
  readonly detail: string;

  constructor(code: CrlErrorCode, detail: string, options?: ErrorOptions) {
    super(`${code}: ${detail}`, options);
    this.code = code;
    this.detail = detail;
  }
}

/** Why a certificate file cannot sign in, as the page tells it to the person. */
export type Pkcs12FailureCode =
  | 'not-a-certificate-file'
  | 'wrong-pin'
  /** RC2 or 3DES: to be exported again, by a program that encrypts with AES. */
  | 'old-encryption'
  /** No key in it, or none whose certificate is there too. */
  | 'no-key'
  /** A kind of key that browsers cannot sign with: SM2 among them. */
  | 'unsupported-key';

export class Pkcs12Failure extends Error {
  override readonly name = 'Pkcs12Failure';
  readonly code: Pkcs12FailureCode;

  constructor(code: Pkcs12FailureCode) {
    super(code);
    this.code = code;
  }
}

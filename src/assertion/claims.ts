/** Request header that carries an assertion to a department's back end. */
export const ASSERTION_HEADER = 'OneCert-Assertion';

/** `typ` of an assertion (RFC 8725 section 3.11: one explicit type for each kind of token). */
export const ASSERTION_TYPE = 'onecert-assertion+jwt';

export interface AssertedIdentifier {
  readonly type: string;
  readonly value: string;
}

/** Who acts for the subject: the service that got this assertion, and whoever acted before it (RFC 8693 section 4.1). */
export interface AssertedActor {
  /** Identifier of a service. */
  readonly sub: string;
  readonly act?: AssertedActor;
}

/**
 * What the gateway asserts to a department about the caller (RFC 7519). Everything after `verdict` is present
 * only where the enrolment of the service asks for it.
 */
export interface AssertionClaims {
  /** URL of the gateway. */
  readonly iss: string;
  /** The subject's pairwise id: stable for one department, meaningless to any other. */
  readonly sub: string;
  /** Identifier of the service. */
  readonly aud: string;
  /** Seconds since the epoch. */
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  /**
   * SHA-256 of the certificate the caller proved to hold, base64url (RFC 8705 section 3.1); only where the service is
   * given the certificate, in the claim or in Client-Cert: it is the same for all departments.
   */
  readonly cnf?: { readonly 'x5t#S256': string };
  /** Name of the verdict on that certificate for this department; another for each verdict, and for each department. */
  readonly verdict: string;
  readonly kind?: 'citizen' | 'enterprise';
  readonly unified_id?: string;
  readonly name?: string;
  readonly identifiers?: readonly AssertedIdentifier[];
  /** Identifier of the authority that issued the certificate. */
  readonly authority?: string;
  /** How far it can be relied on that it is the person, for the certificate and the way in. */
  readonly assurance?: 'low' | 'substantial' | 'high';
  /** In which role the certificate acts for the enterprise, and whose name it bears. */
  readonly acting?: { readonly role: string; readonly name?: string };
  /** The certificate itself: DER in standard base64, as x5c has it (RFC 7515 section 4.1.6). */
  readonly certificate?: string;
  /** True in a trial by the department or the operators: the subject is nobody. Never false. */
  readonly test?: true;
  /** Only where another service calls for the subject: docs/departments.md, "Calling another department". */
  readonly act?: AssertedActor;
  /** Trace id (W3C Trace Context) of what it belongs to, as in the audit log. */
  readonly trace?: string;
  /** For the gateway itself, when it is presented in exchange for another; sealed. */
  readonly ticket?: string;
}

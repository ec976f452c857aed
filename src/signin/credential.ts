/** The ways a person can prove to hold a certificate's key. */
export type Proof = 'mutual-tls' | 'signed-challenge' | 'terminator';

/**
 * A certificate together with how and when possession of its key was proven. Nothing about it has been judged
 * yet; the bytes are as the peer sent them.
 */
export interface Credential {
  /** DER, leaf first; then whatever else was presented, in the order presented. */
  readonly chain: readonly Uint8Array[];
  readonly proof: Proof;
  /** ms since the epoch. */
  readonly provenAt: number;
  /**
   * Signed challenges: whether the signature itself says which certificate it was made with (signingCertificateV2,
   * RFC 5035 section 3).
   */
  readonly namesCertificate?: boolean;
  /** Remote address as text, for the audit entry. */
  readonly from: string;
  /** What the signer's own clock said, ms since the epoch; signed challenges only. Recorded, never relied on. */
  readonly claimedSigningTime?: number;
}

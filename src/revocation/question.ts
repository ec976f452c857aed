import type { RevocationPolicy } from './revocation-policy.ts';

/** A RevocationQuestion in a form that structured clone carries to the control thread. */
export interface PackedRevocationQuestion {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly issuer: Uint8Array;
  /** Identifier of the authority in the trust list. */
  readonly authority: string;
  readonly policy: RevocationPolicy;
  /** ms since the epoch. */
  readonly at: number;
}

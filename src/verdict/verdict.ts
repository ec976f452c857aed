import type { Certificate } from '../certificate/certificate.ts';
import type { RefusalCode } from '../refusal/catalogue.ts';
import type { Step } from '../refusal/step.ts';
import type { CertificateAssurance } from '../trust/assurance-settings.ts';

/**
 * What was found of a certificate, once, with the reasons. It holds while both epochs stand still and until
 * `validUntil`; after that the certificate is judged again (design, decision 2).
 */
export interface Verdict {
  /** Random, 128 bits, base64url. Stands in assertions and audit entries. */
  readonly id: string;
  readonly outcome: 'good' | 'refused';
  /** Why, when refused. */
  readonly code: RefusalCode | undefined;
  /** Absent when the bytes are no certificate. */
  readonly certificate: Certificate | undefined;
  /** SHA-256 of the leaf's DER, base64url (RFC 8705 x5t#S256). */
  readonly thumbprint: string;
  /** Identifier of the authority in the trust list, when a path was found. */
  readonly authority: string | undefined;
  /** Of a good one. */
  readonly assurance?: CertificateAssurance;
  readonly steps: readonly Step[];
  /** ms since the epoch. */
  readonly judgedAt: number;
  readonly validUntil: number;
  readonly trustEpoch: number;
  readonly revocationEpoch: number;
}

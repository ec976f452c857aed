import type { OcspSubject } from './ocsp-client.ts';

/**
 * What one gateway tells the others of revocation: where to look, never what is there. Whoever hears it believes the
 * authority alone, and does nothing where it knows already. Fingerprints are lower-case hex.
 */
export type RevocationNews =
  | {
      readonly kind: 'crl';
      readonly authority: string;
      /** SharedCrl.fingerprint */ readonly fingerprint: string;
    }
  | ({ readonly kind: 'ocsp' } & OcspSubject);

import type { CertificatePolicies } from './extensions/certificate-policies.ts';
import type { NameConstraints } from './extensions/name-constraints.ts';
import type { PolicyConstraints } from './extensions/policy-constraints.ts';
import type { PolicyMappings } from './extensions/policy-mappings.ts';
import type { GeneralName } from './general-name.ts';
import type { DistinguishedName, RelativeName } from './name.ts';
import type { PublicKey } from './public-key.ts';
import type { SignatureAlgorithm } from './algorithm.ts';

/** RFC 5280 section 4.2.1.3. */
export type KeyUsage =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign'
  | 'encipherOnly'
  | 'decipherOnly';

export interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  /** The content of extnValue's OCTET STRING. */
  readonly value: Uint8Array;
}

/** RFC 5280 section 4.2.1.13. */
export interface DistributionPoint {
  /** undefined where the point says only who issues the CRL. */
  readonly name: DistributionPointName | undefined;
  /** undefined: all reasons. Bits as in ReasonFlags: REASON_FLAG of distribution-points.ts. */
  readonly reasons: number | undefined;
  /** Empty: the certificate's issuer. */
  readonly crlIssuer: readonly GeneralName[];
  /** http(s), ldap or other URIs of a full name: where to fetch the CRL. */
  readonly uris: readonly string[];
}

/** Full names that all denote one point, or a name relative to the CRL issuer's. */
export type DistributionPointName =
  { readonly fullName: readonly GeneralName[] } | { readonly relativeToIssuer: RelativeName };

/**
 * An X.509 certificate (RFC 5280 section 4.1), strictly parsed from DER. Immutable. All byte fields are views
 * of `der`: nothing is copied. Times are milliseconds since the epoch.
 */
export interface Certificate {
  readonly der: Uint8Array;
  /** tbsCertificate with its header: what the signature is over. */
  readonly tbs: Uint8Array;
  readonly version: 1 | 2 | 3;
  /** Content octets of the INTEGER: two's complement, may be negative or zero. */
  readonly serialNumber: Uint8Array;
  readonly serialHex: string;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
  readonly issuer: DistinguishedName;
  readonly subject: DistinguishedName;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: PublicKey;
  readonly extensions: ReadonlyMap<string, Extension>;
  /** pathLength is Infinity where it is written too large to matter. */
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | undefined } | undefined;
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  /** Object identifiers, dotted. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly subjectKeyIdentifier: Uint8Array | undefined;
  readonly authorityKeyIdentifier: Uint8Array | undefined;
  readonly crlDistributionPoints: readonly DistributionPoint[];
  /** Where delta CRLs are (section 4.2.1.15). */
  readonly freshestCrl: readonly DistributionPoint[];
  /** URIs of id-ad-ocsp in authorityInfoAccess (section 4.2.2.1). */
  readonly ocspUris: readonly string[];
  readonly subjectAltName: readonly GeneralName[] | undefined;
  readonly issuerAltName: readonly GeneralName[] | undefined;
  readonly nameConstraints: NameConstraints | undefined;
  readonly certificatePolicies: CertificatePolicies | undefined;
  readonly policyMappings: PolicyMappings | undefined;
  readonly policyConstraints: PolicyConstraints | undefined;
  /** SkipCerts: how many more certificates anyPolicy may stand in. */
  readonly inhibitAnyPolicy: number | undefined;
  /** SHA-256 of `der`, lower-case hex. */
  readonly fingerprint: string;
}

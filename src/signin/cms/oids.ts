/** id-signedData: RFC 5652 section 5.1 (which PKCS #7 shares), and GM/T 0010's own. */
export const SIGNED_DATA: ReadonlySet<string> = new Set(['1.2.840.113549.1.7.2', '1.2.156.10197.6.1.4.2.2']);
/** id-data: RFC 5652 section 4, and GM/T 0010's own. */
export const DATA: ReadonlySet<string> = new Set(['1.2.840.113549.1.7.1', '1.2.156.10197.6.1.4.2.1']);

/** Attribute types: RFC 5652 section 11, RFC 5035 section 3 and 5.4, RFC 6211 section 2. */
export const ATTRIBUTE = {
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  algorithmProtection: '1.2.840.113549.1.9.52',
} as const;

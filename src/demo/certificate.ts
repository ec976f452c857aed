import {
  Certificate as CertificateStructure,
  Extensions,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
  type Extension,
  type Name,
} from '@peculiar/asn1-x509';
import { AsnConvert } from '@peculiar/asn1-schema';
import { randomBytes } from 'node:crypto';
import { der, octets, signatureAlgorithmOf, wholeSeconds } from './asn1.ts';
import type { SignatureHash, SigningKey } from './signing-key.ts';

/** What goes into one certificate (RFC 5280 section 4.1). Times are ms since the epoch. */
export interface CertificateContent {
  readonly subject: Name;
  readonly spki: Uint8Array;
  readonly issuer: { readonly name: Name; readonly key: SigningKey };
  /** Positive, without superfluous octets, at most 20. */
  readonly serialNumber: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly extensions: readonly Extension[];
  readonly hash?: SignatureHash;
}

/** Makes and signs a certificate; DER. */
export const issueCertificate = (content: CertificateContent): Buffer => {
  const { issuer, hash } = content;
  const signatureAlgorithm = signatureAlgorithmOf(issuer.key, hash);
  const tbsCertificate = new TBSCertificate({
    version: Version.v3,
    serialNumber: octets(content.serialNumber),
    signature: signatureAlgorithm,
    issuer: issuer.name,
    validity: new Validity({
      notBefore: wholeSeconds(content.notBefore),
      notAfter: wholeSeconds(content.notAfter),
    }),
    subject: content.subject,
    subjectPublicKeyInfo: AsnConvert.parse(octets(content.spki), SubjectPublicKeyInfo),
    extensions: new Extensions([...content.extensions]),
  });
  const signatureValue = octets(issuer.key.sign(der(tbsCertificate), hash));
  return der(new CertificateStructure({ tbsCertificate, signatureAlgorithm, signatureValue }));
};

/** 128 random bits (CA/Browser Forum asks for 64), positive and of full length. */
export const randomSerialNumber = (): Buffer => {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x7f) | 0x40;
  return serial;
};

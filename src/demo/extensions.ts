import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AccessDescription,
  AuthorityInfoAccessSyntax,
  AuthorityKeyIdentifier,
  BasicConstraints,
  CertificatePolicies,
  CRLDistributionPoints,
  CRLNumber,
  DistributionPoint,
  DistributionPointName,
  ExtendedKeyUsage,
  Extension,
  GeneralName,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  PolicyInformation,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
} from '@peculiar/asn1-x509';
import { createHash } from 'node:crypto';
import { EXTENSION } from '../certificate/extensions/oids.ts';
import { der, octets, stringValue, type StringType } from './asn1.ts';

/** Extensions of certificates and CRLs as the demo's authorities write them (RFC 5280 section 4.2). */

const extension = (extnID: string, value: Uint8Array, critical = false): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(octets(value)) });

/** The octets of subjectPublicKey: what key hashes of RFC 5280 and RFC 6960 are over. */
export const keyBits = (spki: Uint8Array): Buffer =>
  Buffer.from(AsnConvert.parse(octets(spki), SubjectPublicKeyInfo).subjectPublicKey);

/** RFC 5280 section 4.2.1.2 method (1): SHA-1 of the key's bits. */
export const keyIdentifierOf = (spki: Uint8Array): Buffer =>
  createHash('sha1').update(keyBits(spki)).digest();

export const subjectKeyIdentifier = (spki: Uint8Array): Extension =>
  extension(EXTENSION.subjectKeyIdentifier, der(new SubjectKeyIdentifier(octets(keyIdentifierOf(spki)))));

export const authorityKeyIdentifier = (spki: Uint8Array): Extension =>
  extension(
    EXTENSION.authorityKeyIdentifier,
    der(new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(octets(keyIdentifierOf(spki))) })),
  );

export const basicConstraints = (constraints: { ca: boolean; pathLength?: number }): Extension =>
  extension(
    EXTENSION.basicConstraints,
    der(
      new BasicConstraints({
        cA: constraints.ca,
        ...(constraints.pathLength !== undefined && { pathLenConstraint: constraints.pathLength }),
      }),
    ),
    true,
  );

export type Usage = keyof typeof KeyUsageFlags;

export const keyUsage = (...usages: Usage[]): Extension =>
  extension(
    EXTENSION.keyUsage,
    der(new KeyUsage(usages.reduce((flags, usage) => flags | KeyUsageFlags[usage], 0))),
    true,
  );

export const PURPOSE = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  ocspSigning: '1.3.6.1.5.5.7.3.9',
} as const;

export const extendedKeyUsage = (...purposes: (keyof typeof PURPOSE)[]): Extension =>
  extension(
    EXTENSION.extendedKeyUsage,
    der(new ExtendedKeyUsage(purposes.map((purpose) => PURPOSE[purpose]))),
  );

export const crlDistributionPoint = (url: string): Extension =>
  extension(
    EXTENSION.crlDistributionPoints,
    der(
      new CRLDistributionPoints([
        new DistributionPoint({
          distributionPoint: new DistributionPointName({
            fullName: [new GeneralName({ uniformResourceIdentifier: url })],
          }),
        }),
      ]),
    ),
  );

export const authorityInfoAccess = (urls: { issuer: string; ocsp?: string }): Extension => {
  const access = (accessMethod: string, url: string): AccessDescription =>
    new AccessDescription({
      accessMethod,
      accessLocation: new GeneralName({ uniformResourceIdentifier: url }),
    });
  return extension(
    EXTENSION.authorityInfoAccess,
    der(
      new AuthorityInfoAccessSyntax([
        ...(urls.ocsp === undefined ? [] : [access('1.3.6.1.5.5.7.48.1', urls.ocsp)]),
        access('1.3.6.1.5.5.7.48.2', urls.issuer),
      ]),
    ),
  );
};

export const certificatePolicies = (policy: string): Extension =>
  extension(
    EXTENSION.certificatePolicies,
    der(new CertificatePolicies([new PolicyInformation({ policyIdentifier: policy })])),
  );

export const subjectAltName = (names: { dns: string[]; ip: string[] }): Extension =>
  extension(
    EXTENSION.subjectAltName,
    der(
      new SubjectAlternativeName([
        ...names.dns.map((name) => new GeneralName({ dNSName: name })),
        ...names.ip.map((address) => new GeneralName({ iPAddress: address })),
      ]),
    ),
  );

/** RFC 6960 section 4.2.2.2.1: clients need not ask whether the responder itself is revoked. Value NULL. */
export const ocspNoCheck = (): Extension => extension('1.3.6.1.5.5.7.48.1.5', Uint8Array.of(0x05, 0x00));

export const crlNumber = (value: number): Extension => extension('2.5.29.20', der(new CRLNumber(value)));

/** RFC 5280 section 5.3.1. `code` is the CRLReason. */
export const reasonCode = (code: number): Extension =>
  extension('2.5.29.21', Uint8Array.of(0x0a, 0x01, code));

/** A number in an extension of its own, as one DER string or, where `type` is "bare", as text without any DER. */
export const identifierExtension = (oid: string, type: StringType | 'bare', text: string): Extension =>
  extension(oid, type === 'bare' ? Buffer.from(text, 'utf8') : der(stringValue(type, text)));

import { createHash } from 'node:crypto';
import {
  element,
  integer,
  nothing,
  octetString,
  oid,
  sequence,
  set,
  tagged,
  taggedPrimitive,
  time,
} from '../../conformance/chains/der-writer.ts';
import type { TestCertificate } from '../../conformance/chains/make-certificate.ts';

export const OID = {
  signedData: '1.2.840.113549.1.7.2',
  data: '1.2.840.113549.1.7.1',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingTime: '1.2.840.113549.1.9.5',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  algorithmProtection: '1.2.840.113549.1.9.52',
  counterSignature: '1.2.840.113549.1.9.6',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const;

export const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();
export const algorithm = (dotted: string): Buffer => sequence(oid(dotted), nothing());
export const attribute = (type: string, ...values: readonly Uint8Array[]): Buffer =>
  sequence(oid(type), set(...values));

/** Content type, signing time, digest: in DER's order. */
export const usualAttributes = (content: Uint8Array): Buffer[] => [
  attribute(OID.contentType, oid(OID.data)),
  attribute(OID.signingTime, time(Date.UTC(2026, 10, 24))),
  attribute(OID.messageDigest, octetString(sha256(content))),
];

export const issuerAndSerial = ({ parsed }: TestCertificate): Buffer =>
  sequence(parsed.issuer.der, element(0x02, parsed.serialNumber));
export const keyIdentifier = ({ parsed }: TestCertificate): Buffer =>
  taggedPrimitive(0, parsed.subjectKeyIdentifier as Uint8Array);

/** ESSCertID(v2): hash of the certificate, and issuer and serial number when said. */
export const essCertId = (
  certificate: TestCertificate,
  { hash = 'sha256', named = certificate, hashOid = undefined as string | undefined } = {},
): Buffer =>
  sequence(
    ...(hashOid === undefined ? [] : [algorithm(hashOid)]),
    octetString(createHash(hash).update(certificate.der).digest()),
    ...(named === undefined
      ? []
      : [
          sequence(
            sequence(element(0xa4, named.parsed.issuer.der)),
            element(0x02, named.parsed.serialNumber),
          ),
        ]),
  );
export const ess = (version: 1 | 2, ...ids: readonly Uint8Array[]): Buffer =>
  attribute(version === 1 ? OID.signingCertificate : OID.signingCertificateV2, sequence(sequence(...ids)));

/** Everything about a SignedData that a test may want to be wrong. Attributes are signed in the order given. */
export interface Spec {
  readonly signer: TestCertificate;
  readonly content: Uint8Array;
  readonly signedAttributes?: readonly Uint8Array[] | undefined;
  readonly unsignedAttributes?: readonly Uint8Array[];
  readonly certificates?: readonly Uint8Array[];
  readonly sid?: Uint8Array;
  readonly signerVersion?: number;
  readonly digestAlgorithm?: Uint8Array;
  readonly signatureAlgorithm?: Uint8Array;
  readonly attached?: Uint8Array;
  readonly contentType?: string;
  readonly outerType?: string;
  readonly signatureOver?: Uint8Array;
  readonly signerCount?: number;
  readonly crls?: Uint8Array;
  readonly after?: Uint8Array;
}

export const writeHostile = (spec: Spec): Buffer => {
  const {
    signer,
    content,
    certificates = [signer.der],
    sid = issuerAndSerial(signer),
    digestAlgorithm = algorithm(OID.sha256),
    contentType = OID.data,
  } = spec;
  const attributes = 'signedAttributes' in spec ? spec.signedAttributes : usualAttributes(content);
  const signed = spec.signatureOver ?? (attributes === undefined ? content : set(...attributes));
  const info = sequence(
    integer(spec.signerVersion ?? 1),
    sid,
    digestAlgorithm,
    ...(attributes === undefined ? [] : [tagged(0, ...attributes)]),
    spec.signatureAlgorithm ?? signer.key.algorithm,
    octetString(signer.key.sign(signed)),
    ...(spec.unsignedAttributes === undefined ? [] : [tagged(1, ...spec.unsignedAttributes)]),
  );
  const signedData = sequence(
    integer(1),
    set(digestAlgorithm),
    sequence(
      oid(contentType),
      ...(spec.attached === undefined ? [] : [tagged(0, octetString(spec.attached))]),
    ),
    ...(certificates.length === 0 ? [] : [tagged(0, ...certificates)]),
    ...(spec.crls === undefined ? [] : [tagged(1, spec.crls)]),
    set(...Array<Buffer>(spec.signerCount ?? 1).fill(info)),
    ...(spec.after === undefined ? [] : [spec.after]),
  );
  return sequence(oid(spec.outerType ?? OID.signedData), tagged(0, signedData));
};

import { createHash } from 'node:crypto';
import { hashOfOid, type HashName } from '../certificate/algorithm.ts';
import type { Certificate } from '../certificate/certificate.ts';
import { TAG, type DerReader } from '../certificate/der.ts';

/** What an OCSP question or answer is about (RFC 6960 section 4.1.1). */
export interface CertId {
  /** undefined for a hash that is not known here: such a CertID identifies nothing. */
  readonly hash: HashName | undefined;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Content octets of the INTEGER. */
  readonly serialNumber: Uint8Array;
}

/** A certificate and the one whose key verified it. */
export interface OcspSubject {
  readonly certificate: Certificate;
  readonly issuer: Certificate;
}

/** The CertID of a certificate. The name is the issuer's as the certificate itself writes it. */
export const certIdOf = ({ certificate, issuer }: OcspSubject, hash: 'sha1' | 'sha256'): CertId => ({
  hash,
  issuerNameHash: digest(hash, certificate.issuer.der),
  issuerKeyHash: digest(hash, issuer.publicKey.keyBits),
  serialNumber: certificate.serialNumber,
});

/** Reads a CertID. Throws DerError. */
export const readCertId = (reader: DerReader): CertId => {
  const fields = reader.enter(TAG.sequence);
  const algorithm = fields.enter(TAG.sequence);
  const hash = hashOfOid(algorithm.oid());
  if (!algorithm.done && algorithm.content(TAG.null).length !== 0) algorithm.fail('a NULL with content');
  algorithm.finish();
  const issuerNameHash = fields.content(TAG.octetString);
  const issuerKeyHash = fields.content(TAG.octetString);
  const serialNumber = fields.integer();
  fields.finish();
  return { hash, issuerNameHash, issuerKeyHash, serialNumber };
};

/** Whether a CertID is the one of `subject`, by whichever hash its writer chose. */
export const identifies = (id: CertId, { certificate, issuer }: OcspSubject): boolean =>
  id.hash !== undefined &&
  id.hash !== 'md5' &&
  sameBytes(id.serialNumber, certificate.serialNumber) &&
  sameBytes(id.issuerNameHash, digest(id.hash, certificate.issuer.der)) &&
  sameBytes(id.issuerKeyHash, digest(id.hash, issuer.publicKey.keyBits));

const digest = (hash: HashName, data: Uint8Array): Uint8Array => createHash(hash).update(data).digest();

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

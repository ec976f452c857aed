import { hash } from 'node:crypto';
import { hashOfOid } from '../../certificate/algorithm.ts';
import type { Certificate } from '../../certificate/certificate.ts';
import { DerReader, TAG } from '../../certificate/der.ts';
import { readGeneralName } from '../../certificate/general-name.ts';

/** One certificate that a signature names (RFC 5035 section 5.4.1: ESSCertIDv2, ESSCertID). */
export interface NamedCertificate {
  /** undefined: a hash that is not known here; names no certificate. */
  readonly hash: string | undefined;
  readonly certHash: Uint8Array;
  /** DistinguishedName.key of the issuer and the serial number, where they are given. */
  readonly issuerSerial:
    { readonly issuer: string | undefined; readonly serialNumber: Uint8Array } | undefined;
}

const LIMIT = 16;

/**
 * Reads signingCertificate (version 1, SHA-1: RFC 2634 section 5.4) or signingCertificateV2 (RFC 5035 section 3): one or
 * more, the signer's first. Throws DerError.
 */
export const readSigningCertificate = (value: Uint8Array, version: 1 | 2): NamedCertificate[] => {
  const outer = new DerReader(value);
  const fields = outer.enter(TAG.sequence);
  outer.finish();
  const list = fields.enter(TAG.sequence);
  // Policies ask for a validation by them; the trust list's own count here.
  if (!fields.done) fields.element(TAG.sequence);
  fields.finish();
  const named: NamedCertificate[] = [];
  do {
    if (named.length >= LIMIT) list.fail('too many certificates named');
    named.push(readCertId(list.enter(TAG.sequence), version));
  } while (!list.done);
  return named;
};

const readCertId = (fields: DerReader, version: 1 | 2): NamedCertificate => {
  const algorithm = version === 2 ? fields.enterOptional(TAG.sequence) : undefined;
  const hashName = version === 1 ? 'sha1' : algorithm === undefined ? 'sha256' : hashOfOid(algorithm.oid());
  const certHash = fields.content(TAG.octetString);
  const issuerSerial = fields.enterOptional(TAG.sequence);
  fields.finish();
  return {
    hash: hashName,
    certHash,
    issuerSerial: issuerSerial === undefined ? undefined : readIssuerSerial(issuerSerial),
  };
};

/** RFC 5035 section 5.4.1: for a public key certificate, one directoryName, the issuer's. */
const readIssuerSerial = (fields: DerReader): NonNullable<NamedCertificate['issuerSerial']> => {
  const names = fields.enter(TAG.sequence);
  const name = readGeneralName(names);
  const alone = names.done;
  const serialNumber = fields.integer();
  fields.finish();
  return { issuer: alone && name.type === 'directoryName' ? name.name.key : undefined, serialNumber };
};

/** Whether `named` names this certificate: by its hash, and by issuer and serial number where they are given. */
export const namesCertificate = (named: NamedCertificate, certificate: Certificate): boolean => {
  if (!namesDer(named, certificate.der)) return false;
  const { issuerSerial } = named;
  return (
    issuerSerial === undefined ||
    (issuerSerial.issuer === certificate.issuer.key &&
      Buffer.compare(issuerSerial.serialNumber, certificate.serialNumber) === 0)
  );
};

/** By hash alone. */
export const namesDer = (named: NamedCertificate, der: Uint8Array): boolean =>
  named.hash !== undefined && Buffer.compare(hash(named.hash, der, 'buffer'), named.certHash) === 0;

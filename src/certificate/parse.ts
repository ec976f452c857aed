import { hash } from 'node:crypto';
import { Refusal } from '../refusal/refusal.ts';
import { readSignatureAlgorithm } from './algorithm.ts';
import type { Certificate, Extension } from './certificate.ts';
import { context, DerError, DerReader, TAG } from './der.ts';
import { readAlternativeNames } from './extensions/alternative-names.ts';
import { readOcspUris } from './extensions/authority-info-access.ts';
import { readBasicConstraints } from './extensions/basic-constraints.ts';
import { readCertificatePolicies } from './extensions/certificate-policies.ts';
import { readDistributionPoints } from './extensions/distribution-points.ts';
import { readExtendedKeyUsage } from './extensions/extended-key-usage.ts';
import { readAuthorityKeyIdentifier, readSubjectKeyIdentifier } from './extensions/key-identifiers.ts';
import { readKeyUsage } from './extensions/key-usage.ts';
import { readNameConstraints } from './extensions/name-constraints.ts';
import { EXTENSION } from './extensions/oids.ts';
import { readInhibitAnyPolicy, readPolicyConstraints } from './extensions/policy-constraints.ts';
import { readPolicyMappings } from './extensions/policy-mappings.ts';
import { readIssuerName, readName } from './name.ts';
import { readPublicKey } from './public-key.ts';

/** Bytes. Real certificates have one to four thousand; a person's photograph does not belong in one. */
const SIZE_LIMIT = 65_536;
/** RFC 5280 section 4.1.2.2. */
const SERIAL_LIMIT = 20;
const EXTENSION_LIMIT = 64;

/**
 * Reads one DER certificate, strictly (RFC 5280 section 4.1). Bytes that only BER would allow, repeated extensions,
 * and a signature algorithm that differs inside and outside are all refused.
 *
 * @throws Refusal ONECERT_CERTIFICATE_MALFORMED
 */
export const parseCertificate = (der: Uint8Array): Certificate => {
  if (der.length > SIZE_LIMIT) throw malformed(`longer than ${SIZE_LIMIT} bytes`);
  try {
    return readCertificate(der);
  } catch (cause) {
    if (cause instanceof DerError) throw malformed(cause.message, cause);
    throw cause;
  }
};

const malformed = (detail: string, cause?: Error): Refusal =>
  new Refusal('ONECERT_CERTIFICATE_MALFORMED', detail, { cause });

const readCertificate = (der: Uint8Array): Certificate => {
  const outer = new DerReader(der);
  const whole = outer.enter(TAG.sequence);
  outer.finish();
  const tbs = whole.element(TAG.sequence);
  const signatureAlgorithm = readSignatureAlgorithm(whole);
  const signature = whole.bitString();
  whole.finish();
  if (signature.unusedBits !== 0) whole.fail('a signature that is not whole octets');

  const fields = new DerReader(tbs).enter(TAG.sequence);
  const version = readVersion(fields);
  const serialNumber = readSerialNumber(fields);
  const innerAlgorithm = fields.element(TAG.sequence);
  if (!sameBytes(innerAlgorithm, signatureAlgorithm.der)) {
    // RFC 5280 section 4.1.1.2: MUST contain the same algorithm identifier.
    fields.fail('signature algorithm inside and outside differ');
  }
  const issuer = readIssuerName(fields);
  // RFC 5280 section 4.1.2.4.
  if (issuer.rdns.length === 0) fields.fail('an issuer without a name');
  const validity = fields.enter(TAG.sequence);
  const notBefore = validity.time();
  const notAfter = validity.time();
  validity.finish();
  const subject = readName(fields);
  const publicKey = readPublicKey(fields);
  skipUniqueIdentifiers(fields, version);
  const extensions = readExtensions(fields, version);
  fields.finish();

  return {
    der,
    tbs,
    version,
    serialNumber,
    serialHex: Buffer.from(serialNumber).toString('hex'),
    signatureAlgorithm,
    signature: signature.octets,
    issuer,
    subject,
    notBefore,
    notAfter,
    publicKey,
    extensions,
    ...decodeExtensions(extensions),
    fingerprint: hash('sha256', der, 'hex'),
  };
};

const readVersion = (fields: DerReader): 1 | 2 | 3 => {
  const explicit = fields.enterOptional(context(0));
  if (explicit === undefined) return 1;
  const version = explicit.smallInteger() + 1;
  explicit.finish();
  // Version 1 is the default and therefore not written (X.690 section 11.5).
  if (version !== 2 && version !== 3) return explicit.fail('not a version of X.509');
  return version;
};

/**
 * Negative numbers and zero are read: "certificate users SHOULD be prepared to gracefully handle such certificates"
 * (RFC 5280 section 4.1.2.2), and PKITS 4.4.14 and 4.4.15 ask for it. All of the octets are compared, sign included.
 * Zero is refused below the anchor, by the path's checks; a few roots have it.
 */
const readSerialNumber = (fields: DerReader): Uint8Array => {
  const serialNumber = fields.integer();
  const first = serialNumber[0] as number;
  if (serialNumber.length > SERIAL_LIMIT + (first === 0 ? 1 : 0))
    fields.fail('a serial number of over 20 octets');
  return serialNumber;
};

/** RFC 5280 section 4.1.2.8: not used by anybody, allowed in versions 2 and 3. */
const skipUniqueIdentifiers = (fields: DerReader, version: number): void => {
  for (const tag of [context(1, 'primitive'), context(2, 'primitive')]) {
    if (fields.peek() !== tag) continue;
    if (version === 1) fields.fail('a unique identifier in a certificate of version 1');
    fields.bitString(tag);
  }
};

const readExtensions = (fields: DerReader, version: number): ReadonlyMap<string, Extension> => {
  const extensions = new Map<string, Extension>();
  const explicit = fields.enterOptional(context(3));
  if (explicit === undefined) return extensions;
  if (version !== 3) fields.fail('extensions in a certificate that is not of version 3');
  const list = explicit.enter(TAG.sequence);
  explicit.finish();
  do {
    if (extensions.size >= EXTENSION_LIMIT) list.fail('too many extensions');
    const extension = list.enter(TAG.sequence);
    const oid = extension.oid();
    const critical = extension.peek() === TAG.boolean && extension.boolean();
    const value = extension.content(TAG.octetString);
    extension.finish();
    // RFC 5280 section 4.2: MUST NOT include more than one instance of a particular extension.
    if (extensions.has(oid)) list.fail(`the extension ${oid} stands there twice`);
    extensions.set(oid, { oid, critical, value });
  } while (!list.done);
  return extensions;
};

type Decoded = Pick<
  Certificate,
  | 'basicConstraints'
  | 'keyUsage'
  | 'extendedKeyUsage'
  | 'subjectKeyIdentifier'
  | 'authorityKeyIdentifier'
  | 'crlDistributionPoints'
  | 'freshestCrl'
  | 'ocspUris'
  | 'subjectAltName'
  | 'issuerAltName'
  | 'nameConstraints'
  | 'certificatePolicies'
  | 'policyMappings'
  | 'policyConstraints'
  | 'inhibitAnyPolicy'
>;

const decodeExtensions = (extensions: ReadonlyMap<string, Extension>): Decoded => {
  const decode = <T>(oid: string, read: (value: Uint8Array) => T): T | undefined => {
    const extension = extensions.get(oid);
    return extension === undefined ? undefined : read(extension.value);
  };
  return {
    basicConstraints: decode(EXTENSION.basicConstraints, readBasicConstraints),
    keyUsage: decode(EXTENSION.keyUsage, readKeyUsage),
    extendedKeyUsage: decode(EXTENSION.extendedKeyUsage, readExtendedKeyUsage),
    subjectKeyIdentifier: decode(EXTENSION.subjectKeyIdentifier, readSubjectKeyIdentifier),
    authorityKeyIdentifier: decode(EXTENSION.authorityKeyIdentifier, readAuthorityKeyIdentifier),
    crlDistributionPoints: decode(EXTENSION.crlDistributionPoints, readDistributionPoints) ?? [],
    freshestCrl: decode(EXTENSION.freshestCrl, readDistributionPoints) ?? [],
    ocspUris: decode(EXTENSION.authorityInfoAccess, readOcspUris) ?? [],
    subjectAltName: decode(EXTENSION.subjectAltName, readAlternativeNames),
    issuerAltName: decode(EXTENSION.issuerAltName, readAlternativeNames),
    nameConstraints: decode(EXTENSION.nameConstraints, readNameConstraints),
    certificatePolicies: decode(EXTENSION.certificatePolicies, readCertificatePolicies),
    policyMappings: decode(EXTENSION.policyMappings, readPolicyMappings),
    policyConstraints: decode(EXTENSION.policyConstraints, readPolicyConstraints),
    inhibitAnyPolicy: decode(EXTENSION.inhibitAnyPolicy, readInhibitAnyPolicy),
  };
};

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

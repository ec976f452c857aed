import { createHash, hash } from 'node:crypto';
import type { Certificate } from '../../src/certificate/certificate.ts';
import { parseCertificate } from '../../src/certificate/parse.ts';
import { element, nothing, octetString, oid, sequence, setOf, smallInteger, utcTime } from './der.ts';
import type { SoftKey } from './soft-key.ts';

/** RFC 5652's object identifiers, or those of the Chinese variant (GM/T 0010). */
const DIALECT = {
  cms: { signedData: '1.2.840.113549.1.7.2', data: '1.2.840.113549.1.7.1' },
  'gmt-0010': { signedData: '1.2.156.10197.6.1.4.2.2', data: '1.2.156.10197.6.1.4.2.1' },
} as const;

export interface SignedDataOptions {
  readonly key: SoftKey;
  /** DER, the signer's first. */
  readonly certificates: readonly Uint8Array[];
  readonly content: Uint8Array;
  /** Whether the content goes along. Default false: detached. */
  readonly attached?: boolean;
  /** Default: what the key calls for. */
  readonly dialect?: keyof typeof DIALECT;
  /** ms since the epoch; the signer's clock. Default now. */
  readonly signingTime?: number;
}

/** CMS SignedData of one signer with signed attributes, signingCertificateV2 among them. DER. */
export const writeSignedData = (options: SignedDataOptions): Buffer => {
  const { key, certificates, content, attached = false, signingTime = Date.now() } = options;
  const [leaf] = certificates;
  if (leaf === undefined) throw new Error('a signature needs the certificate of its key');
  const oids = DIALECT[options.dialect ?? (key.kind === 'sm2' ? 'gmt-0010' : 'cms')];
  const certificate = parseCertificate(leaf);
  const digestAlgorithm = algorithm(key.digest.oid);
  const attributes = [
    attribute('1.2.840.113549.1.9.3', oid(oids.data)),
    attribute('1.2.840.113549.1.9.4', octetString(createHash(key.digest.name).update(content).digest())),
    attribute('1.2.840.113549.1.9.5', utcTime(signingTime)),
    attribute('1.2.840.113549.1.9.16.2.47', signingCertificateV2(certificate)),
  ];
  const signed = setOf(...attributes);
  const signerInfo = sequence(
    smallInteger(1),
    issuerAndSerial(certificate),
    digestAlgorithm,
    // Sent under [0], signed as a SET (RFC 5652 section 5.4).
    Buffer.concat([Uint8Array.of(0xa0), signed.subarray(1)]),
    key.signatureAlgorithm,
    octetString(key.sign(signed)),
  );
  const signedData = sequence(
    smallInteger(1),
    setOf(digestAlgorithm),
    sequence(oid(oids.data), ...(attached ? [element(0xa0, octetString(content))] : [])),
    element(0xa0, ...certificates),
    setOf(signerInfo),
  );
  return sequence(oid(oids.signedData), element(0xa0, signedData));
};

export const algorithm = (dotted: string, parameters: Uint8Array = nothing()): Buffer =>
  sequence(oid(dotted), parameters);

const attribute = (type: string, value: Uint8Array): Buffer => sequence(oid(type), setOf(value));

const issuerAndSerial = (certificate: Certificate): Buffer =>
  sequence(certificate.issuer.der, element(0x02, certificate.serialNumber));

/** RFC 5035 section 3, with SHA-256, which is the default and so not written. */
const signingCertificateV2 = (certificate: Certificate): Buffer => {
  const issuer = sequence(element(0xa4, certificate.issuer.der));
  const issuerSerial = sequence(issuer, element(0x02, certificate.serialNumber));
  return sequence(sequence(sequence(octetString(hash('sha256', certificate.der, 'buffer')), issuerSerial)));
};

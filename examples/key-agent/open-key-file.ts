import { createPublicKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import forge from 'node-forge';
import { decodePem, encodePem } from '../../src/certificate/pem.ts';
import { readSoftKey, type SoftKey } from './soft-key.ts';

/** What stands in for a key device: a key and its certificate. */
export interface SoftDevice {
  readonly key: SoftKey;
  /** DER, the key's first. */
  readonly certificates: readonly Uint8Array[];
}

/** The first key of a PKCS#12 file with its certificate. Throws where the PIN is wrong. */
export const openPkcs12File = (file: string, pin: string): SoftDevice => {
  const { asn1, pki, pkcs12 } = forge;
  const pfx = pkcs12.pkcs12FromAsn1(asn1.fromDer(readFileSync(file, 'latin1')), pin);
  const bags = pfx.safeContents.flatMap(({ safeBags }) => safeBags);
  const toDer = (node: forge.asn1.Asn1): Buffer => Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
  const certificates = bags
    .filter(({ type }) => type === pki.oids.certBag)
    // forge reads RSA certificates, and leaves those of other keys as they are.
    .map(({ cert, asn1: node }) =>
      toDer(cert === undefined || cert === null ? node : pki.certificateToAsn1(cert)),
    );
  const keyBag = bags.find(({ type }) => type === pki.oids.pkcs8ShroudedKeyBag || type === pki.oids.keyBag);
  if (keyBag === undefined) throw new Error(`${file} holds no key`);
  const der = toDer(
    keyBag.key === undefined || keyBag.key === null
      ? keyBag.asn1
      : pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(keyBag.key)),
  );
  return deviceOf(encodePem('PRIVATE KEY', der), certificates);
};

/** A key and its certificates from PEM files: SM2, which PKCS#12 files seldom hold. */
export const openPemFiles = (keyFile: string, certificateFile: string): SoftDevice =>
  deviceOf(readFileSync(keyFile, 'latin1'), decodePem(readFileSync(certificateFile, 'latin1')));

const deviceOf = (pem: string, certificates: readonly Uint8Array[]): SoftDevice => {
  const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
  const isOfKey = (der: Uint8Array): boolean =>
    new X509Certificate(der).publicKey.export({ type: 'spki', format: 'der' }).equals(spki);
  const leaf = certificates.find(isOfKey);
  if (leaf === undefined) throw new Error('no certificate of the key');
  return {
    key: readSoftKey(pem),
    certificates: [leaf, ...certificates.filter((each) => each !== leaf)],
  };
};

import type { Certificate } from '../../certificate/certificate.ts';
import { parseCertificate } from '../../certificate/parse.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { SignerIdentifier } from './signer-info.ts';

/**
 * The one certificate that the signer identifier names, and the DER of all others. Those may be broken: they are hints
 * for path building.
 *
 * @throws Refusal …_CERTIFICATE where none or several are named; ONECERT_CERTIFICATE_MALFORMED where none is and one
 * cannot be read
 */
export const findSigner = (
  sid: SignerIdentifier,
  certificates: readonly Uint8Array[],
): { readonly certificate: Certificate; readonly others: readonly Uint8Array[] } => {
  let unreadable: Refusal | undefined;
  const named: Certificate[] = [];
  for (const der of certificates) {
    try {
      const certificate = parseCertificate(der);
      if (names(sid, certificate)) named.push(certificate);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      unreadable ??= error;
    }
  }
  const [certificate, ...more] = named;
  if (certificate === undefined) {
    throw (
      unreadable ??
      new Refusal('ONECERT_SIGNED_RESPONSE_CERTIFICATE', "the signer's certificate is not there")
    );
  }
  if (more.length > 0)
    throw new Refusal('ONECERT_SIGNED_RESPONSE_CERTIFICATE', 'several certificates are named as the signer');
  return { certificate, others: certificates.filter((der) => der !== certificate.der) };
};

const names = (sid: SignerIdentifier, certificate: Certificate): boolean =>
  'issuer' in sid
    ? sid.issuer.key === certificate.issuer.key &&
      Buffer.compare(sid.serialNumber, certificate.serialNumber) === 0
    : certificate.subjectKeyIdentifier !== undefined &&
      Buffer.compare(sid.subjectKeyIdentifier, certificate.subjectKeyIdentifier) === 0;

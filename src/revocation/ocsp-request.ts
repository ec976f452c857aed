import { randomBytes } from 'node:crypto';
import { context, TAG } from '../certificate/der.ts';
import { certIdOf, type OcspSubject } from './ocsp-cert-id.ts';

/** id-pkix-ocsp-nonce (RFC 9654 section 2.1). */
export const OCSP_NONCE = '1.3.6.1.5.5.7.48.1.2';
const OCSP_NONCE_DER = Buffer.from('06092b0601050507300102', 'hex');

const HASH_DER = {
  sha1: Buffer.from('300906052b0e03021a0500', 'hex'),
  sha256: Buffer.from('300d06096086480165030402010500', 'hex'),
};

/** RFC 9654 section 2.1: 32 octets, from a cryptographic random generator. */
export const newOcspNonce = (): Uint8Array => randomBytes(32);

/**
 * DER of an unsigned OCSPRequest (RFC 6960 section 4.1.1) that asks about all `subjects` at once.
 *
 * @param hash of the CertIDs
 * @param nonce left out when undefined
 */
export const writeOcspRequest = (
  subjects: readonly OcspSubject[],
  hash: 'sha1' | 'sha256',
  nonce?: Uint8Array,
): Uint8Array => {
  const requests = subjects.map((subject) => {
    const id = certIdOf(subject, hash);
    const certId = encode(
      TAG.sequence,
      HASH_DER[hash],
      encode(TAG.octetString, id.issuerNameHash),
      encode(TAG.octetString, id.issuerKeyHash),
      encode(TAG.integer, id.serialNumber),
    );
    return encode(TAG.sequence, certId);
  });
  const extensions =
    nonce === undefined ? [] : [encode(context(2), encode(TAG.sequence, nonceExtension(nonce)))];
  return encode(TAG.sequence, encode(TAG.sequence, encode(TAG.sequence, ...requests), ...extensions));
};

/** The extension's value is itself an OCTET STRING inside extnValue's OCTET STRING. */
const nonceExtension = (nonce: Uint8Array): Uint8Array =>
  encode(TAG.sequence, OCSP_NONCE_DER, encode(TAG.octetString, encode(TAG.octetString, nonce)));

const encode = (tag: number, ...content: readonly Uint8Array[]): Uint8Array => {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  const header = length < 0x80 ? [tag, length] : [tag, 0x80 | octets.length, ...octets];
  return Buffer.concat([Uint8Array.from(header), ...content]);
};

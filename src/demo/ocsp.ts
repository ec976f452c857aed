import {
  BasicOCSPResponse,
  CertStatus,
  id_pkix_ocsp_basic,
  id_pkix_ocsp_nonce,
  KeyHash,
  OCSPRequest,
  OCSPResponse,
  OCSPResponseStatus,
  ResponderID,
  ResponseBytes,
  ResponseData,
  RevokedInfo,
  SingleResponse,
  type CertID,
} from '@peculiar/asn1-ocsp';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { Certificate, CRLReason, type Name } from '@peculiar/asn1-x509';
import { createHash } from 'node:crypto';
import { der, octets, signatureAlgorithmOf, wholeSeconds } from './asn1.ts';
import { REASON_CODE, type Revocation } from './crl.ts';
import { keyBits, keyIdentifierOf } from './extensions.ts';
import type { SigningKey } from './signing-key.ts';

export type IssuedStatus = 'good' | 'unknown' | Revocation;

/** One authority's OCSP responder (RFC 6960). */
export interface Responder {
  readonly issuer: { readonly name: Name; readonly spki: Uint8Array };
  /** The issuer's own key, or a delegated one together with its certificate (section 4.2.2.2). */
  readonly signer: { readonly key: SigningKey; readonly certificate?: Uint8Array };
  /** `serial` is lower-case hex. */
  statusOf(serial: string): IssuedStatus;
}

/** How long an answer may be relied on. */
const ANSWER_MS = 5 * 60_000;
const HASHES: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
  '1.2.156.10197.1.401': 'sm3',
};

/** Answers one DER request with a DER response; bytes that are no request get malformedRequest. */
export const answerOcsp = (request: Uint8Array, responder: Responder): Buffer => {
  let asked: OCSPRequest;
  try {
    asked = AsnConvert.parse(octets(request), OCSPRequest);
  } catch {
    return failure(OCSPResponseStatus.malformedRequest);
  }
  const { requestList, requestExtensions = [] } = asked.tbsRequest;
  if (requestList.length === 0) return failure(OCSPResponseStatus.malformedRequest);
  const ids = requestList.map(({ reqCert }) => reqCert);
  // Section 2.3: unauthorized, where the responder cannot speak for the issuer that is named.
  if (!ids.every((id) => names(id, responder.issuer))) return failure(OCSPResponseStatus.unauthorized);

  const now = Date.now();
  const { key, certificate } = responder.signer;
  const nonce = requestExtensions.filter(({ extnID }) => extnID === id_pkix_ocsp_nonce);
  const tbsResponseData = new ResponseData({
    responderID:
      certificate === undefined
        ? new ResponderID({ byName: responder.issuer.name })
        : new ResponderID({ byKey: new KeyHash(octets(keyIdentifierOf(key.spki))) }),
    producedAt: wholeSeconds(now),
    responses: ids.map((certID) => single(certID, responder, now)),
    ...(nonce.length > 0 && { responseExtensions: nonce }),
  });
  const basic = new BasicOCSPResponse({
    tbsResponseData,
    signatureAlgorithm: signatureAlgorithmOf(key),
    signature: octets(key.sign(der(tbsResponseData))),
    ...(certificate !== undefined && { certs: [AsnConvert.parse(octets(certificate), Certificate)] }),
  });
  return der(
    new OCSPResponse({
      responseStatus: OCSPResponseStatus.successful,
      responseBytes: new ResponseBytes({
        responseType: id_pkix_ocsp_basic,
        response: new OctetString(octets(der(basic))),
      }),
    }),
  );
};

const failure = (responseStatus: OCSPResponseStatus): Buffer => der(new OCSPResponse({ responseStatus }));

/** Whether a CertID names this issuer: hashes of its name and of its key (section 4.1.1). */
const names = (id: CertID, { name, spki }: Responder['issuer']): boolean => {
  const hash = HASHES[id.hashAlgorithm.algorithm];
  if (hash === undefined) return false;
  const same = (claimed: OctetString, bytes: Uint8Array): boolean =>
    createHash(hash).update(bytes).digest().equals(Buffer.from(claimed.buffer));
  return same(id.issuerNameHash, der(name)) && same(id.issuerKeyHash, keyBits(spki));
};

const single = (certID: CertID, responder: Responder, now: number): SingleResponse => {
  const status = responder.statusOf(Buffer.from(certID.serialNumber).toString('hex'));
  return new SingleResponse({
    certID,
    certStatus: certStatus(status),
    thisUpdate: wholeSeconds(now),
    nextUpdate: wholeSeconds(now + ANSWER_MS),
  });
};

const certStatus = (status: IssuedStatus): CertStatus => {
  if (status === 'good') return new CertStatus({ good: null });
  if (status === 'unknown') return new CertStatus({ unknown: null });
  return new CertStatus({
    revoked: new RevokedInfo({
      revocationTime: wholeSeconds(status.at),
      ...(status.reason !== 'unspecified' && { revocationReason: new CRLReason(REASON_CODE[status.reason]) }),
    }),
  });
};

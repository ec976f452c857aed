import { readSignatureAlgorithm, type SignatureAlgorithm } from '../certificate/algorithm.ts';
import type { Extension } from '../certificate/certificate.ts';
import { context, DerError, DerReader, TAG } from '../certificate/der.ts';
import { readName, type DistinguishedName } from '../certificate/name.ts';
import { readCertId, type CertId } from './ocsp-cert-id.ts';
import { OCSP_NONCE } from './ocsp-request.ts';
import type { RevocationReason } from './types.ts';

/** RFC 6960 section 4.2.1, OCSPResponseStatus. */
export type OcspResponseStatus =
  'successful' | 'malformedRequest' | 'internalError' | 'tryLater' | 'sigRequired' | 'unauthorized';

/** What a responder says of one certificate. Times are milliseconds since the epoch. */
export interface SingleResponse {
  readonly certId: CertId;
  readonly status:
    | { readonly name: 'good' }
    | { readonly name: 'unknown' }
    | { readonly name: 'revoked'; readonly at: number; readonly reason: RevocationReason };
  readonly thisUpdate: number;
  /** Absent: newer information is always to be had. */
  readonly nextUpdate: number | undefined;
  readonly extensions: ReadonlyMap<string, Extension>;
}

/** A BasicOCSPResponse, parsed and nothing more: whether it may be believed, verifyOcspResponse says. */
export interface BasicOcspResponse {
  /** tbsResponseData with its header: what the signature is over. */
  readonly tbs: Uint8Array;
  readonly responderId:
    | { readonly byName: DistinguishedName }
    /** SHA-1 of the responder's public key. */
    | { readonly byKey: Uint8Array };
  readonly producedAt: number;
  readonly responses: readonly SingleResponse[];
  readonly extensions: ReadonlyMap<string, Extension>;
  readonly nonce: Uint8Array | undefined;
  readonly signatureAlgorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
  /** DER of the certificates sent along; not parsed. */
  readonly certificates: readonly Uint8Array[];
}

export type OcspResponse =
  | { readonly status: 'successful'; readonly basic: BasicOcspResponse }
  | { readonly status: Exclude<OcspResponseStatus, 'successful'> };

/** Archive cutoff, CRL references and extended revoke narrow nothing that is decided here. */
const KNOWN_EXTENSIONS: ReadonlySet<string> = new Set([
  OCSP_NONCE,
  '1.3.6.1.5.5.7.48.1.3',
  '1.3.6.1.5.5.7.48.1.6',
  '1.3.6.1.5.5.7.48.1.9',
]);

/** A critical extension that has to be processed and is not known here; a response with one is not used. */
export const unknownCriticalExtension = (extensions: ReadonlyMap<string, Extension>): string | undefined =>
  [...extensions.values()].find(({ oid, critical }) => critical && !KNOWN_EXTENSIONS.has(oid))?.oid;

/** Bytes. A response with a whole chain has some ten thousand. */
export const OCSP_RESPONSE_SIZE_LIMIT = 262_144;
const RESPONSE_LIMIT = 1_000;
const CERTIFICATE_LIMIT = 16;
const EXTENSION_LIMIT = 32;

const STATUSES: Readonly<Record<number, OcspResponseStatus>> = {
  0: 'successful',
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
};

const REASONS: Readonly<Record<number, RevocationReason>> = {
  0: 'unspecified',
  1: 'keyCompromise',
  2: 'cACompromise',
  3: 'affiliationChanged',
  4: 'superseded',
  5: 'cessationOfOperation',
  6: 'certificateHold',
  8: 'removeFromCRL',
  9: 'privilegeWithdrawn',
  10: 'aACompromise',
};

/** id-pkix-ocsp-basic (RFC 6960 section 4.2.1). */
const OCSP_BASIC = '1.3.6.1.5.5.7.48.1.1';

/**
 * Reads a DER OCSPResponse, strictly (RFC 6960 section 4.2.1). Byte fields are views of `der`.
 *
 * @throws DerError for anything that is not one, and for one larger than any responder sends
 */
export const parseOcspResponse = (der: Uint8Array): OcspResponse => {
  if (der.length > OCSP_RESPONSE_SIZE_LIMIT) throw new DerError('an OCSP response too large', 0);
  const outer = new DerReader(der);
  const fields = outer.enter(TAG.sequence);
  outer.finish();
  const status = STATUSES[fields.smallInteger(TAG.enumerated)];
  if (status === undefined) return fields.fail('not an OCSP response status');
  const bytes = fields.enterOptional(context(0));
  fields.finish();
  if (status !== 'successful') {
    if (bytes !== undefined) fields.fail('an answer in a response that says there is none');
    return { status };
  }
  if (bytes === undefined) return fields.fail('a successful response without an answer');
  const responseBytes = bytes.enter(TAG.sequence);
  bytes.finish();
  if (responseBytes.oid() !== OCSP_BASIC) responseBytes.fail('an OCSP response of an unknown type');
  const basic = readBasic(new DerReader(responseBytes.content(TAG.octetString)));
  responseBytes.finish();
  return { status, basic };
};

const readBasic = (outer: DerReader): BasicOcspResponse => {
  const fields = outer.enter(TAG.sequence);
  outer.finish();
  const tbs = fields.element(TAG.sequence);
  const signatureAlgorithm = readSignatureAlgorithm(fields);
  const signature = fields.bitString();
  if (signature.unusedBits !== 0) fields.fail('a signature that is not whole octets');
  const certificates = readCertificates(fields.enterOptional(context(0)));
  fields.finish();
  return {
    tbs,
    ...readResponseData(new DerReader(tbs).enter(TAG.sequence)),
    signatureAlgorithm,
    signature: signature.octets,
    certificates,
  };
};

const readCertificates = (explicit: DerReader | undefined): Uint8Array[] => {
  if (explicit === undefined) return [];
  const list = explicit.enter(TAG.sequence);
  explicit.finish();
  const certificates: Uint8Array[] = [];
  while (!list.done) {
    if (certificates.length >= CERTIFICATE_LIMIT) list.fail('too many certificates');
    certificates.push(list.element(TAG.sequence));
  }
  return certificates;
};

const readResponseData = (
  fields: DerReader,
): Pick<BasicOcspResponse, 'responderId' | 'producedAt' | 'responses' | 'extensions' | 'nonce'> => {
  // Version 1 is the default and therefore not written (X.690 section 11.5); there is no other.
  if (fields.peek() === context(0)) fields.fail('not version 1 of OCSP');
  const responderId = readResponderId(fields);
  const producedAt = generalizedTime(fields);
  const list = fields.enter(TAG.sequence);
  const responses: SingleResponse[] = [];
  while (!list.done) {
    if (responses.length >= RESPONSE_LIMIT) list.fail('too many answers');
    responses.push(readSingleResponse(list.enter(TAG.sequence)));
  }
  const extensions = readExtensions(fields.enterOptional(context(1)));
  fields.finish();
  return { responderId, producedAt, responses, extensions, nonce: readNonce(extensions.get(OCSP_NONCE)) };
};

const readResponderId = (fields: DerReader): BasicOcspResponse['responderId'] => {
  const byName = fields.enterOptional(context(1));
  if (byName !== undefined) {
    const name = readName(byName);
    byName.finish();
    return { byName: name };
  }
  const explicit = fields.enter(context(2));
  const byKey = explicit.content(TAG.octetString);
  explicit.finish();
  return { byKey };
};

const readSingleResponse = (fields: DerReader): SingleResponse => {
  const certId = readCertId(fields);
  const status = readCertStatus(fields);
  const thisUpdate = generalizedTime(fields);
  const next = fields.enterOptional(context(0));
  const nextUpdate = next === undefined ? undefined : generalizedTime(next);
  next?.finish();
  const extensions = readExtensions(fields.enterOptional(context(1)));
  fields.finish();
  return { certId, status, thisUpdate, nextUpdate, extensions };
};

const readCertStatus = (fields: DerReader): SingleResponse['status'] => {
  const revoked = fields.enterOptional(context(1));
  if (revoked === undefined) {
    const name = fields.peek() === context(0, 'primitive') ? 'good' : 'unknown';
    const content = fields.content(name === 'good' ? context(0, 'primitive') : context(2, 'primitive'));
    if (content.length !== 0) fields.fail('a NULL with content');
    return { name };
  }
  const at = generalizedTime(revoked);
  const explicit = revoked.enterOptional(context(0));
  const reason = explicit === undefined ? 'unspecified' : REASONS[explicit.smallInteger(TAG.enumerated)];
  explicit?.finish();
  revoked.finish();
  if (reason === undefined) return revoked.fail('not a reason of RFC 5280 section 5.3.1');
  return { name: 'revoked', at, reason };
};

const readExtensions = (explicit: DerReader | undefined): ReadonlyMap<string, Extension> => {
  const extensions = new Map<string, Extension>();
  if (explicit === undefined) return extensions;
  const list = explicit.enter(TAG.sequence);
  explicit.finish();
  while (!list.done) {
    if (extensions.size >= EXTENSION_LIMIT) list.fail('too many extensions');
    const extension = list.enter(TAG.sequence);
    const oid = extension.oid();
    const critical = extension.peek() === TAG.boolean && extension.boolean();
    const value = extension.content(TAG.octetString);
    extension.finish();
    if (extensions.has(oid)) list.fail(`the extension ${oid} stands there twice`);
    extensions.set(oid, { oid, critical, value });
  }
  return extensions;
};

/** RFC 9654 section 2.1: an OCTET STRING of 1 to 128 octets. */
const readNonce = (extension: Extension | undefined): Uint8Array | undefined => {
  if (extension === undefined) return undefined;
  const outer = new DerReader(extension.value);
  const nonce = outer.content(TAG.octetString);
  outer.finish();
  if (nonce.length === 0 || nonce.length > 128) outer.fail('a nonce of a length out of range');
  return nonce;
};

/** RFC 6960 section 4.2.2.1: times are GeneralizedTime, never UTCTime. */
const generalizedTime = (reader: DerReader): number => {
  if (reader.peek() !== TAG.generalizedTime) reader.fail('expected a GeneralizedTime');
  return reader.time();
};

import { hash } from 'node:crypto';
import { context, DerReader, TAG } from '../../certificate/der.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { Attribute } from './attributes.ts';
import { ATTRIBUTE } from './oids.ts';
import type { Digest } from './signature-algorithm.ts';
import type { SignedData } from './signed-data.ts';

const MUST_BE_SIGNED: ReadonlySet<string> = new Set(Object.values(ATTRIBUTE));

const refuseAttributes = (detail: string): never => {
  throw new Refusal('ONECERT_SIGNED_RESPONSE_ATTRIBUTES', detail);
};

/** RFC 5652 section 11: these are signed attributes and nothing else; outside the signature anyone can write them. */
export const refuseUnsigned = (attributes: readonly Attribute[]): void => {
  for (const { oid } of attributes)
    if (MUST_BE_SIGNED.has(oid)) refuseAttributes(`the attribute ${oid} stands among the unsigned ones`);
};

/** The attributes known here, by type: the one value of each. */
export type SignedValues = ReadonlyMap<string, Uint8Array>;
export const NO_SIGNED_VALUES: SignedValues = new Map();

/** RFC 5652 section 11: one instance, one value. */
export const readSignedValues = (attributes: readonly Attribute[]): SignedValues => {
  const found = new Map<string, Uint8Array>();
  for (const { oid, values } of attributes) {
    if (!MUST_BE_SIGNED.has(oid)) continue;
    const [value, ...more] = values;
    if (found.has(oid) || value === undefined || more.length > 0)
      return refuseAttributes(`the attribute ${oid} does not have exactly one value`);
    found.set(oid, value);
  }
  return found;
};

/** RFC 5652 sections 5.3, 5.4 and 5.6: content type and digest are signed, and are those of the content. */
export const checkSignedValues = (
  found: SignedValues,
  { contentType, signer }: SignedData,
  content: Uint8Array,
  digest: Digest,
): void => {
  const type =
    found.get(ATTRIBUTE.contentType) ?? refuseAttributes('no content type among the signed attributes');
  if (only(type, (reader) => reader.oid()) !== contentType)
    throw new Refusal(
      'ONECERT_SIGNED_RESPONSE_CONTENT_TYPE',
      'the content type signed is not that of the content',
    );
  const value =
    found.get(ATTRIBUTE.messageDigest) ?? refuseAttributes('no digest among the signed attributes');
  const messageDigest = only(value, (reader) => reader.content(TAG.octetString));
  if (Buffer.compare(messageDigest, hash(digest, content, 'buffer')) !== 0)
    throw new Refusal('ONECERT_CHALLENGE_CONTENT', 'the digest signed is not that of the challenge');
  const protection = found.get(ATTRIBUTE.algorithmProtection);
  if (protection !== undefined) checkAlgorithmProtection(protection, signer);
};

/** RFC 6211 section 2: the algorithms named outside the signature are those named inside. */
const checkAlgorithmProtection = (value: Uint8Array, signer: SignedData['signer']): void => {
  const fields = only(value, (reader) => reader.enter(TAG.sequence));
  const digestAlgorithm = fields.element(TAG.sequence);
  // [1] IMPLICIT AlgorithmIdentifier: the same content under another tag.
  const signatureAlgorithm = fields.content(context(1));
  fields.finish();
  const outside = new DerReader(signer.signatureAlgorithm).content(TAG.sequence);
  if (
    Buffer.compare(digestAlgorithm, signer.digestAlgorithm) !== 0 ||
    Buffer.compare(signatureAlgorithm, outside) !== 0
  )
    refuseAttributes('the algorithms signed are not those used');
};

/** signingTime, ms since the epoch: what the signer's clock said. Throws DerError. */
export const readSigningTime = (found: SignedValues): number | undefined => {
  const value = found.get(ATTRIBUTE.signingTime);
  return value === undefined ? undefined : only(value, (reader) => reader.time());
};

/** Reads an attribute's value, which is one element. */
const only = <T>(value: Uint8Array, read: (reader: DerReader) => T): T => {
  const reader = new DerReader(value);
  const result = read(reader);
  reader.finish();
  return result;
};

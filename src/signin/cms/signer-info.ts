import { context, type DerReader, TAG } from '../../certificate/der.ts';
import { readName, type DistinguishedName } from '../../certificate/name.ts';
import { readAttributes, type Attribute } from './attributes.ts';

/** Who signed, as the SignerInfo names the certificate. */
export type SignerIdentifier =
  | { readonly issuer: DistinguishedName; readonly serialNumber: Uint8Array }
  | { readonly subjectKeyIdentifier: Uint8Array };

/** SignerInfo (RFC 5652 section 5.3). Views of the input. */
export interface SignerInfo {
  readonly sid: SignerIdentifier;
  /** AlgorithmIdentifiers with their headers. */
  readonly digestAlgorithm: Uint8Array;
  readonly signatureAlgorithm: Uint8Array;
  /** undefined: the signature is over the content itself. */
  readonly signedAttributes: readonly Attribute[] | undefined;
  readonly unsignedAttributes: readonly Attribute[];
  readonly signature: Uint8Array;
}

/** Octets. RSA of 8192 bits makes 1024. */
const SIGNATURE_LIMIT = 2048;

/** Reads the content of a SignerInfo. Throws DerError. */
export const readSignerInfo = (fields: DerReader): SignerInfo => {
  const version = fields.smallInteger();
  const sid = readSignerIdentifier(fields);
  // RFC 5652 section 5.3: 1 for issuer and serial number, 3 for a key identifier.
  if (version !== ('issuer' in sid ? 1 : 3)) fields.fail('a SignerInfo of a wrong version');
  const digestAlgorithm = fields.element(TAG.sequence);
  const signed = fields.enterOptional(context(0));
  const signatureAlgorithm = fields.element(TAG.sequence);
  const signature = fields.content(TAG.octetString);
  if (signature.length > SIGNATURE_LIMIT) fields.fail('a signature of too many octets');
  const unsigned = fields.enterOptional(context(1));
  fields.finish();
  return {
    sid,
    digestAlgorithm,
    signatureAlgorithm,
    signedAttributes: signed === undefined ? undefined : readAttributes(signed),
    unsignedAttributes: unsigned === undefined ? [] : readAttributes(unsigned),
    signature,
  };
};

const readSignerIdentifier = (fields: DerReader): SignerIdentifier => {
  if (fields.peek() === context(0, 'primitive')) {
    return { subjectKeyIdentifier: fields.content(context(0, 'primitive')) };
  }
  const pair = fields.enter(TAG.sequence);
  const issuer = readName(pair);
  const serialNumber = pair.integer();
  pair.finish();
  return { issuer, serialNumber };
};

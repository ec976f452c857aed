import { context, DerReader, TAG } from '../../certificate/der.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { DATA, SIGNED_DATA } from './oids.ts';
import { readSignerInfo, type SignerInfo } from './signer-info.ts';

/** A SignedData of one signer, parsed and nothing more: whether it holds, verifySignedData says. Views of the input. */
export interface SignedData {
  /** id-data, of RFC 5652 or GM/T 0010. */
  readonly contentType: string;
  /** undefined: detached. */
  readonly content: Uint8Array | undefined;
  /** DER of the certificates sent along, each once, in the order sent; not parsed. */
  readonly certificates: readonly Uint8Array[];
  readonly signer: SignerInfo;
}

/** The signer's, its encryption twin's and their issuers'. */
const CERTIFICATE_LIMIT = 10;
const DIGEST_ALGORITHM_LIMIT = 8;

/**
 * Reads ContentInfo with SignedData (RFC 5652 sections 3 and 5.1; GM/T 0010 writes the same structure under its own
 * object identifiers). CRLs sent along are passed over: revocation is the verdict's business.
 *
 * @throws DerError for what is not well formed
 * @throws Refusal …_CONTENT_TYPE, …_SIGNERS, …_TOO_LARGE
 */
export const readSignedData = (der: Uint8Array): SignedData => {
  const outer = new DerReader(der);
  const contentInfo = outer.enter(TAG.sequence);
  outer.finish();
  const type = contentInfo.oid();
  if (!SIGNED_DATA.has(type))
    throw new Refusal('ONECERT_SIGNED_RESPONSE_CONTENT_TYPE', `a ContentInfo of ${type}`);
  const explicit = contentInfo.enter(context(0));
  contentInfo.finish();
  const fields = explicit.enter(TAG.sequence);
  explicit.finish();

  readVersion(fields);
  skipDigestAlgorithms(fields.enter(TAG.set));
  const encapsulated = readEncapsulated(fields.enter(TAG.sequence));
  const certificates = readCertificates(fields.enterOptional(context(0)));
  if (fields.peek() === context(1)) fields.element();
  const signer = readOnlySigner(fields.enter(TAG.set));
  fields.finish();
  return { ...encapsulated, certificates, signer };
};

/** RFC 5652 section 5.1: 1, 3, 4 or 5, by what is inside; several middlewares write 1 whatever it is. */
const readVersion = (fields: DerReader): void => {
  const version = fields.smallInteger();
  if (version < 1 || version > 5) fields.fail('not a version of SignedData');
};

/** A hint for one-pass readers; the signer's own field counts. */
const skipDigestAlgorithms = (set: DerReader): void => {
  for (let count = 0; !set.done; count++) {
    if (count >= DIGEST_ALGORITHM_LIMIT) set.fail('too many digest algorithms');
    set.element(TAG.sequence);
  }
};

const readEncapsulated = (fields: DerReader): Pick<SignedData, 'contentType' | 'content'> => {
  const contentType = fields.oid();
  if (!DATA.has(contentType)) {
    throw new Refusal('ONECERT_SIGNED_RESPONSE_CONTENT_TYPE', `signed content of ${contentType}`);
  }
  const explicit = fields.enterOptional(context(0));
  fields.finish();
  const content = explicit?.content(TAG.octetString);
  explicit?.finish();
  return { contentType, content };
};

const readCertificates = (set: DerReader | undefined): Uint8Array[] => {
  const certificates: Uint8Array[] = [];
  if (set === undefined) return certificates;
  while (!set.done) {
    // Attribute certificates and the obsolete kinds (RFC 5652 section 10.2.2) sign nobody in.
    const certificate = set.element(TAG.sequence);
    if (certificates.some((each) => Buffer.compare(each, certificate) === 0)) continue;
    if (certificates.length >= CERTIFICATE_LIMIT)
      throw new Refusal('ONECERT_SIGNED_RESPONSE_TOO_LARGE', 'too many certificates');
    certificates.push(certificate);
  }
  return certificates;
};

const readOnlySigner = (set: DerReader): SignerInfo => {
  if (set.done) throw new Refusal('ONECERT_SIGNED_RESPONSE_SIGNERS', 'no signer');
  const signer = set.enter(TAG.sequence);
  if (!set.done) throw new Refusal('ONECERT_SIGNED_RESPONSE_SIGNERS', 'several signers');
  return readSignerInfo(signer);
};

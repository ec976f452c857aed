import { DerError, DerReader, TAG, context } from './der.ts';

export type HashName = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512' | 'sm3';

/** A signature algorithm as an AlgorithmIdentifier names it (RFC 5280 section 4.1.1.2). */
export interface SignatureAlgorithm {
  readonly oid: string;
  /** "unknown" never verifies. */
  readonly name: 'rsa-pkcs1' | 'rsa-pss' | 'ecdsa' | 'ed25519' | 'sm2' | 'unknown';
  /** undefined for Ed25519 (which hashes by itself) and unknown algorithms. */
  readonly hash: HashName | undefined;
  /** Octets of salt; RSASSA-PSS only. */
  readonly saltLength?: number;
  /** The AlgorithmIdentifier with its header. */
  readonly der: Uint8Array;
}

type Known = Pick<SignatureAlgorithm, 'name' | 'hash'> & { readonly parameters: 'null-or-absent' | 'absent' };

const rsa = (hash: HashName): Known => ({ name: 'rsa-pkcs1', hash, parameters: 'null-or-absent' });
const ecdsa = (hash: HashName): Known => ({ name: 'ecdsa', hash, parameters: 'absent' });

const KNOWN: Readonly<Record<string, Known>> = {
  // RFC 4055 section 5: NULL; RFC 3279 wrote it so too, and absent must be accepted.
  '1.2.840.113549.1.1.4': rsa('md5'),
  '1.2.840.113549.1.1.5': rsa('sha1'),
  '1.2.840.113549.1.1.14': rsa('sha224'),
  '1.2.840.113549.1.1.11': rsa('sha256'),
  '1.2.840.113549.1.1.12': rsa('sha384'),
  '1.2.840.113549.1.1.13': rsa('sha512'),
  // RFC 5758 section 3.2: parameters absent.
  '1.2.840.10045.4.1': ecdsa('sha1'),
  '1.2.840.10045.4.3.1': ecdsa('sha224'),
  '1.2.840.10045.4.3.2': ecdsa('sha256'),
  '1.2.840.10045.4.3.3': ecdsa('sha384'),
  '1.2.840.10045.4.3.4': ecdsa('sha512'),
  // RFC 8410 section 3: absent.
  '1.3.101.112': { name: 'ed25519', hash: undefined, parameters: 'absent' },
  // GM/T 0015: SM2 with SM3; both forms are in use.
  '1.2.156.10197.1.501': { name: 'sm2', hash: 'sm3', parameters: 'null-or-absent' },
};

const RSASSA_PSS = '1.2.840.113549.1.1.10';
const MGF1 = '1.2.840.113549.1.1.8';

const HASHES: Readonly<Record<string, HashName>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
  '1.2.156.10197.1.401': 'sm3',
};

/** Name of the digest algorithm with this object identifier. */
export const hashOfOid = (oid: string): HashName | undefined => HASHES[oid];

/** Reads a signature AlgorithmIdentifier. Throws DerError where its parameters are not what its standard says. */
export const readSignatureAlgorithm = (reader: DerReader): SignatureAlgorithm => {
  const der = reader.element(TAG.sequence);
  const identifier = new DerReader(der).enter(TAG.sequence);
  const oid = identifier.oid();
  if (oid === RSASSA_PSS) return { oid, der, ...readPss(identifier) };
  const known = KNOWN[oid];
  if (known === undefined) return { oid, der, name: 'unknown', hash: undefined };
  if (known.parameters === 'null-or-absent') readNull(identifier);
  identifier.finish();
  return { oid, der, name: known.name, hash: known.hash };
};

const readNull = (reader: DerReader): void => {
  if (reader.done) return;
  if (reader.content(TAG.null).length !== 0) reader.fail('a NULL with content');
};

/** RFC 4055 section 3.1: RSASSA-PSS-params, with SHA-1 and 20 as the defaults. */
const readPss = (
  identifier: DerReader,
): { name: 'rsa-pss' | 'unknown'; hash: HashName | undefined; saltLength?: number } => {
  const parameters = identifier.enter(TAG.sequence);
  identifier.finish();
  const hashField = parameters.enterOptional(context(0));
  const hash = hashField === undefined ? 'sha1' : readHash(hashField.enter(TAG.sequence));
  const mask = parameters.enterOptional(context(1))?.enter(TAG.sequence);
  const maskOid = mask?.oid() ?? MGF1;
  const maskHash = mask === undefined ? 'sha1' : readHash(mask.enter(TAG.sequence));
  const saltLength = parameters.enterOptional(context(2))?.smallInteger() ?? 20;
  const trailer = parameters.enterOptional(context(3))?.smallInteger() ?? 1;
  parameters.finish();
  // One hash for message and mask, as RFC 4055 recommends; OpenSSL is not asked for other combinations.
  if (maskOid !== MGF1 || hash === undefined || maskHash !== hash || trailer !== 1) {
    return { name: 'unknown', hash: undefined };
  }
  if (saltLength > 512) throw new DerError('an RSASSA-PSS salt length out of range', identifier.position);
  return { name: 'rsa-pss', hash, saltLength };
};

const readHash = (identifier: DerReader): HashName | undefined => {
  const hash = HASHES[identifier.oid()];
  readNull(identifier);
  return hash;
};

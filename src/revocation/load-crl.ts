import { createHash } from 'node:crypto';
import { readSignatureAlgorithm, type SignatureAlgorithm } from '../certificate/algorithm.ts';
import type { Certificate } from '../certificate/certificate.ts';
import { context, DerError, DerReader, TAG } from '../certificate/der.ts';
import { formatName, readName, type DistinguishedName } from '../certificate/name.ts';
import { startVerification, type StreamedVerification } from '../certificate/stream-signature.ts';
import { CrlEntries } from './crl-entries.ts';
import { CrlError } from './crl-error.ts';
import { readCrlExtensions, type CrlExtensions } from './crl-extensions.ts';
import { buildCrlIndex } from './crl-index.ts';
import type { CrlSource } from './crl-source.ts';
import { CrlWindow } from './crl-window.ts';
import type { SharedCrl } from './shared-crl.ts';
import { signerKeyOf } from './signer-key.ts';

export interface CrlTrust {
  /** Certificates whose keys may have signed it. Those of another name or without cRLSign are passed over. */
  readonly issuers: readonly Certificate[];
  /** Names such as "ecdsa-sha256" and "ed25519". Default: all that are not known to be weak. */
  readonly allowedSignatures?: readonly string[];
  /** Bytes. */
  readonly sizeLimit?: number;
}

const WEAK_HASHES = new Set(['md5', 'sha1', 'sha224']);
/** Different keys tried: each hashes the CRL once more. */
const KEY_LIMIT = 4;
/** 4 GiB less a little: offsets into the index are of 32 bits. */
const SIZE_LIMIT = 0xf000_0000;

/**
 * Reads one DER CRL (RFC 5280 section 5.1, strictly), indexes its entries and verifies its signature, in one pass and
 * without holding more of it than a window. There is no SharedCrl without a verified signature.
 *
 * @throws CrlError
 */
export const loadCrl = (source: CrlSource, trust: CrlTrust): SharedCrl => {
  if (source.size > Math.min(trust.sizeLimit ?? SIZE_LIMIT, SIZE_LIMIT)) {
    throw new CrlError('too-large', `${source.size} bytes`);
  }
  try {
    return readCrl(new CrlWindow(source), trust);
  } catch (cause) {
    if (cause instanceof DerError) throw new CrlError('malformed', cause.message, { cause });
    throw cause;
  }
};

const readCrl = (window: CrlWindow, trust: CrlTrust): SharedCrl => {
  const whole = window.enter(TAG.sequence, window.size);
  if (whole !== window.size) window.fail('unexpected bytes after the CRL', whole);
  const tbsStart = window.position;
  const tbsEnd = window.enter(TAG.sequence, whole);

  const header = readHeader(window, tbsEnd);
  const candidates = startVerifications(header, trust);
  window.onPassed = (piece, position) => {
    const from = Math.max(tbsStart - position, 0);
    const to = Math.min(tbsEnd - position, piece.length);
    if (from >= to) return;
    const signed = piece.subarray(from, to);
    for (const { verification } of candidates) verification.update(signed);
  };

  const entries = readEntries(window, tbsEnd, header);
  const extensions = readExtensions(window, tbsEnd, header);
  window.expectEnd(tbsEnd);
  if (entries.namesIssuers && extensions.scope?.indirect !== true) {
    window.fail('an entry of another certificate issuer in a CRL that is not indirect');
  }

  const outerAlgorithm = window.element(TAG.sequence, whole);
  if (Buffer.compare(outerAlgorithm, header.algorithm.der) !== 0) {
    // RFC 5280 section 5.1.1.2.
    window.fail('signature algorithm inside and outside differ');
  }
  const signature = new DerReader(window.element(TAG.bitString, whole)).bitString();
  if (signature.unusedBits !== 0) window.fail('a signature that is not whole octets');
  window.finish();

  const signer = candidates.find(({ verification }) => verification.verify(signature.octets));
  if (signer === undefined) {
    throw new CrlError('bad-signature', `no key of ${formatName(header.issuer)} verifies it`);
  }
  return {
    issuer: header.issuer.key,
    issuerText: formatName(header.issuer),
    signerKey: signer.key,
    signatureName: nameOf(header.algorithm),
    thisUpdate: header.thisUpdate,
    nextUpdate: header.nextUpdate,
    ...extensions,
    // What the signature is over is not hashed once more for a name: the signature says as much.
    fingerprint: createHash('sha256').update(signer.key).update(signature.octets).digest('hex'),
    bytes: window.size,
    index: buildCrlIndex(entries.finish()),
  };
};

interface CrlHeader {
  readonly version: 1 | 2;
  readonly algorithm: SignatureAlgorithm;
  readonly issuer: DistinguishedName;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
}

/** TBSCertList up to nextUpdate. */
const readHeader = (window: CrlWindow, end: number): CrlHeader => {
  let version: 1 | 2 = 1;
  if (window.peek(end) === TAG.integer) {
    // Version 1 is the default and therefore not written; version 2 is written as 1.
    if (new DerReader(window.element(TAG.integer, end)).smallInteger() !== 1)
      window.fail('not a version of a CRL');
    version = 2;
  }
  const algorithm = readSignatureAlgorithm(new DerReader(window.element(TAG.sequence, end)));
  const issuer = readName(new DerReader(window.element(TAG.sequence, end)));
  if (issuer.rdns.length === 0) window.fail('an empty issuer name');
  const thisUpdate = new DerReader(window.element(undefined, end)).time();
  const next = window.peek(end);
  const nextUpdate =
    next === TAG.utcTime || next === TAG.generalizedTime
      ? new DerReader(window.element(next, end)).time()
      : undefined;
  return { version, algorithm, issuer, thisUpdate, nextUpdate };
};

/** RFC 5280 section 5.1.2.6: absent when nothing is revoked; an empty list says the same and is common. */
const readEntries = (window: CrlWindow, tbsEnd: number, { version, issuer }: CrlHeader): CrlEntries => {
  const present = window.peek(tbsEnd) === TAG.sequence;
  const end = present ? window.enter(TAG.sequence, tbsEnd) : window.position;
  const entries = new CrlEntries(issuer.key, version === 1);
  entries.read(window, end);
  return entries;
};

const NO_EXTENSIONS: CrlExtensions = {
  authorityKeyIdentifier: undefined,
  number: undefined,
  baseNumber: undefined,
  scope: undefined,
  freshestUris: [],
};

const readExtensions = (window: CrlWindow, tbsEnd: number, { version, issuer }: CrlHeader): CrlExtensions => {
  if (window.position === tbsEnd) return NO_EXTENSIONS;
  if (version === 1) window.fail('extensions in a CRL of version 1');
  const explicit = new DerReader(window.element(context(0), tbsEnd)).enter(context(0));
  return readCrlExtensions(explicit, issuer.key);
};

interface Candidate {
  readonly key: string;
  readonly verification: StreamedVerification;
}

/** RFC 5280 section 6.3.3 (f) and (g): the keys that may have signed, each taking in what is signed as it is read. */
const startVerifications = ({ algorithm, issuer }: CrlHeader, trust: CrlTrust): readonly Candidate[] => {
  const name = nameOf(algorithm);
  const allowed =
    trust.allowedSignatures === undefined
      ? algorithm.name !== 'unknown' && !WEAK_HASHES.has(algorithm.hash ?? '')
      : trust.allowedSignatures.includes(name);
  if (!allowed)
    throw new CrlError('weak-signature', `signed with ${name === 'unknown' ? algorithm.oid : name}`);

  const named = trust.issuers.filter(({ subject }) => subject.key === issuer.key);
  if (named.length === 0) throw new CrlError('wrong-issuer', `issued under the name ${formatName(issuer)}`);
  const candidates = new Map<string, Candidate>();
  for (const { keyUsage, publicKey } of named) {
    const key = signerKeyOf(publicKey);
    if (candidates.has(key) || keyUsage?.has('cRLSign') === false || candidates.size >= KEY_LIMIT) continue;
    candidates.set(key, { key, verification: startVerification(algorithm, publicKey) });
  }
  if (candidates.size === 0) {
    throw new CrlError('wrong-issuer', `${formatName(issuer)} may not sign CRLs (cRLSign is not set)`);
  }
  return [...candidates.values()];
};

const nameOf = ({ name, hash }: SignatureAlgorithm): string =>
  hash === undefined ? name : `${name}-${hash}`;

import { createHash } from 'node:crypto';
import type { SignatureAlgorithm } from '../certificate/algorithm.ts';
import type { Certificate } from '../certificate/certificate.ts';
import { EXTENSION } from '../certificate/extensions/oids.ts';
import { formatName } from '../certificate/name.ts';
import { parseCertificate } from '../certificate/parse.ts';
import type { PublicKey } from '../certificate/public-key.ts';
import { verifySignature } from '../certificate/verify-signature.ts';
import type { Sentence } from './ocsp-steps.ts';
import type { BasicOcspResponse } from './ocsp-response.ts';

/**
 * Whether the certificate of a delegated responder is itself revoked, as far as is known: of the CRLs of its issuer,
 * since asking the responder about itself proves nothing.
 */
export type DelegateStatus = (
  delegate: Certificate,
  issuer: Certificate,
) => 'good' | 'revoked' | 'unknown' | Promise<'good' | 'revoked' | 'unknown'>;

/** Who signed a response, or why nobody who may. */
export type ResponderResult =
  | {
      readonly ok: true;
      readonly responder: Certificate;
      readonly delegated: boolean;
      readonly note?: Sentence;
    }
  | ({ readonly ok: false; readonly problem: 'responder' | 'signature' } & Sentence);

type Objection = Extract<ResponderResult, { ok: false }>;

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';
/** id-pkix-ocsp-nocheck (RFC 6960 section 4.2.2.2.1). */
const OCSP_NOCHECK = '1.3.6.1.5.5.7.48.1.5';

/** Critical extensions of a delegate's certificate that are processed here or constrain nothing. */
const PROCESSED: ReadonlySet<string> = new Set([
  EXTENSION.basicConstraints,
  EXTENSION.keyUsage,
  EXTENSION.extendedKeyUsage,
  EXTENSION.subjectAltName,
  EXTENSION.subjectKeyIdentifier,
  EXTENSION.authorityKeyIdentifier,
  EXTENSION.crlDistributionPoints,
  EXTENSION.authorityInfoAccess,
  EXTENSION.certificatePolicies,
  OCSP_NOCHECK,
]);

/** Every candidate costs signature checks, and whoever answers chooses how many there are. */
const CANDIDATE_LIMIT = 4;

/**
 * Finds who signed a response and whether they may answer for `issuer` (RFC 6960 sections 3.2 and 4.2.2.2): the
 * issuer itself, or a responder whose certificate the same key issued directly for id-kp-OCSPSigning.
 */
export const findResponder = async (
  response: BasicOcspResponse,
  issuer: Certificate,
  at: number,
  delegateStatus: DelegateStatus,
): Promise<ResponderResult> => {
  const candidates = [issuer, ...parseSent(response.certificates)]
    .filter((certificate) => isNamedBy(response.responderId, certificate))
    .slice(0, CANDIDATE_LIMIT);
  let objection: Objection = {
    ok: false,
    problem: 'responder',
    zh: '响应者既不是签发机构，也没有附上响应者证书',
    en: 'The responder is not the issuer, and no certificate of it was sent',
  };
  for (const candidate of candidates) {
    const delegated = Buffer.compare(candidate.publicKey.spki, issuer.publicKey.spki) !== 0;
    const weak = weakness(response.signatureAlgorithm, candidate.publicKey);
    const unfit = weak ?? (delegated ? objectionToDelegate(candidate, issuer, at) : undefined);
    if (unfit !== undefined) {
      objection = unfit;
      continue;
    }
    if (
      !verifySignature(response.signatureAlgorithm, candidate.publicKey, response.tbs, response.signature)
    ) {
      objection = {
        ok: false,
        problem: 'signature',
        zh: '响应的签名不能由响应者的密钥验证',
        en: "The response's signature does not verify under the responder's key",
      };
      continue;
    }
    if (!delegated) return { ok: true, responder: candidate, delegated };
    const revocation = await delegateRevocation(candidate, issuer, delegateStatus);
    if (revocation.ok) return { ok: true, responder: candidate, delegated, note: revocation };
    objection = revocation;
  }
  return objection;
};

/** A certificate sent along that cannot be read is nobody's. */
const parseSent = (ders: readonly Uint8Array[]): Certificate[] =>
  ders.flatMap((der) => {
    try {
      return [parseCertificate(der)];
    } catch {
      return [];
    }
  });

const isNamedBy = (id: BasicOcspResponse['responderId'], { subject, publicKey }: Certificate): boolean =>
  'byName' in id
    ? id.byName.key === subject.key
    : Buffer.compare(id.byKey, createHash('sha1').update(publicKey.keyBits).digest()) === 0;

/** RFC 6960 section 4.2.2.2 and RFC 5280 section 4.2.1.12, in the order of what they cost. */
const objectionToDelegate = (
  delegate: Certificate,
  issuer: Certificate,
  at: number,
): Objection | undefined => {
  const refuse = (zh: string, en: string): Objection => ({ ok: false, problem: 'responder', zh, en });
  if (delegate.issuer.key !== issuer.subject.key) {
    return refuse(
      '响应者证书不是由同一签发机构直接签发的',
      "The responder's certificate was not issued by the issuer of the certificate in question",
    );
  }
  // anyExtendedKeyUsage does not delegate: RFC 6960 wants the purpose named.
  if (delegate.extendedKeyUsage?.includes(OCSP_SIGNING) !== true) {
    return refuse(
      '响应者证书没有 OCSP 签名用途（id-kp-OCSPSigning）',
      "The responder's certificate is not one for id-kp-OCSPSigning",
    );
  }
  const usage = delegate.keyUsage;
  if (usage !== undefined && !usage.has('digitalSignature') && !usage.has('nonRepudiation')) {
    return refuse('响应者证书不允许数字签名', "The responder's certificate may not sign (keyUsage)");
  }
  if (at < delegate.notBefore || at >= delegate.notAfter + 1000) {
    return refuse('响应者证书不在有效期内', "The responder's certificate is outside its validity period");
  }
  const unknown = [...delegate.extensions.values()].find(
    ({ oid, critical }) => critical && !PROCESSED.has(oid),
  );
  if (unknown !== undefined) {
    return refuse(
      `响应者证书含有不能识别的关键扩展 ${unknown.oid}`,
      `The responder's certificate has an unknown critical extension ${unknown.oid}`,
    );
  }
  const weak = weakness(delegate.signatureAlgorithm, issuer.publicKey);
  if (weak !== undefined) return weak;
  return verifySignature(delegate.signatureAlgorithm, issuer.publicKey, delegate.tbs, delegate.signature)
    ? undefined
    : refuse(
        '响应者证书的签名不能由签发机构的密钥验证',
        "The responder's certificate does not verify under the issuer's key",
      );
};

/** RFC 6960 section 4.2.2.2.1, in the order of its three ways. */
const delegateRevocation = async (
  delegate: Certificate,
  issuer: Certificate,
  delegateStatus: DelegateStatus,
): Promise<({ ok: true } & Sentence) | Objection> => {
  if (delegate.extensions.has(OCSP_NOCHECK)) {
    return { ok: true, zh: '响应者证书免于吊销检查', en: "The responder's certificate is exempt (nocheck)" };
  }
  const status = await delegateStatus(delegate, issuer);
  if (status === 'good') {
    return { ok: true, zh: '响应者证书未被吊销', en: "The responder's certificate is not revoked" };
  }
  const name = formatName(delegate.subject);
  if (status === 'revoked') {
    return {
      ok: false,
      problem: 'responder',
      zh: `响应者证书（${name}）已被吊销`,
      en: `The responder's certificate (${name}) is revoked`,
    };
  }
  if (delegate.crlDistributionPoints.length === 0 && delegate.ocspUris.length === 0) {
    return {
      ok: true,
      zh: '签发机构没有为响应者证书指定吊销检查方式',
      en: "The issuer names no way to check the responder's certificate for revocation",
    };
  }
  return {
    ok: false,
    problem: 'responder',
    zh: `无法确认响应者证书（${name}）是否被吊销`,
    en: `Whether the responder's certificate (${name}) is revoked cannot be told`,
  };
};

const STRONG_HASHES: ReadonlySet<string | undefined> = new Set(['sha256', 'sha384', 'sha512', 'sm3']);

/** SHA-1 and RSA below 2048 bits prove nothing any more; beyond 8192 bits checking costs more than it proves. */
const weakness = (algorithm: SignatureAlgorithm, key: PublicKey): Objection | undefined => {
  const hashIsStrong = algorithm.name === 'ed25519' || STRONG_HASHES.has(algorithm.hash);
  const keyIsStrong = key.type !== 'rsa' || (key.bits >= 2048 && key.bits <= 8192);
  if (algorithm.name !== 'unknown' && hashIsStrong && keyIsStrong) return undefined;
  const name =
    algorithm.name === 'unknown' ? algorithm.oid : `${algorithm.name} ${algorithm.hash ?? ''}`.trim();
  const size = key.type === 'rsa' ? ` (RSA-${key.bits})` : '';
  return {
    ok: false,
    problem: 'responder',
    zh: `签名算法 ${name}${size} 强度不足`,
    en: `The signature algorithm ${name}${size} is too weak`,
  };
};

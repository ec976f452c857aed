import type { Certificate } from '../certificate/certificate.ts';
import { DerError } from '../certificate/der.ts';
import { formatName } from '../certificate/name.ts';
import type { Step } from '../refusal/step.ts';
import { findResponder, type DelegateStatus } from './ocsp-responder.ts';
import {
  parseOcspResponse,
  unknownCriticalExtension,
  type BasicOcspResponse,
  type OcspResponse,
  type OcspResponseStatus,
  type SingleResponse,
} from './ocsp-response.ts';
import {
  isoTime,
  OCSP_CLOCK_TOLERANCE_MS,
  ocspFailed,
  ocspPassed,
  type OcspCheck,
  type Sentence,
} from './ocsp-steps.ts';

export interface OcspExpectation {
  /** Whose key must have signed, or have delegated it. From a verified path. */
  readonly issuer: Certificate;
  /** ms since the epoch. */
  readonly at: number;
  /** What was sent; when `required`, a response without it is refused, which a replayed one is. */
  readonly nonce?: { readonly sent: Uint8Array; readonly required: boolean } | undefined;
  /** Default: unknown of every delegate. */
  readonly delegateStatus?: DelegateStatus | undefined;
}

/** Why a response is not believed. A status is the responder's own word for it. */
export type OcspProblem =
  Exclude<OcspResponseStatus, 'successful'> | 'malformed' | 'nonce' | 'time' | 'responder' | 'signature';

declare const verified: unique symbol;

/** A response signed by somebody who may answer for `issuer`. Only verifyOcspResponse makes one. */
export interface VerifiedOcspResponse {
  readonly [verified]: true;
  readonly issuer: Certificate;
  readonly responses: readonly SingleResponse[];
  readonly steps: readonly Step[];
}

export type OcspVerification =
  | { readonly ok: true; readonly response: VerifiedOcspResponse }
  | { readonly ok: false; readonly problem: OcspProblem; readonly steps: readonly Step[] };

/**
 * Verifies a DER OCSPResponse but for what it says of single certificates (RFC 6960 section 3.2, points 2 to 4): well
 * formed, successful, fresh for the nonce, signed by the issuer or its delegate. Never rejects for what the bytes say.
 */
export const verifyOcspResponse = async (
  der: Uint8Array,
  { issuer, at, nonce, delegateStatus = () => 'unknown' }: OcspExpectation,
): Promise<OcspVerification> => {
  const steps: Step[] = [];
  const refuse = (
    check: OcspCheck,
    problem: OcspProblem,
    sentence: Sentence,
    on?: string,
  ): OcspVerification => ({
    ok: false,
    problem,
    steps: [...steps, ocspFailed(check, sentence, on)],
  });

  const parsed = tryParse(der);
  if (typeof parsed === 'string') {
    return refuse('ocsp-response', 'malformed', {
      zh: `OCSP 响应格式不正确（${parsed}）`,
      en: `The OCSP response is not well formed: ${parsed}`,
    });
  }
  if (parsed.status !== 'successful') {
    return refuse('ocsp-response', parsed.status, {
      zh: `OCSP 响应者没有答复（${parsed.status}）`,
      en: `The OCSP responder gave no answer: ${parsed.status}`,
    });
  }
  const { basic } = parsed;
  const unknown = unknownCriticalExtension(basic.extensions);
  if (unknown !== undefined) {
    return refuse('ocsp-response', 'malformed', {
      zh: `OCSP 响应含有不能识别的关键扩展 ${unknown}`,
      en: `The OCSP response has an unknown critical extension ${unknown}`,
    });
  }
  if (basic.producedAt > at + OCSP_CLOCK_TOLERANCE_MS) {
    return refuse('ocsp-time', 'time', {
      zh: `响应的产生时间 ${isoTime(basic.producedAt)} 在将来`,
      en: `The response was produced in the future, at ${isoTime(basic.producedAt)}`,
    });
  }
  steps.push(
    ocspPassed('ocsp-response', { zh: 'OCSP 响应格式正确', en: 'The OCSP response is well formed' }),
  );

  const nonceStep = checkNonce(basic, nonce);
  if (nonceStep?.outcome === 'failed') return { ok: false, problem: 'nonce', steps: [...steps, nonceStep] };
  if (nonceStep !== undefined) steps.push(nonceStep);

  const found = await findResponder(basic, issuer, at, delegateStatus);
  if (!found.ok) return refuse('ocsp-responder', found.problem, found, nameOfResponder(basic));
  const { note } = found;
  steps.push(
    ocspPassed(
      'ocsp-responder',
      found.delegated
        ? {
            zh: `由签发机构授权的响应者签名${note === undefined ? '' : `；${note.zh}`}`,
            en: `Signed by a responder the issuer has authorised${note === undefined ? '' : `. ${note.en}`}`,
          }
        : { zh: '由签发机构签名', en: 'Signed by the issuer' },
      formatName(found.responder.subject),
    ),
  );
  const response = { issuer, responses: basic.responses, steps } as unknown as VerifiedOcspResponse;
  return { ok: true, response };
};

const tryParse = (der: Uint8Array): OcspResponse | string => {
  try {
    return parseOcspResponse(der);
  } catch (error) {
    if (error instanceof DerError) return error.message;
    throw error;
  }
};

const nameOfResponder = ({ responderId }: BasicOcspResponse): string =>
  'byName' in responderId ? formatName(responderId.byName) : Buffer.from(responderId.byKey).toString('hex');

const checkNonce = (basic: BasicOcspResponse, nonce: OcspExpectation['nonce']): Step | undefined => {
  if (nonce === undefined) return undefined;
  if (basic.nonce === undefined) {
    return nonce.required
      ? ocspFailed('ocsp-nonce', { zh: '响应没有带回随机数', en: 'The response does not carry the nonce' })
      : undefined;
  }
  return Buffer.compare(basic.nonce, nonce.sent) === 0
    ? ocspPassed('ocsp-nonce', { zh: '随机数与请求一致', en: 'The nonce is the one that was sent' })
    : ocspFailed('ocsp-nonce', { zh: '随机数与请求不一致', en: 'The nonce is not the one that was sent' });
};

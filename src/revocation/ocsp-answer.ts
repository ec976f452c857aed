import type { Certificate } from '../certificate/certificate.ts';
import { formatName } from '../certificate/name.ts';
import { identifies } from './ocsp-cert-id.ts';
import { unknownCriticalExtension, type SingleResponse } from './ocsp-response.ts';
import {
  isoTime,
  OCSP_CLOCK_TOLERANCE_MS,
  ocspFailed,
  ocspPassed,
  type OcspCheck,
  type Sentence,
} from './ocsp-steps.ts';
import type { RevocationAnswer } from './types.ts';
import type { VerifiedOcspResponse } from './verify-ocsp.ts';

/** Whether a response says anything of the certificate at all: a responder may leave out some of several. */
export const isAnswered = (response: VerifiedOcspResponse, certificate: Certificate): boolean =>
  response.responses.some(({ certId }) => identifies(certId, { certificate, issuer: response.issuer }));

/**
 * What a verified response says of one certificate (RFC 6960 section 3.2, points 1, 5 and 6). A response about other
 * certificates says nothing of this one.
 *
 * @param at ms since the epoch
 * @param maximumAge ms: how long the answer may be relied on at most, and how old one without nextUpdate may be
 */
export const answerFromOcsp = (
  response: VerifiedOcspResponse,
  certificate: Certificate,
  { at, maximumAge }: { readonly at: number; readonly maximumAge: number },
): RevocationAnswer => {
  const on = formatName(certificate.subject);
  const steps = [...response.steps];
  const unknown = (check: OcspCheck, zh: string, en: string) => ({
    status: 'unknown' as const,
    steps: [...steps, ocspFailed(check, { zh, en }, on)],
  });

  const subject = { certificate, issuer: response.issuer };
  const about = response.responses.filter(({ certId }) => identifies(certId, subject));
  const first = about[0];
  if (first === undefined) {
    return unknown('ocsp-certificate', '响应没有提到这张证书', 'The response is not about this certificate');
  }
  steps.push(
    ocspPassed(
      'ocsp-certificate',
      { zh: '响应针对这张证书', en: 'The response is about this certificate' },
      on,
    ),
  );
  const current = about.filter((single) => timeObjection(single, at, maximumAge) === undefined);
  // Several answers about one certificate: the worst of them counts.
  const single = current.reduce<SingleResponse | undefined>(
    (worst, each) => (worst === undefined || gravity(each) > gravity(worst) ? each : worst),
    undefined,
  );
  if (single === undefined) {
    const { zh, en } = timeObjection(first, at, maximumAge) as Sentence;
    return unknown('ocsp-time', zh, en);
  }
  const extension = unknownCriticalExtension(single.extensions);
  if (extension !== undefined) {
    return unknown(
      'ocsp-certificate',
      `响应含有不能识别的关键扩展 ${extension}`,
      `The response has an unknown critical extension ${extension}`,
    );
  }
  const { thisUpdate, nextUpdate = Infinity, status } = single;
  const during = `${isoTime(thisUpdate)} – ${nextUpdate === Infinity ? '' : isoTime(nextUpdate)}`;
  steps.push(
    ocspPassed(
      'ocsp-time',
      { zh: `响应在有效期内（${during}）`, en: `The response is current (${during})` },
      on,
    ),
  );

  const validUntil = Math.min(nextUpdate, at + maximumAge);
  if (status.name === 'unknown') {
    return {
      ...unknown('ocsp-status', '响应者不知道这张证书', 'The responder does not know this certificate'),
      said: true,
    };
  }
  if (status.name === 'good') {
    const step = ocspPassed('ocsp-status', { zh: '证书未被吊销', en: 'The certificate is not revoked' }, on);
    return { status: 'good', validUntil, steps: [...steps, step] };
  }
  const held = status.reason === 'certificateHold';
  const since = isoTime(status.at);
  const sentence = held
    ? { zh: `证书自 ${since} 起被冻结`, en: `On hold since ${since}` }
    : { zh: `证书已于 ${since} 吊销（${status.reason}）`, en: `Revoked at ${since} (${status.reason})` };
  const code = held ? 'ONECERT_CERTIFICATE_ON_HOLD' : 'ONECERT_CERTIFICATE_REVOKED';
  return {
    status: held ? 'on-hold' : 'revoked',
    reason: status.reason,
    revokedAt: status.at,
    validUntil,
    steps: [...steps, ocspFailed('ocsp-status', sentence, on, code)],
  };
};

const gravity = ({ status }: SingleResponse): number => {
  if (status.name === 'good') return 0;
  if (status.name === 'unknown') return 1;
  return status.reason === 'certificateHold' ? 2 : 3;
};

/** RFC 6960 section 3.2, points 5 and 6. Without nextUpdate a fresh answer can always be had: an old one is refused. */
const timeObjection = (
  { thisUpdate, nextUpdate }: SingleResponse,
  at: number,
  maximumAge: number,
): Sentence | undefined => {
  if (thisUpdate > at + OCSP_CLOCK_TOLERANCE_MS) {
    const from = isoTime(thisUpdate);
    return { zh: `响应自 ${from} 起才有效`, en: `The response is only valid from ${from}` };
  }
  const end = nextUpdate ?? thisUpdate + maximumAge;
  if (at > end + OCSP_CLOCK_TOLERANCE_MS || end < thisUpdate) {
    const until = isoTime(end);
    return { zh: `响应已于 ${until} 过期`, en: `The response expired at ${until}` };
  }
  return undefined;
};

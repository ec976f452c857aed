import type { Certificate } from '../certificate/certificate.ts';
import type { Step } from '../refusal/step.ts';
import type { AllowedHosts } from './allowed-hosts.ts';
import { fetchBytes } from './fetch-body.ts';
import { FetchError, type HttpFetch } from './http-fetch.ts';
import { answerFromOcsp, isAnswered } from './ocsp-answer.ts';
import { newOcspNonce, writeOcspRequest } from './ocsp-request.ts';
import type { DelegateStatus } from './ocsp-responder.ts';
import { OCSP_RESPONSE_SIZE_LIMIT } from './ocsp-response.ts';
import { ocspFailed } from './ocsp-steps.ts';
import type { RevocationPolicy } from './revocation-policy.ts';
import type { RevocationAnswer } from './types.ts';
import { verifyOcspResponse, type OcspProblem } from './verify-ocsp.ts';

/** One request to one responder, about certificates of one issuer. */
export interface OcspExchange {
  readonly url: string;
  readonly certificates: readonly Certificate[];
  readonly issuer: Certificate;
  readonly policy: RevocationPolicy['ocsp'];
  readonly allowed: AllowedHosts;
  readonly delegateStatus: DelegateStatus;
}

/** What came of it. `fault`: the responder itself is not working, whatever it was asked about. */
export type OcspExchangeResult =
  | { readonly answers: readonly RevocationAnswer[]; readonly unanswered: ReadonlySet<Certificate> }
  | { readonly fault: boolean; readonly problem: string; readonly steps: readonly Step[] };

export interface OcspExchangeParts {
  readonly fetch: HttpFetch;
  readonly clock: () => number;
}

/** These blame the request, not the responder: another certificate may well get its answer. */
const FAULT_OF_THE_REQUEST: ReadonlySet<OcspProblem> = new Set([
  'malformedRequest',
  'sigRequired',
  'unauthorized',
]);

/** Asks, once more where a kept-alive connection had died, and verifies what comes. Rejects only for defects. */
export const exchangeOcsp = async (
  { fetch, clock }: OcspExchangeParts,
  { url, certificates, issuer, policy, allowed, delegateStatus }: OcspExchange,
): Promise<OcspExchangeResult> => {
  const nonce = policy.nonce === 'off' ? undefined : newOcspNonce();
  const subjects = certificates.map((certificate) => ({ certificate, issuer }));
  const request = {
    url,
    allowed,
    totalMs: policy.timeout,
    idleMs: policy.timeout,
    sizeLimit: OCSP_RESPONSE_SIZE_LIMIT,
    accept: 'application/ocsp-response',
    body: { type: 'application/ocsp-request', bytes: writeOcspRequest(subjects, policy.hash, nonce) },
  };
  const started = clock();
  let der: Uint8Array;
  try {
    der = await fetchBytes(fetch, request).catch((error: unknown) => {
      const left = policy.timeout - (clock() - started);
      if (!(error instanceof FetchError) || error.problem !== 'network' || left <= 0) throw error;
      return fetchBytes(fetch, { ...request, totalMs: left, idleMs: left });
    });
  } catch (error) {
    const { message } = error as Error;
    const problem = error instanceof FetchError ? error.problem : 'internal';
    const sentence = {
      zh: `无法向 OCSP 响应者查询（${message}）`,
      en: `The OCSP responder cannot be asked: ${message}`,
    };
    return { fault: problem !== 'host-not-allowed', problem, steps: [ocspFailed('ocsp-request', sentence)] };
  }
  const at = clock();
  const verification = await verifyOcspResponse(der, {
    issuer,
    at,
    nonce: nonce === undefined ? undefined : { sent: nonce, required: policy.nonce === 'required' },
    delegateStatus,
  });
  if (!verification.ok) {
    const { problem, steps } = verification;
    return { fault: !FAULT_OF_THE_REQUEST.has(problem), problem, steps };
  }
  const { response } = verification;
  return {
    answers: certificates.map((certificate) =>
      answerFromOcsp(response, certificate, { at, maximumAge: policy.maximumAge }),
    ),
    unanswered: new Set(certificates.filter((certificate) => !isAnswered(response, certificate))),
  };
};

import type { Certificate } from '../certificate/certificate.ts';
import { answerInOrder } from '../revocation/answer-question.ts';
import { checkCrls } from '../revocation/check-crls.ts';
import { createCrlLoader } from '../revocation/crl-loader.ts';
import { answerFromOcsp } from '../revocation/ocsp-answer.ts';
import type { RevocationPolicy } from '../revocation/revocation-policy.ts';
import type { SharedCrl } from '../revocation/shared-crl.ts';
import { createCrlView } from '../revocation/snapshot.ts';
import type { RevocationAnswer, RevocationChecker, RevocationQuestion } from '../revocation/types.ts';
import { verifyOcspResponse } from '../revocation/verify-ocsp.ts';
import type { TrustList } from '../trust/trust-list.ts';
import { createCrlIssuerFinder } from './crl-issuers.ts';
import { revocationSources } from './revocation-sources.ts';

export interface RevocationFiles {
  /** Paths of CRL files, DER or PEM. */
  readonly crls: readonly string[];
  /** DER of OCSP responses. */
  readonly ocspResponses: readonly Uint8Array[];
}

/**
 * Revocation by CRLs and OCSP responses given, and nothing else: what was given decides, whatever the policies'
 * order says of methods that were not. CRLs are verified while they are read, responses when they are asked.
 *
 * @throws CrlError for a CRL that cannot be used
 */
export const revocationByFiles = async (
  trust: TrustList,
  { crls: crlFiles, ocspResponses: responses }: RevocationFiles,
): Promise<RevocationChecker> => {
  const issuers = revocationSources(trust).flatMap((source) => source.issuers);
  const crls = await loadCrls(crlFiles, issuers);
  const view = createCrlView({ epoch: 1, crls });
  const findCrlIssuers = createCrlIssuerFinder(() => trust);
  const given: RevocationPolicy['order'] = [];
  if (crls.length > 0) given.push('crl');
  if (responses.length > 0) given.push('ocsp');
  return {
    check: (question) => {
      // What was given decides, in the policy's order; a method the policy leaves out comes last.
      const order = [...new Set([...question.policy.order, ...given])].filter((each) => given.includes(each));
      return answerInOrder(
        { ...question, policy: { ...question.policy, order } },
        {
          crl: () => checkCrls(question, view, findCrlIssuers),
          ocsp: () => askResponses(responses, question),
        },
      );
    },
  };
};

const loadCrls = async (files: readonly string[], issuers: readonly Certificate[]): Promise<SharedCrl[]> => {
  const loader = createCrlLoader();
  try {
    return await Promise.all(files.map((file) => loader.load({ source: { file }, issuers })));
  } finally {
    await loader.close();
  }
};

/** The first response that says something definite of the certificate; else what the last one was refused for. */
const askResponses = async (
  responses: readonly Uint8Array[],
  { certificate, issuer, policy, at }: RevocationQuestion,
): Promise<RevocationAnswer> => {
  let last: RevocationAnswer = { status: 'unknown', steps: [] };
  for (const der of responses) {
    const verified = await verifyOcspResponse(der, { issuer, at });
    last = verified.ok
      ? answerFromOcsp(verified.response, certificate, { at, maximumAge: policy.ocsp.maximumAge })
      : { status: 'unknown', steps: verified.steps };
    if (last.status !== 'unknown') return last;
  }
  return last;
};

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { answerInOrder } from '../revocation/answer-question.ts';
import { checkCrls } from '../revocation/check-crls.ts';
import { CrlError } from '../revocation/crl-error.ts';
import { createCrlLoader } from '../revocation/crl-loader.ts';
import { answerFromOcsp } from '../revocation/ocsp-answer.ts';
import { startRevocationService } from '../revocation/revocation-service.ts';
import type { RevocationPolicy } from '../revocation/revocation-policy.ts';
import type { SharedCrl } from '../revocation/shared-crl.ts';
import { createCrlView } from '../revocation/snapshot.ts';
import type { RevocationAnswer, RevocationChecker, RevocationQuestion } from '../revocation/types.ts';
import { verifyOcspResponse } from '../revocation/verify-ocsp.ts';
import { revocationSources } from '../server/revocation-sources.ts';
import { createCrlIssuerFinder } from '../verdict/crl-issuers.ts';
import type { TrustList } from '../trust/trust-list.ts';
import { CommandLineError } from './failure.ts';
import { readInput } from './read-chain.ts';

export interface VerifyRevocation {
  readonly checker: RevocationChecker;
  close(): Promise<void>;
}

/**
 * Revocation for one command: by the files given and nothing else, or, where none are, by the network as the
 * authorities' policies say.
 *
 * @throws CommandLineError for a file that cannot be used
 */
export const openRevocation = (
  trust: TrustList,
  { crl, ocsp }: { readonly crl: readonly string[]; readonly ocsp: readonly string[] },
): Promise<VerifyRevocation> =>
  crl.length + ocsp.length === 0 ? byNetwork(trust) : byFiles(trust, crl, ocsp);

const byNetwork = async (trust: TrustList): Promise<VerifyRevocation> => {
  const folder = await mkdtemp(join(tmpdir(), 'onecert-verify-'));
  const silent = { info: () => undefined, warn: () => undefined };
  const service = await startRevocationService({
    folder,
    sources: revocationSources(trust),
    log: silent,
    findCrlIssuers: createCrlIssuerFinder(() => trust),
    onChange: () => undefined,
  });
  return {
    checker: { check: (question) => service.resolve(question) },
    close: async () => {
      await service.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const byFiles = async (
  trust: TrustList,
  crlFiles: readonly string[],
  ocspFiles: readonly string[],
): Promise<VerifyRevocation> => {
  const issuers = revocationSources(trust).flatMap((source) => source.issuers);
  const crls = await loadCrls(crlFiles, issuers);
  const responses = ocspFiles.map((file) => readInput(resolve(file)));
  const view = createCrlView({ epoch: 1, crls });
  const findCrlIssuers = createCrlIssuerFinder(() => trust);
  const given: RevocationPolicy['order'] = [];
  if (crls.length > 0) given.push('crl');
  if (responses.length > 0) given.push('ocsp');
  return {
    checker: {
      check: (question) => {
        // What was given decides, in the policy's order; a method the policy leaves out comes last.
        const order = [...new Set([...question.policy.order, ...given])].filter((each) =>
          given.includes(each),
        );
        return answerInOrder(
          { ...question, policy: { ...question.policy, order } },
          {
            crl: () => checkCrls(question, view, findCrlIssuers),
            ocsp: () => askResponses(responses, question),
          },
        );
      },
    },
    close: async () => undefined,
  };
};

const loadCrls = async (
  files: readonly string[],
  issuers: Parameters<ReturnType<typeof createCrlLoader>['load']>[0]['issuers'],
): Promise<SharedCrl[]> => {
  const loader = createCrlLoader();
  try {
    return await Promise.all(files.map((file) => loader.load({ source: { file: resolve(file) }, issuers })));
  } catch (error) {
    if (error instanceof CrlError) throw new CommandLineError(`the CRL cannot be used: ${error.message}`);
    throw error;
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

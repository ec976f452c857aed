import { answerInOrder } from './answer-question.ts';
import { checkCrls, type FindCrlIssuers } from './check-crls.ts';
import type { PackedRevocationQuestion } from './question.ts';
import { createCrlView, type CrlView, type RevocationSnapshot } from './snapshot.ts';
import type { RevocationAnswer, RevocationChecker, RevocationQuestion } from './types.ts';

export interface RevocationCheckerParts {
  readonly snapshot: () => RevocationSnapshot;
  /** Asks the control thread, which can fetch CRLs and ask OCSP responders. */
  readonly resolve: (question: PackedRevocationQuestion) => Promise<RevocationAnswer>;
  /** Default: a CRL counts only when signed with the certificate issuer's own key. */
  readonly findCrlIssuers?: FindCrlIssuers;
}

/**
 * A data-plane thread's checker. Where the policy asks CRLs first and those at hand decide, it answers at once;
 * whatever else the policy wants is the control thread's to find out.
 */
export const createRevocationChecker = ({
  snapshot,
  resolve,
  findCrlIssuers,
}: RevocationCheckerParts): RevocationChecker => {
  let opened: { readonly of: RevocationSnapshot; readonly view: CrlView } | undefined;
  const view = (): CrlView => {
    const current = snapshot();
    if (opened?.of !== current) opened = { of: current, view: createCrlView(current) };
    return opened.view;
  };
  return {
    check: (question) => {
      if (question.policy.order[0] === 'crl') {
        const answer = checkCrls(question, view(), findCrlIssuers);
        if (answer.status !== 'unknown') return answer;
      }
      return resolve(pack(question)).catch(() => unreachable(question));
    },
  };
};

const pack = ({
  certificate,
  issuer,
  authority,
  policy,
  at,
}: RevocationQuestion): PackedRevocationQuestion => ({
  certificate: certificate.der,
  issuer: issuer.der,
  authority,
  policy,
  at,
});

/** The control thread could not be asked: no method knows anything, and the policy says what that means. */
const unreachable = (question: RevocationQuestion): Promise<RevocationAnswer> => {
  const unknown = { status: 'unknown', steps: [] } as const;
  return answerInOrder(question, { crl: () => unknown, ocsp: () => unknown });
};

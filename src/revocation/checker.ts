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
      let known: RevocationAnswer = UNKNOWN;
      if (question.policy.order[0] === 'crl') {
        known = checkCrls(question, view(), findCrlIssuers);
        if (known.status !== 'unknown') return known;
      }
      return resolve(pack(question)).catch(() => withoutControl(question, known));
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

const UNKNOWN = { status: 'unknown', steps: [] } as const;

/** The control thread could not be asked: what is known here is all, and the policy says what that means. */
const withoutControl = (question: RevocationQuestion, known: RevocationAnswer): Promise<RevocationAnswer> =>
  answerInOrder(question, { crl: () => known, ocsp: () => UNKNOWN });

import type { Certificate } from '../certificate/certificate.ts';
import type { TrustAnchor } from '../path/types.ts';
import { validatePath } from '../path/validate.ts';
import { checkCrls, type FindCrlIssuers } from '../revocation/check-crls.ts';
import type { SharedCrl } from '../revocation/shared-crl.ts';
import { signerKeyOf } from '../revocation/signer-key.ts';
import type { CrlView } from '../revocation/snapshot.ts';
import type { RevocationQuestion } from '../revocation/types.ts';
import type { TrustList } from '../trust/trust-list.ts';

/** How long a CRL issuer stays validated while trust list and CRLs stand still, ms. */
const VALIDATED_FOR_MS = 10_000;

interface Validated {
  readonly trustEpoch: number;
  readonly crlEpoch: number;
  readonly at: number;
  readonly issuers: readonly Certificate[];
}

/**
 * Finds the issuers of CRLs that are not signed with the certificate issuer's own key: a key for CRLs alone, an
 * authority's other key, the issuer of an indirect CRL. Each must have a valid path to an anchor of the same authority
 * (RFC 5280 section 6.3.3 (f)) and not be revoked. They are looked for in the trust list.
 */
export const createCrlIssuerFinder = (
  trust: () => Pick<TrustList, 'epoch' | 'anchors' | 'intermediates'>,
): FindCrlIssuers => {
  const validated = new WeakMap<SharedCrl, Map<string, Validated>>();

  const find = (
    crl: SharedCrl,
    question: RevocationQuestion,
    view: CrlView,
    asked: ReadonlySet<string>,
  ): readonly Certificate[] => {
    const { anchors, intermediates } = trust();
    const own = anchors.filter(({ authority }) => authority === question.authority);
    const candidates = [...own.map(({ certificate }) => certificate), ...intermediates];
    return candidates.filter(
      (candidate) =>
        candidate.subject.key === crl.issuer &&
        signerKeyOf(candidate.publicKey) === crl.signerKey &&
        isInForce(candidate, { intermediates, anchors: own }, question, view, asked),
    );
  };

  const isInForce = (
    leaf: Certificate,
    { intermediates, anchors }: { intermediates: readonly Certificate[]; anchors: readonly TrustAnchor[] },
    question: RevocationQuestion,
    view: CrlView,
    asked: ReadonlySet<string>,
  ): boolean => {
    const result = validatePath({ leaf, intermediates, anchors, at: question.at, purpose: 'crl-issuer' });
    if (!result.ok) return false;
    const key = signerKeyOf(leaf.publicKey);
    // A CRL that speaks of its own issuer: that its path is valid is all that can be known beforehand.
    if (asked.has(key)) return true;
    const deeper = new Set(asked).add(key);
    const { certificates } = result.path;
    return certificates.slice(0, -1).every((certificate, index) => {
      const issuer = certificates[index + 1] as Certificate;
      const about = { ...question, certificate, issuer };
      return checkCrls(about, view, (crl, next) => find(crl, next, view, deeper)).status === 'good';
    });
  };

  return (crl, question, view) => {
    const { epoch: trustEpoch } = trust();
    const known = validated.get(crl)?.get(question.authority);
    if (
      known?.trustEpoch === trustEpoch &&
      known.crlEpoch === view.epoch &&
      Math.abs(question.at - known.at) < VALIDATED_FOR_MS
    ) {
      return known.issuers;
    }
    const issuers = find(crl, question, view, new Set());
    const byAuthority = validated.get(crl) ?? new Map<string, Validated>();
    validated.set(crl, byAuthority);
    byAuthority.set(question.authority, { trustEpoch, crlEpoch: view.epoch, at: question.at, issuers });
    return issuers;
  };
};

import type { Certificate } from '../certificate/certificate.ts';
import type { Budget } from './budget.ts';
import type { TrustAnchor } from './types.ts';

/** A way from the leaf up to an anchor that the names allow. Nothing about it has been checked. */
export interface CandidatePath {
  /** Leaf first, without the anchor. */
  readonly below: readonly Certificate[];
  readonly anchor: TrustAnchor;
}

/**
 * All candidate paths, the likeliest first: anchors before intermediates, certificates whose key identifier matches
 * before others, later ones before earlier (a renewed authority). Without loops and within the budget.
 */
export function* candidatePaths(
  below: readonly Certificate[],
  intermediates: readonly Certificate[],
  anchors: readonly TrustAnchor[],
  budget: Budget,
): Generator<CandidatePath> {
  const last = below.at(-1);
  if (last === undefined) return;
  for (const anchor of byLikelihood(anchors, ({ certificate }) => certificate, last)) {
    if (!budget.takeStep()) return;
    if (!below.some((each) => isSameEntity(each, anchor.certificate))) yield { below, anchor };
  }
  if (below.length >= budget.depth) return;
  for (const issuer of byLikelihood(intermediates, (certificate) => certificate, last)) {
    if (!budget.takeStep()) return;
    if (below.some((each) => isSameEntity(each, issuer))) continue;
    yield* candidatePaths([...below, issuer], intermediates, anchors, budget);
  }
}

const byLikelihood = <T>(
  candidates: readonly T[],
  certificateOf: (candidate: T) => Certificate,
  child: Certificate,
): T[] =>
  candidates
    .filter((candidate) => certificateOf(candidate).subject.key === child.issuer.key)
    .sort((a, b) => likelihood(certificateOf(b), child) - likelihood(certificateOf(a), child));

const likelihood = (issuer: Certificate, child: Certificate): number => {
  const wanted = child.authorityKeyIdentifier;
  const offered = issuer.subjectKeyIdentifier;
  const matches = wanted !== undefined && offered !== undefined && Buffer.compare(wanted, offered) === 0;
  // Key identifiers are hints (RFC 5280 section 4.2.1.1): they order candidates, they exclude none.
  return (matches ? 1e15 : 0) + issuer.notAfter / 1e3;
};

/** RFC 5280 section 6.1: a path holds no certificate twice; nor one entity's key twice, which adds nothing. */
const isSameEntity = (a: Certificate, b: Certificate): boolean =>
  a.fingerprint === b.fingerprint ||
  (a.subject.key === b.subject.key && Buffer.compare(a.publicKey.spki, b.publicKey.spki) === 0);

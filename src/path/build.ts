import type { Certificate } from '../certificate/certificate.ts';
import type { Budget } from './budget.ts';
import { isKnownNotSignedBy } from './known-signatures.ts';
import type { PathInput, TrustAnchor } from './types.ts';

/** A way from the leaf up to an anchor that the names allow. Nothing about it has been checked. */
export interface CandidatePath {
  /** Leaf first, without the anchor. */
  readonly below: readonly Certificate[];
  readonly anchor: TrustAnchor;
}

/**
 * All candidate paths, the likeliest first: anchors before intermediates, certificates in force before others, those
 * whose key identifier matches, later ones before earlier (a renewed authority). Without loops, within the budget, and
 * without a step that an earlier candidate has shown to lead nowhere.
 */
export function* candidatePaths(input: PathInput, budget: Budget): Generator<CandidatePath> {
  if (input.purpose === 'crl-issuer') {
    // The anchor may sign CRLs itself. Nobody signs in with an anchor: see isSameEntity below.
    const anchor = input.anchors.find(
      ({ certificate }) => certificate.fingerprint === input.leaf.fingerprint,
    );
    if (anchor !== undefined) yield { below: [], anchor };
  }
  yield* extend([input.leaf], input, budget);
}

function* extend(below: readonly Certificate[], input: PathInput, budget: Budget): Generator<CandidatePath> {
  const last = below.at(-1);
  if (last === undefined) return;
  for (const anchor of byLikelihood(input.anchors, ({ certificate }) => certificate, last, input.at)) {
    if (!budget.takeStep()) return;
    if (!canExtend(below, last, anchor.certificate)) continue;
    yield { below, anchor };
  }
  if (below.length >= budget.depth) return;
  for (const issuer of byLikelihood(input.intermediates, (certificate) => certificate, last, input.at)) {
    if (!budget.takeStep()) return;
    if (input.distrusted?.has(issuer.fingerprint) === true) continue;
    if (canExtend(below, last, issuer)) yield* extend([...below, issuer], input, budget);
  }
}

const canExtend = (below: readonly Certificate[], last: Certificate, issuer: Certificate): boolean =>
  !isKnownNotSignedBy(last, issuer.publicKey) && !below.some((each) => isSameEntity(each, issuer));

/** Issuers the child's name allows, each once: a later one of the same bytes (the trust list's) stands for all. */
const byLikelihood = <T>(
  candidates: readonly T[],
  certificateOf: (candidate: T) => Certificate,
  child: Certificate,
  at: number,
): T[] => {
  const { key } = child.issuer;
  const named = candidates.filter((candidate) => certificateOf(candidate).subject.key === key);
  if (named.length < 2) return named;
  const distinct = new Map(named.map((candidate) => [certificateOf(candidate).fingerprint, candidate]));
  return [...distinct.values()].sort(
    (a, b) => likelihood(certificateOf(b), child, at) - likelihood(certificateOf(a), child, at),
  );
};

const likelihood = (issuer: Certificate, child: Certificate, at: number): number => {
  const wanted = child.authorityKeyIdentifier;
  const offered = issuer.subjectKeyIdentifier;
  const matches = wanted !== undefined && offered !== undefined && Buffer.compare(wanted, offered) === 0;
  const inForce = issuer.notBefore <= at && at < issuer.notAfter + 1000;
  // Key identifiers are hints (RFC 5280 section 4.2.1.1): they order candidates, they exclude none.
  return (matches ? 2e15 : 0) + (inForce ? 1e15 : 0) + issuer.notAfter / 1e3;
};

/**
 * RFC 5280 section 6.1: a path holds no certificate twice; nor one entity's key twice, which adds nothing. So a leaf
 * that is an anchor, or another certificate of an anchor's key, has no path: anchors vouch, they do not sign in.
 */
const isSameEntity = (a: Certificate, b: Certificate): boolean =>
  a.fingerprint === b.fingerprint ||
  (a.subject.key === b.subject.key && Buffer.compare(a.publicKey.spki, b.publicKey.spki) === 0);

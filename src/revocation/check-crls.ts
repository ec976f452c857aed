import type { Certificate } from '../certificate/certificate.ts';
import { ALL_REASONS } from '../certificate/extensions/distribution-points.ts';
import { formatName } from '../certificate/name.ts';
import type { Step } from '../refusal/step.ts';
import { dateObjection, usableUntil } from './crl-freshness.ts';
import type { CrlEntry } from './crl-index.ts';
import { coveredReasons, publicationPoints } from './crl-scope.ts';
import { listed, noCrl, notListed, partlyCovered, unauthorisedIssuer, unusableDates } from './crl-steps.ts';
import { deltaFor } from './delta-crl.ts';
import type { SharedCrl } from './shared-crl.ts';
import { signerKeyOf } from './signer-key.ts';
import type { CrlView, OpenCrl } from './snapshot.ts';
import type { RevocationAnswer, RevocationQuestion } from './types.ts';

/**
 * Certificates of a CRL's issuer whose paths to the anchor of the question's authority have been validated, and which
 * are not revoked. Asked only where the CRL is not signed with the certificate issuer's own key.
 */
export type FindCrlIssuers = (
  crl: SharedCrl,
  question: RevocationQuestion,
  view: CrlView,
) => readonly Certificate[];

/**
 * What the CRLs at hand say of a certificate (RFC 5280 section 6.3.3). "unknown" when none of them, or not all of the
 * reasons, can be relied on; its steps then say which were passed over and why, and none of them is "failed".
 *
 * @param question.issuer the certificate whose key verified the question's, from a verified path
 */
export const checkCrls = (
  question: RevocationQuestion,
  view: CrlView,
  findCrlIssuers: FindCrlIssuers = () => [],
): RevocationAnswer => {
  const { certificate, issuer, policy, at } = question;
  const on = formatName(certificate.subject);
  const ownKey = signerKeyOf(issuer.publicKey);
  const passed: Step[] = [];
  const passedOver = new Map<SharedCrl, Step>();
  /** reasons_mask */
  let reasons = 0;
  let ownKeySeen = false;
  let validUntil = Infinity;

  const isUsable = (crl: SharedCrl): boolean => {
    const objection = dateObjection(crl, policy.crl, at);
    if (objection !== undefined) passedOver.set(crl, unusableDates(on, crl, objection));
    return objection === undefined;
  };
  const isAuthorised = (crl: SharedCrl): boolean => {
    const isSigner = (candidate: Certificate): boolean =>
      candidate.subject.key === crl.issuer &&
      signerKeyOf(candidate.publicKey) === crl.signerKey &&
      candidate.keyUsage?.has('cRLSign') !== false;
    // (f)
    const authorised = isSigner(issuer) || findCrlIssuers(crl, question, view).some(isSigner);
    if (!authorised) passedOver.set(crl, unauthorisedIssuer(on, crl));
    return authorised;
  };

  for (const point of publicationPoints(certificate)) {
    for (const { complete, deltas } of point.issuers.map(view.issuedBy)) {
      for (const open of complete) {
        const { crl } = open;
        const covered = coveredReasons(crl, point, certificate);
        // (e). An authority with a new key may go on signing a CRL of its own for certificates of the old key: such a
        // certificate is looked for there too, though the new key's CRL covers all reasons.
        const isOwn = crl.signerKey === ownKey && !ownKeySeen && covered !== 0;
        if ((covered & ~reasons) === 0 && !isOwn) continue;
        if (!isUsable(crl) || !isAuthorised(crl)) continue;
        const delta = deltaFor(crl, deltas, isUsable);
        const used = delta === undefined ? [crl] : [crl, delta.crl];
        const until = Math.min(...used.map((each) => usableUntil(each, policy.crl)));
        const found = findEntry(certificate, open, delta);
        if (found !== undefined) {
          const { reason, revokedAt } = found.entry;
          const status = reason === 'certificateHold' ? 'on-hold' : 'revoked';
          const steps = [...passed, listed(on, found.crl, found.entry)];
          return { status, reason, revokedAt, validUntil: until, steps };
        }
        passed.push(notListed(on, crl, delta?.crl));
        // (l)
        reasons |= covered;
        ownKeySeen ||= crl.signerKey === ownKey;
        validUntil = Math.min(validUntil, until);
      }
    }
  }
  if (reasons === ALL_REASONS) return { status: 'good', validUntil, steps: passed };
  const gap =
    reasons !== 0
      ? [partlyCovered(on)]
      : passedOver.size === 0
        ? [noCrl(on, formatName(certificate.issuer))]
        : [];
  return { status: 'unknown', steps: [...passed, ...passedOver.values(), ...gap] };
};

/** (i) to (k): what the delta says goes before what the complete CRL says; removeFromCRL means not revoked. */
const findEntry = (
  { issuer, serialNumber }: Certificate,
  complete: OpenCrl,
  delta: OpenCrl | undefined,
): { readonly crl: SharedCrl; readonly entry: CrlEntry } | undefined => {
  for (const open of delta === undefined ? [complete] : [delta, complete]) {
    const entry = open.find(issuer.key, serialNumber);
    if (entry !== undefined) return entry.reason === 'removeFromCRL' ? undefined : { crl: open.crl, entry };
  }
  return undefined;
};

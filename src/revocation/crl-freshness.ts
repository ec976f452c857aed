import type { RevocationPolicy } from './revocation-policy.ts';
import type { SharedCrl } from './shared-crl.ts';

/** How far an authority's clock may be ahead of ours, ms. */
const CLOCK_TOLERANCE_MS = 60_000;

/** Why a CRL's dates keep it from being used; undefined where they do not. */
export type DateObjection = 'not-yet' | 'expired' | 'too-old' | 'without-end';

type CrlPolicy = RevocationPolicy['crl'];

/** RFC 5280 section 6.3.3 (a), and the authority's policy. */
export const dateObjection = (crl: SharedCrl, policy: CrlPolicy, at: number): DateObjection | undefined => {
  if (crl.thisUpdate > at + CLOCK_TOLERANCE_MS) return 'not-yet';
  // Section 5.1.2.5 demands nextUpdate. Without one a CRL never ends, unless the operators say when.
  if (crl.nextUpdate === undefined && policy.maximumAge === undefined) return 'without-end';
  if (crl.nextUpdate !== undefined && at > crl.nextUpdate + policy.grace) return 'expired';
  if (policy.maximumAge !== undefined && at > crl.thisUpdate + policy.maximumAge) return 'too-old';
  return undefined;
};

/** Until when a CRL that is usable now stays usable; ms since the epoch. */
export const usableUntil = (crl: SharedCrl, policy: CrlPolicy): number =>
  Math.min(
    crl.nextUpdate === undefined ? Infinity : crl.nextUpdate + policy.grace,
    policy.maximumAge === undefined ? Infinity : crl.thisUpdate + policy.maximumAge,
  );

/** By when a newer one is wanted, ms since the epoch: what `grace` allows after that is for emergencies. */
export const dueBy = ({ thisUpdate, nextUpdate }: SharedCrl, { maximumAge }: CrlPolicy): number =>
  Math.min(nextUpdate ?? Infinity, maximumAge === undefined ? Infinity : thisUpdate + maximumAge);

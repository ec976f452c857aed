import type { Certificate } from '../certificate/certificate.ts';
import { formatName } from '../certificate/name.ts';
import { momentOf } from '../configuration/moment.ts';
import { isInForce, type Authority, type TrustList } from './trust-list.ts';

/** What an operator should see to before it refuses people. Nothing of it stops the list from coming into force. */
export interface TrustWarning {
  /** undefined: the list as a whole. */
  readonly authority: string | undefined;
  readonly message: string;
}

const DAY_MS = 86_400_000;
const SOON_MS = 30 * DAY_MS;

/**
 * Expired and soon-expiring certificates, authorities outside their validity, drafts, and a signature that runs out.
 * An expired anchor is a warning, not an error: path validation refuses what hangs from it anyway, and a list that
 * cannot be loaded on the day an anchor runs out would take every other authority down with it.
 *
 * @param at ms since the epoch
 */
export const findTrustWarnings = (
  { authorities, signed }: TrustList,
  at: number,
): readonly TrustWarning[] => {
  const all = [...authorities.values()];
  const inForce = all.filter(({ settings }) => isInForce(settings, at));
  const warnings = all.flatMap((authority) =>
    warningsOf(authority, at).map((message) => ({ authority: authority.settings.authority, message })),
  );
  const whole = (message: string): TrustWarning => ({ authority: undefined, message });
  return [
    ...(inForce.length === 0 ? [whole('no authority is in force: everybody is refused')] : []),
    ...(signed !== undefined && signed.expires - at < SOON_MS
      ? [whole(`the signature ${runsOut(signed.expires, at)}; sign the list again: onecert trust sign`)]
      : []),
    ...warnings,
  ];
};

const warningsOf = ({ settings, anchors, intermediates }: Authority, at: number): string[] => {
  if (settings.status === 'withdrawn') return [];
  if (settings.status === 'draft') return ['a draft: not in force until an operator has set its status'];
  const { from, until } = settings.validity;
  const end = until === undefined ? Infinity : momentOf(until, 'end');
  return [
    ...(from !== undefined && at < momentOf(from, 'beginning') ? [`not trusted before ${from}`] : []),
    ...(end - at < SOON_MS ? [`its validity ${runsOut(end, at)}`] : []),
    ...anchors.flatMap((each) => expiryOf('anchor', each, at)),
    ...intermediates.flatMap((each) => expiryOf('intermediate', each, at)),
  ];
};

const expiryOf = (
  kind: string,
  { subject, notBefore, notAfter, fingerprint }: Certificate,
  at: number,
): string[] => {
  const what = `${kind} ${formatName(subject)} (sha256:${fingerprint.slice(0, 16)}…)`;
  if (at < notBefore) return [`${what} is not valid before ${iso(notBefore)}`];
  return notAfter - at < SOON_MS ? [`${what} ${runsOut(notAfter, at)}`] : [];
};

const runsOut = (end: number, at: number): string =>
  at >= end ? `expired at ${iso(end)}` : `runs out in ${Math.floor((end - at) / DAY_MS)} days (${iso(end)})`;

const iso = (ms: number): string => new Date(ms).toISOString();

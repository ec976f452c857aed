import { dateObjection, dueBy } from './crl-freshness.ts';
import type { CrlsInForce } from './in-force.ts';
import type { ResponderStatus } from './ocsp-client.ts';
import type { PublicationStatus } from './publication.ts';
import type { AuthorityPublications } from './publications.ts';
import type { RevocationPolicy } from './revocation-policy.ts';
import type { RevocationLog } from './service-log.ts';
import { crlSeries, type SharedCrl } from './shared-crl.ts';

/** overdue: past its nextUpdate, within the grace of the policy. stale: not used any more. */
export type Freshness = 'fresh' | 'overdue' | 'stale';

/** A CRL in force. Times are ms since the epoch. */
export interface CrlStatus {
  readonly issuer: string;
  /** crlNumber, decimal. */
  readonly number: string | undefined;
  readonly delta: boolean;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  /** By when a newer one is wanted: its nextUpdate, or sooner by the policy's maximumAge. Infinity: never. */
  readonly dueBy: number;
  readonly entries: number;
  readonly bytes: number;
  readonly freshness: Freshness;
}

export interface AuthorityRevocationStatus {
  readonly authority: string;
  readonly crls: readonly CrlStatus[];
  readonly publications: readonly PublicationStatus[];
}

export interface RevocationStatus {
  readonly epoch: number;
  readonly authorities: readonly AuthorityRevocationStatus[];
  readonly responders: readonly ResponderStatus[];
}

export const freshnessOf = (crl: SharedCrl, policy: RevocationPolicy['crl'], now: number): Freshness => {
  if (dateObjection(crl, policy, now) !== undefined) return 'stale';
  return crl.nextUpdate !== undefined && now > crl.nextUpdate ? 'overdue' : 'fresh';
};

export const authorityStatus = (
  publications: AuthorityPublications,
  inForce: CrlsInForce,
  now: number,
): AuthorityRevocationStatus => ({
  authority: publications.source.authority,
  crls: inForce.of(publications.source.authority).map((crl) => ({
    issuer: crl.issuerText,
    number: crl.number === undefined ? undefined : BigInt(`0x${crl.number}`).toString(),
    delta: crl.baseNumber !== undefined,
    thisUpdate: crl.thisUpdate,
    nextUpdate: crl.nextUpdate,
    dueBy: dueBy(crl, publications.source.policy.crl),
    entries: crl.index.entries,
    bytes: crl.bytes,
    freshness: freshnessOf(crl, publications.source.policy.crl, now),
  })),
  publications: publications.all().map((publication) => publication.status()),
});

/** Tells operators once when a CRL in force runs out of time, and once when it has been replaced. */
export const createFreshnessWatch = (log: RevocationLog) => {
  const known = new Map<string, Freshness>();
  return (authority: string, crl: SharedCrl, policy: RevocationPolicy['crl'], now: number): void => {
    const series = `${authority} ${crlSeries(crl)}`;
    const freshness = freshnessOf(crl, policy, now);
    const before = known.get(series) ?? 'fresh';
    known.set(series, freshness);
    if (before === freshness) return;
    const nextUpdate = crl.nextUpdate === undefined ? undefined : new Date(crl.nextUpdate).toISOString();
    const fields = { authority, issuer: crl.issuerText, nextUpdate };
    if (freshness === 'fresh') log.info(fields, 'The CRL in force is current again');
    else if (freshness === 'overdue') {
      log.warn(
        fields,
        'The CRL in force is past its nextUpdate and used only by the grace of the policy: see why no newer one is got',
      );
    } else {
      log.warn(
        fields,
        'The CRL in force is past its time and not used any more: certificates of this issuer may be refused until a newer one is got',
      );
    }
  };
};

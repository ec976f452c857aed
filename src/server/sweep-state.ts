import { hash } from 'node:crypto';
import type { RevocationSnapshot } from '../revocation/snapshot.ts';
import type { TrustList } from '../trust/trust-list.ts';

/** Whose certificates CRLs under these names may be about; all where that cannot be told (indirect CRLs). */
export const authoritiesOf = (issuers: readonly string[], list: TrustList): ReadonlySet<string> | 'all' => {
  const names = issuerNames(list);
  const found = issuers.map((issuer) => names.get(issuer));
  return found.includes(undefined) ? 'all' : new Set(found.flatMap((each) => [...(each ?? [])]));
};

/**
 * Names what sessions of one authority are judged by: the same at every replica that has the same trust list and CRLs.
 * Where it is another one nothing is wrong: each looks for itself then.
 */
export const sweepState = (authority: string, list: TrustList, { crls }: RevocationSnapshot): string => {
  const names = issuerNames(list);
  const trusted = [...list.authorities.values()].map(({ settings, anchors, intermediates }) => [
    // Files of certificates have other names on another machine.
    { ...settings, anchors: undefined, intermediates: undefined },
    ...[...anchors, ...intermediates].map(({ fingerprint }) => fingerprint),
  ]);
  const about = crls
    .filter(({ issuer }) => names.get(issuer)?.has(authority) ?? true)
    .map(({ fingerprint }) => fingerprint);
  return hash('sha256', JSON.stringify([authority, trusted, about.sort()]), 'base64url');
};

/** Authorities by the names that their certificates are issued under (DistinguishedName.key). */
const issuerNames = ({ authorities }: TrustList): ReadonlyMap<string, ReadonlySet<string>> => {
  const names = new Map<string, Set<string>>();
  for (const [authority, { anchors, intermediates }] of authorities) {
    for (const { subject } of [...anchors, ...intermediates]) {
      names.set(subject.key, (names.get(subject.key) ?? new Set()).add(authority));
    }
  }
  return names;
};

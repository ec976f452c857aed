import type { Certificate } from '../certificate/certificate.ts';
import { formatName } from '../certificate/name.ts';
import type { Bilingual } from '../configuration/units.ts';
import { authorityKey } from '../path/authority-standing.ts';
import { compareSettings, type SettingChange } from './compare-settings.ts';
import { isInForce, type Authority, type TrustList } from './trust-list.ts';

/** How many a change reaches. Asked of the register and of the sessions by whoever has them. */
export interface CutOffCounts {
  /** Identities with a certificate of these authorities (`any`), and of no other authority (`only`). */
  readonly identitiesOf: (authorities: readonly string[]) => Identities | Promise<Identities>;
  /** Live sessions that signed in with a certificate of these authorities. */
  readonly sessionsOf: (authorities: readonly string[]) => number | Promise<number>;
}

export interface Identities {
  readonly only: number;
  readonly any: number;
}

export interface CertificateSummary {
  readonly subject: string;
  /** SHA-256 of the DER, lower-case hex. */
  readonly sha256: string;
  /** ms since the epoch. */
  readonly notAfter: number;
}

export interface CertificateChanges {
  readonly added: readonly CertificateSummary[];
  readonly removed: readonly CertificateSummary[];
}

/**
 * Whom a change of one authority cuts off: "all" of its certificates are refused from then on; "some" may be, those
 * that the certificates or settings taken away had let through; "none": it takes nothing away.
 */
export type Reach = 'all' | 'some' | 'none';

export interface AuthorityChange {
  readonly authority: string;
  readonly name: Bilingual;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly anchors: CertificateChanges;
  readonly intermediates: CertificateChanges;
  /** Status, validity and policies, field by field; empty for what was added or removed. */
  readonly settings: readonly SettingChange[];
  readonly reach: Reach;
  /** With CutOffCounts, and a reach that is not "none". With "some" it is how many there are at most. */
  readonly cutOff: CutOff | undefined;
}

export interface CutOff {
  readonly identities: Identities;
  readonly sessions: number;
}

export interface TrustListComparison {
  /** By identifier of the authority; those that stay as they are left out. */
  readonly changes: readonly AuthorityChange[];
  /** All authorities with reach "all" together: `identities.only` are people with no certificate left to sign in by. */
  readonly cutOff: CutOff | undefined;
}

/**
 * What putting `next` in the place of `current` changes, and whom it cuts off at that moment (ms since the epoch). A dry
 * run: nothing is changed.
 */
export const compareTrustLists = async (
  current: TrustList,
  next: TrustList,
  counts?: CutOffCounts,
  at = Date.now(),
): Promise<TrustListComparison> => {
  const names = [...new Set([...current.authorities.keys(), ...next.authorities.keys()])].sort();
  const changes: AuthorityChange[] = [];
  for (const name of names) {
    const change = changeOf(current.authorities.get(name), next.authorities.get(name), at);
    if (change === undefined) continue;
    const cutOff = change.reach === 'none' ? undefined : await countCutOff([name], counts);
    changes.push({ ...change, cutOff });
  }
  const gone = changes.filter(({ reach }) => reach === 'all').map(({ authority }) => authority);
  return { changes, cutOff: gone.length === 0 ? undefined : await countCutOff(gone, counts) };
};

const countCutOff = async (
  authorities: readonly string[],
  counts: CutOffCounts | undefined,
): Promise<CutOff | undefined> =>
  counts === undefined
    ? undefined
    : { identities: await counts.identitiesOf(authorities), sessions: await counts.sessionsOf(authorities) };

const changeOf = (
  before: Authority | undefined,
  after: Authority | undefined,
  at: number,
): Omit<AuthorityChange, 'cutOff'> | undefined => {
  const described = after ?? before;
  if (described === undefined) return undefined;
  const { authority, name } = described.settings;
  const anchors = certificateChanges(before?.anchors, after?.anchors);
  const intermediates = certificateChanges(before?.intermediates, after?.intermediates);
  const base = { authority, name, anchors, intermediates, settings: [] };
  if (before === undefined) return { ...base, kind: 'added', reach: 'none' };
  if (after === undefined)
    return { ...base, kind: 'removed', reach: isInForce(before.settings, at) ? 'all' : 'none' };
  const settings = compareSettings(before.settings, after.settings);
  const same = [anchors.added, anchors.removed, intermediates.added, intermediates.removed, settings].every(
    ({ length }) => length === 0,
  );
  if (same) return undefined;
  return { ...base, kind: 'changed', settings, reach: reachOf(before, after, settings, at) };
};

const reachOf = (
  before: Authority,
  after: Authority,
  settings: readonly SettingChange[],
  at: number,
): Reach => {
  if (!isInForce(before.settings, at)) return 'none';
  const anchorsGone = keysGone(before.anchors, after.anchors);
  if (!isInForce(after.settings, at) || anchorsGone === before.anchors.length) return 'all';
  const narrowed =
    anchorsGone > 0 ||
    // Clients that send only their own certificate depend on these.
    keysGone(before.intermediates, after.intermediates) > 0 ||
    settings.some(({ decides }) => decides);
  return narrowed ? 'some' : 'none';
};

/** A certificate that another of the same name and key replaces (a renewed authority) takes nobody with it. */
const keysGone = (before: readonly Certificate[], after: readonly Certificate[]): number => {
  const entity = (each: Certificate): string => `${each.subject.key} ${authorityKey(each)}`;
  const kept = new Set(after.map(entity));
  return before.filter((each) => !kept.has(entity(each))).length;
};

const certificateChanges = (
  before: readonly Certificate[] = [],
  after: readonly Certificate[] = [],
): CertificateChanges => {
  const without = (from: readonly Certificate[], others: readonly Certificate[]): CertificateSummary[] => {
    const known = new Set(others.map(({ fingerprint }) => fingerprint));
    return from.filter(({ fingerprint }) => !known.has(fingerprint)).map(summaryOf);
  };
  return { added: without(after, before), removed: without(before, after) };
};

const summaryOf = ({ subject, fingerprint, notAfter }: Certificate): CertificateSummary => ({
  subject: formatName(subject),
  sha256: fingerprint,
  notAfter,
});

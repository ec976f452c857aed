import { crlSeries, supersedes, type SharedCrl } from './shared-crl.ts';

/** The verified CRLs decisions rest on, at most one of each series of an authority. */
export interface CrlsInForce {
  /** "taken": in force from now on. "older" than the one in force: never, whatever its signature says. */
  offer(authority: string, crl: SharedCrl): 'taken' | 'same' | 'older';
  of(authority: string): readonly SharedCrl[];
  all(): readonly { readonly authority: string; readonly crl: SharedCrl }[];
  /** Takes out of force what `keep` does not want any more. Returns whether there was anything. */
  retain(keep: (authority: string, crl: SharedCrl) => boolean): boolean;
}

export const createCrlsInForce = (): CrlsInForce => {
  const byAuthority = new Map<string, Map<string, SharedCrl>>();
  const all = (): { authority: string; crl: SharedCrl }[] =>
    [...byAuthority].flatMap(([authority, series]) =>
      [...series.values()].map((crl) => ({ authority, crl })),
    );
  return {
    offer: (authority, crl) => {
      const series = byAuthority.get(authority) ?? new Map<string, SharedCrl>();
      byAuthority.set(authority, series);
      const current = series.get(crlSeries(crl));
      if (current?.fingerprint === crl.fingerprint) return 'same';
      if (current !== undefined && !supersedes(crl, current)) return 'older';
      series.set(crlSeries(crl), crl);
      return 'taken';
    },
    of: (authority) => [...(byAuthority.get(authority)?.values() ?? [])],
    all,
    retain: (keep) => {
      let changed = false;
      for (const { authority, crl } of all()) {
        if (keep(authority, crl)) continue;
        byAuthority.get(authority)?.delete(crlSeries(crl));
        changed = true;
      }
      return changed;
    },
  };
};

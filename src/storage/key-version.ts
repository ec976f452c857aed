/** One version of a key. The first (0) is what an installation begins with; numbers are never used again. */
export interface KeyVersion {
  readonly version: number;
  /** Secret octets, or PEM as UTF-8. */
  readonly key: Uint8Array;
  /** ms since the epoch. */
  readonly createdAt: number;
  /**
   * ms since the epoch: nothing is made with it before. Until then every replica takes it up, and every department
   * learns its public key, so that nobody meets what they cannot verify.
   */
  readonly usedFrom: number;
}

/** What things are made with at `at`: the newest version whose time has come. Versions are the oldest first. */
export const inUse = (versions: readonly KeyVersion[], at: number): KeyVersion => {
  const found = versions.findLast(({ usedFrom }) => usedFrom <= at) ?? versions[0];
  if (found === undefined) throw new Error('a key has at least one version');
  return found;
};

/** All kept versions, the one in use first: the first makes, all verify. */
export const inUseFirst = (versions: readonly KeyVersion[], at: number): readonly KeyVersion[] => {
  const used = inUse(versions, at);
  return [used, ...versions.toReversed().filter((each) => each !== used)];
};

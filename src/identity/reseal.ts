/**
 * A register that lasts while its keys change: values and hashes of earlier versions are made anew, a batch at a time,
 * beside all other work. May stop anywhere and begin again; several processes may do it at once.
 */
export interface Resealing {
  /** Looks at up to `batch` rows more; `done` when all have been looked at under the versions in use now. */
  reseal(batch: number): Promise<{ readonly resealed: number; readonly done: boolean }>;
  /** How many sealed values and keyed hashes are of an earlier version. Reads everything: not for a serving process. */
  leftToReseal(): Promise<KeyRemains>;
  /**
   * To be called before a version is retired: from now on the register opens without it.
   *
   * @throws StorageError while anything is left to be made anew
   */
  releaseKey(key: 'field' | 'hash', version: number): Promise<void>;
}

export interface KeyRemains {
  readonly values: number;
  readonly hashes: number;
}

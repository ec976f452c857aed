/** What is asked of a store of values that expire (src/storage/expiring-store.ts). */
export interface TurnMarks {
  put(key: string, value: string, ttlMs: number, options?: { readonly ifAbsent?: boolean }): Promise<boolean>;
  get(key: string): Promise<string | undefined>;
  delete(key: string): Promise<boolean>;
  touch(key: string, ttlMs: number): Promise<boolean>;
}

/** A replica's turn at looking through sessions; the others wait meanwhile. */
export interface SweepTurn {
  /** Called while it goes on: a replica that has ended without a word loses its turn after half a minute. */
  goOn(): Promise<void>;
  /** All were looked at. */
  done(): Promise<void>;
  /** Not all were: whoever asks next has the turn. */
  giveBack(): Promise<void>;
}

/**
 * Replicas that have the same trust list and CRLs would find the same, so that one of them is enough to look. But a
 * session that began at a replica which did not have them yet may have been passed over: what counts for a replica is a
 * look that began after it had them. So looks are numbered, and one at a time is under way.
 */
export interface SweepTurns {
  /** To be called when `state` is in force here: the number of the first look that will begin after that. */
  next(state: string): Promise<number>;
  /** `done`: that look is over, nothing is left to do here. `busy`: somebody is at it; to be asked again. */
  take(state: string, number: number): Promise<SweepTurn | 'done' | 'busy'>;
}

/** ms. */
const LEASE = 30_000;
/** How long it is known what was looked at; later it is looked at once more. ms. */
const KEPT = 3_600_000;

export const createSweepTurns = (marks: TurnMarks, leaseMs = LEASE): SweepTurns => {
  const keyOf = (state: string, number: number): string => `${state}:${number}`;
  return {
    next: async (state) => {
      let number = 1;
      while ((await marks.get(keyOf(state, number))) !== undefined) number += 1;
      return number;
    },
    take: async (state, number) => {
      const key = keyOf(state, number);
      if ((await marks.get(key)) === 'done') return 'done';
      if (number > 1 && (await marks.get(keyOf(state, number - 1))) === 'under way') return 'busy';
      if (!(await marks.put(key, 'under way', leaseMs, { ifAbsent: true }))) return 'busy';
      let renewed = performance.now();
      return {
        goOn: async () => {
          if (performance.now() - renewed < leaseMs / 6) return;
          renewed = performance.now();
          await marks.touch(key, leaseMs);
        },
        done: async () => {
          // Lost meanwhile: whoever asked then was told of a look that was yet to begin.
          if (await marks.touch(key, leaseMs)) await marks.put(key, 'done', KEPT);
        },
        giveBack: async () => {
          await marks.delete(key);
        },
      };
    },
  };
};

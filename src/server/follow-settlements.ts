import type { ChangeStore } from '../changes/change-store.ts';
import type { DocumentVersion } from '../changes/document.ts';
import type { Refusal } from '../refusal/refusal.ts';
import type { ReloadLog } from './reload.ts';
import { carryOutSettlements, type SettlingParts } from './settle-conflicts.ts';

export interface SettlementsFollowed {
  /** Whether some were approved and not carried out before this process began. */
  readonly isOwed: boolean;
  /**
   * Carries out what is approved. Whether identities may be others than they were, by this process or another, since
   * `inForce` was last called: all that is known of them has to be asked anew then. Never rejects for what is tried again.
   *
   * @param isOurs whether it was approved here; another process is left some time to do what it has approved itself
   */
  carryOut(latest: number, isOurs: boolean): Promise<boolean>;
  inForce(): void;
  /** Why what a version decided has not been carried out. */
  failureOf(version: DocumentVersion): Error | undefined;
}

export interface FollowSettlementsParts extends SettlingParts {
  readonly store: SettlingParts['store'] & Pick<ChangeStore, 'listCurrent'>;
  /** Of the latest version that this process has begun with. */
  readonly sequence: number;
  readonly log: Pick<ReloadLog, 'info' | 'warn' | 'error'>;
}

/** ms. Each process that carries a settlement out has it in its audit log: one of them is enough. */
const LEFT_MS = 5_000;

/** Settlements as one process sees them that are approved here or by another. */
export const followSettlements = async (parts: FollowSettlementsParts): Promise<SettlementsFollowed> => {
  const { store, sequence, log } = parts;
  const isOwed = (await store.listPending('conflict')).length > 0;
  /** Up to here all was carried out by somebody. */
  let known = isOwed ? 0 : sequence;
  let anew = false;
  let failure: Error | undefined;
  let refusals: ReadonlyMap<number, Refusal> = new Map();
  /** Since when each has been seen pending, ms. */
  const seen = new Map<number, number>();
  const isLeftToOthers = async (): Promise<boolean> => {
    const pending = await store.listPending('conflict');
    const now = performance.now();
    for (const each of seen.keys())
      if (!pending.some(({ sequence: place }) => place === each)) seen.delete(each);
    for (const { sequence: place } of pending) seen.set(place, seen.get(place) ?? now);
    return pending.some(({ sequence: place }) => now - (seen.get(place) ?? now) < LEFT_MS);
  };
  return {
    isOwed,
    carryOut: async (latest, isOurs) => {
      if (latest <= known) return anew;
      const versions = await store.listCurrent('conflict');
      if (versions.some((each) => each.sequence > known)) {
        if (!isOurs && (await isLeftToOthers())) return anew;
        try {
          refusals = await carryOutSettlements(parts);
          if (failure !== undefined) log.info({}, 'settlements of conflicts are carried out again');
          failure = undefined;
        } catch (error) {
          if (failure === undefined) {
            log.warn(
              { reason: String(error) },
              'an approved settlement cannot be carried out now; it is tried again',
            );
          }
          failure = error instanceof Error ? error : new Error(String(error));
          return anew;
        }
        anew = true;
      }
      known = latest;
      return anew;
    },
    inForce: () => {
      anew = false;
    },
    failureOf: ({ kind, sequence: place }) =>
      kind === 'conflict' ? (refusals.get(place) ?? (place > known ? failure : undefined)) : undefined,
  };
};

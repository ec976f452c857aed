import type { SharedCrl } from './shared-crl.ts';

const MINUTE_MS = 60_000;
/** First pause after a failure; doubled for each that follows. */
const RETRY_MS = 1_000;
const RETRY_MAXIMUM_MS = 5 * MINUTE_MS;
/** How long before nextUpdate a new CRL is looked for at the latest: a tenth of its life, but no more than this. */
const LEAD_MAXIMUM_MS = 60 * MINUTE_MS;
const SHORTEST_MS = 1_000;

export interface ScheduleInput {
  /** ms since the epoch. */
  readonly now: number;
  /** The policy's crl.refresh, ms. */
  readonly refresh: number;
  /** The CRL last got from there, where there is one. */
  readonly crl: Pick<SharedCrl, 'thisUpdate' | 'nextUpdate'> | undefined;
  /** Failures in a row. */
  readonly failures: number;
  /** 0 to 1. Keeps many gateways from asking at once. */
  readonly random: number;
}

/** How many ms from now a place is asked again. */
export const nextRefresh = ({ now, refresh, crl, failures, random }: ScheduleInput): number => {
  if (failures > 0) {
    const pause = Math.min(
      RETRY_MS * 2 ** Math.min(failures - 1, 20),
      RETRY_MAXIMUM_MS,
      Math.max(refresh, RETRY_MS),
    );
    return pause * (0.5 + random / 2);
  }
  const regular = refresh * (0.8 + random / 5);
  if (crl?.nextUpdate === undefined) return regular;
  const lead = Math.min((crl.nextUpdate - crl.thisUpdate) / 10, LEAD_MAXIMUM_MS);
  const left = crl.nextUpdate - now;
  // Already due: its successor may be published any moment; ask more and more often, and steadily once it is stale.
  if (left <= lead) return Math.min(regular, Math.max(left / 2, lead / 20, SHORTEST_MS) * (0.5 + random / 2));
  return Math.min(regular, Math.max(left - lead * (0.5 + random / 2), SHORTEST_MS));
};

import type { ReloadLog } from './reload.ts';
import type { SessionEnds, WhyEnded } from './session-ends.ts';

/**
 * Ends all sessions of identities, since operators have decided so. What cannot be ended now (the session store is away) is
 * tried again until it is: its calls are refused meanwhile, but nobody else would be told.
 */
export interface DecidedEnds {
  /**
   * Resolves after the first attempt, whatever came of it.
   *
   * @param why asked at each attempt; undefined: it is not to be ended any more
   */
  end(unifiedId: string, why: () => Promise<WhyEnded | undefined>): Promise<void>;
  close(): void;
}

const AGAIN_MS = 5_000;

export const createDecidedEnds = (
  ends: Pick<SessionEnds, 'endAll'>,
  log: Pick<ReloadLog, 'info' | 'warn'>,
  againMs = AGAIN_MS,
): DecidedEnds => {
  const due = new Map<string, () => Promise<WhyEnded | undefined>>();
  let timer: NodeJS.Timeout | undefined;
  let isSaid = false;
  let closed = false;

  const attempt = async (unifiedId: string, why: () => Promise<WhyEnded | undefined>): Promise<void> => {
    try {
      const reason = await why();
      if (reason !== undefined) await ends.endAll({ unifiedId }, reason);
      // Decided anew meanwhile, it is another one.
      if (due.get(unifiedId) === why) due.delete(unifiedId);
    } catch (error) {
      if (!isSaid)
        log.warn(
          { reason: String(error) },
          'sessions that operators have ended could not be ended now: they are refused, and it is tried again',
        );
      isSaid = true;
    }
    if (due.size > 0 && !closed) timer ??= setTimeout(() => void again(), againMs).unref();
  };
  const again = async (): Promise<void> => {
    for (const [unifiedId, why] of [...due]) await attempt(unifiedId, why);
    // Only now: attempts do not overlap.
    timer = undefined;
    if (due.size > 0 && !closed) timer = setTimeout(() => void again(), againMs).unref();
    else if (isSaid) {
      log.info({}, 'sessions that operators have ended are ended');
      isSaid = false;
    }
  };
  return {
    end: async (unifiedId, why) => {
      due.set(unifiedId, why);
      await attempt(unifiedId, why);
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
};

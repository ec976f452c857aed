import type { ReloadLog } from './reload.ts';
import type { SessionEnds, WhyEnded } from './session-ends.ts';

/**
 * Ends the sessions of identities that are newly locked, each with its entry. Where the session store is away they end at
 * their next request, which is refused all the same.
 *
 * @param whyOf who locked it, and why
 */
export const sessionsOfLocked = (
  ends: Pick<SessionEnds, 'endAll'>,
  whyOf: (unifiedId: string) => Promise<WhyEnded>,
  log: Pick<ReloadLog, 'warn'>,
): ((locked: readonly string[]) => Promise<void>) => {
  let known: ReadonlySet<string> = new Set();
  return async (locked) => {
    const added = locked.filter((unifiedId) => !known.has(unifiedId));
    known = new Set(locked);
    for (const unifiedId of added) {
      try {
        await ends.endAll({ unifiedId }, await whyOf(unifiedId));
      } catch (error) {
        log.warn(
          { reason: String(error) },
          'sessions of a locked identity could not be ended; they are refused',
        );
      }
    }
  };
};

import type { Sessions } from '../signin/sessions.ts';
import type { ReloadLog } from './reload.ts';

/**
 * Ends the sessions of identities that are newly locked. Where the session store is away they end at their next
 * request, which is refused all the same.
 */
export const sessionsOfLocked = (
  sessions: Pick<Sessions, 'endAllOf'>,
  log: Pick<ReloadLog, 'warn'>,
): ((locked: readonly string[]) => Promise<void>) => {
  let known: ReadonlySet<string> = new Set();
  return async (locked) => {
    const added = locked.filter((unifiedId) => !known.has(unifiedId));
    known = new Set(locked);
    for (const unifiedId of added) {
      await sessions.endAllOf({ unifiedId }).catch((error: unknown) => {
        log.warn(
          { reason: String(error) },
          'sessions of a locked identity could not be ended; they are refused',
        );
      });
    }
  };
};

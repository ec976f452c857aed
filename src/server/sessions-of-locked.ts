import type { DecidedEnds } from './decided-ends.ts';
import type { WhyEnded } from './session-ends.ts';

/**
 * Ends the sessions of identities that are newly locked, each with its entry; of one that is unlocked before its sessions
 * could be ended they stay.
 *
 * @param whyOf who locked it, and why
 */
export const sessionsOfLocked = (
  decided: Pick<DecidedEnds, 'end'>,
  whyOf: (unifiedId: string) => Promise<WhyEnded>,
): ((locked: readonly string[]) => Promise<void>) => {
  let known: ReadonlySet<string> = new Set();
  return async (locked) => {
    const added = locked.filter((unifiedId) => !known.has(unifiedId));
    known = new Set(locked);
    for (const unifiedId of added)
      await decided.end(unifiedId, async () => (known.has(unifiedId) ? whyOf(unifiedId) : undefined));
  };
};

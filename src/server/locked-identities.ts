import type { IdentityRegister } from '../identity/register.ts';
import type { ReloadLog } from './reload.ts';

/**
 * Unified ids that are locked, and all others of the same identity after mergers: a merger lets nobody in, whichever of
 * those merged was locked. While the
 * register is away, who is locked by the own id stays so.
 */
export const lockedIdentities = async (
  register: Pick<IdentityRegister, 'identityById'>,
  locked: readonly string[],
  log: Pick<ReloadLog, 'warn'>,
): Promise<readonly string[]> => {
  const all = new Set(locked);
  for (const unifiedId of locked) {
    try {
      const found = await register.identityById(unifiedId);
      if (found === undefined) continue;
      for (const each of [found.identity.unifiedId, ...found.aliases]) all.add(each);
    } catch (error) {
      log.warn(
        { reason: String(error) },
        'the register could not say what a locked identity was merged into',
      );
    }
  }
  return [...all];
};

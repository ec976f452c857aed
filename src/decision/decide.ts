import type { Directory } from '../services/directory.ts';
import { CHECKS } from './checks.ts';
import type { Admission, CallTarget, Decision } from './types.ts';

/**
 * Whether this call may go to a department: a pure function of who calls, what for, what is enrolled, and when.
 *
 * @param at ms since the epoch
 */
export const decide = (
  directory: Directory,
  admission: Admission | undefined,
  target: CallTarget,
  at: number,
): Decision => {
  const service = directory.find(target.path);
  for (const check of CHECKS) {
    const code = check({ admission, service, target, at });
    if (code !== undefined) return { outcome: 'refuse', code, service };
  }
  if (admission?.identity === undefined || service === undefined) {
    throw new Error('a call that passed every check has a subject and a service');
  }
  return { outcome: 'allow', service, admission, identity: admission.identity };
};

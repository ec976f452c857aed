import type { IdentityRegister } from '../identity/register.ts';
import type { Sessions } from '../signin/sessions.ts';
import type { CutOffCounts } from '../trust/compare-trust-lists.ts';

/** Whom a change of the trust list would cut off, for the line that says so before it is done. */
export const cutOffCounts = (register: IdentityRegister, sessions: Sessions): CutOffCounts => ({
  identitiesOf: (authorities) => register.countByAuthorities(authorities),
  sessionsOf: async (authorities) => {
    const each = await Promise.all(authorities.map((authority) => sessions.count({ authority })));
    return each.reduce((sum, count) => sum + count, 0);
  },
});

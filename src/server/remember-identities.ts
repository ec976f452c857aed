import type { Identity } from '../identity/identity.ts';
import type { Verdict } from '../verdict/verdict.ts';

/**
 * Asks the register once for each verdict: connections that share a verdict share the identity, and a verdict
 * reached anew (a new trust list may read its certificate differently) is asked about anew.
 */
export const rememberIdentities = (
  identify: (verdict: Verdict) => Promise<Identity>,
): ((verdict: Verdict) => Promise<Identity>) => {
  const identities = new WeakMap<Verdict, Promise<Identity>>();
  return (verdict) => {
    let identity = identities.get(verdict);
    if (identity === undefined) {
      identity = identify(verdict);
      identities.set(verdict, identity);
      // A refusal may have been mended in the register meanwhile, a failure may pass: neither is remembered.
      identity.catch(() => identities.delete(verdict));
    }
    return identity;
  };
};

import type { PathCheck } from './check.ts';

/** Counts down, and lowers, how many certificates may follow before a demand on policies is in force. */
export const policyConstraints: PathCheck = {
  name: 'policy-constraints',
  clause: 'RFC 5280 6.1.4 (h), (i), (j); 6.1.5 (a), (b)',
  passed: undefined,
  run: ({ certificate, isLeaf, isSelfIssued, state }) => {
    const { policyConstraints: constraints, inhibitAnyPolicy } = certificate;
    if (isLeaf) {
      // Self-issued or not; and only a demand already in force, not one for certificates to follow.
      if (state.explicitPolicy > 0) state.explicitPolicy--;
      if (constraints?.requireExplicitPolicy === 0) state.explicitPolicy = 0;
      return undefined;
    }
    if (!isSelfIssued) {
      if (state.explicitPolicy > 0) state.explicitPolicy--;
      if (state.policyMapping > 0) state.policyMapping--;
      if (state.inhibitAnyPolicy > 0) state.inhibitAnyPolicy--;
    }
    const lower = (counter: number, to: number | undefined): number => Math.min(counter, to ?? Infinity);
    state.explicitPolicy = lower(state.explicitPolicy, constraints?.requireExplicitPolicy);
    state.policyMapping = lower(state.policyMapping, constraints?.inhibitPolicyMapping);
    state.inhibitAnyPolicy = lower(state.inhibitAnyPolicy, inhibitAnyPolicy);
    return undefined;
  },
};

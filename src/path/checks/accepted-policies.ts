import { userConstrainedPolicies } from '../policy-graph.ts';
import type { PathCheck } from './check.ts';

/** The last of all: which of the accepted policies the whole path is valid under. */
export const acceptedPolicies: PathCheck = {
  name: 'accepted-policies',
  clause: 'RFC 5280 6.1.5 (g); RFC 9618 5.4',
  passed: undefined,
  run: ({ isLeaf, state }) => {
    if (!isLeaf) return undefined;
    state.userPolicies =
      state.policies === undefined ? [] : userConstrainedPolicies(state.policies, state.acceptedPolicies);
    if (state.explicitPolicy > 0 || state.userPolicies.length > 0) return undefined;
    return {
      code: 'ONECERT_CERTIFICATE_POLICY',
      zh: '证书链不符合该机构要求的任何证书策略',
      en: 'The path is valid under none of the policies demanded of the authority',
    };
  },
};

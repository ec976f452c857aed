import { ANY_POLICY } from '../certificate/extensions/certificate-policies.ts';
import type { NameConstraints } from '../certificate/extensions/name-constraints.ts';
import { initialLevel, type PolicyLevel } from './policy-graph.ts';
import { DEFAULT_POLICY_SETTINGS } from './policy-settings.ts';
import type { TrustAnchor } from './types.ts';

/** What checks carry from one certificate to the next (RFC 5280 section 6.1.2). */
export interface PathState {
  /** max_path_length: how many more certificates that are not self-issued may stand above the leaf. */
  maxPathLength: number;
  /** Purposes every extendedKeyUsage so far allows; undefined while none has said anything. */
  purposes: ReadonlySet<string> | undefined;
  /** The earliest limit of an authority above that is winding down (the trust list); absent: none so far. */
  acceptIssuedBefore?: number;
  /** permitted_subtrees and excluded_subtrees: a name has to satisfy every one of these. */
  readonly nameConstraints: NameConstraints[];
  /** Nodes of the valid_policy_graph at the last certificate; undefined when the graph is NULL. */
  policies: PolicyLevel | undefined;
  /** explicit_policy, policy_mapping, inhibit_anyPolicy: certificates until the demand is in force. */
  explicitPolicy: number;
  policyMapping: number;
  inhibitAnyPolicy: number;
  /** user-initial-policy-set. */
  readonly acceptedPolicies: readonly string[];
  /** user-constrained-policy-set: set by the leaf's last check. */
  userPolicies: readonly string[];
}

/**
 * RFC 5280 section 6.1.2. What the anchor's own certificate constrains is applied as RFC 5937 section 3 says: its
 * policies, name constraints, policy constraints and path length hold from the first certificate on.
 */
export const initialState = ({
  certificate,
  policySettings = DEFAULT_POLICY_SETTINGS,
}: TrustAnchor): PathState => {
  const { basicConstraints, nameConstraints, certificatePolicies, policyConstraints } = certificate;
  return {
    maxPathLength: basicConstraints?.pathLength ?? Number.POSITIVE_INFINITY,
    purposes: undefined,
    nameConstraints: nameConstraints === undefined ? [] : [nameConstraints],
    policies: initialLevel(),
    // n + 1 where nothing is demanded, which is never counted down to: infinity does the same.
    explicitPolicy: policySettings.explicitPolicy
      ? 0
      : (policyConstraints?.requireExplicitPolicy ?? Infinity),
    policyMapping: policySettings.policyMappingInhibit
      ? 0
      : (policyConstraints?.inhibitPolicyMapping ?? Infinity),
    inhibitAnyPolicy: policySettings.anyPolicyInhibit ? 0 : (certificate.inhibitAnyPolicy ?? Infinity),
    acceptedPolicies: intersect(policySettings.initialPolicySet, certificatePolicies?.oids ?? [ANY_POLICY]),
    userPolicies: [],
  };
};

const intersect = (accepted: readonly string[], ofAnchor: readonly string[]): readonly string[] => {
  if (ofAnchor.includes(ANY_POLICY)) return accepted;
  return accepted.includes(ANY_POLICY) ? ofAnchor : accepted.filter((policy) => ofAnchor.includes(policy));
};

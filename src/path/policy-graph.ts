import { ANY_POLICY } from '../certificate/extensions/certificate-policies.ts';
import type { PolicyMappings } from '../certificate/extensions/policy-mappings.ts';

/**
 * The valid_policy_graph of RFC 9618, which replaces the valid_policy_tree of RFC 5280: a policy has one node a
 * certificate, with edges to every node above that expects it, so that the graph grows with the size of the
 * certificates and not exponentially with the length of the path. Nodes that lead nowhere are not pruned; they are
 * simply not reached from the leaf.
 */
interface PolicyNode {
  readonly policy: string;
  readonly parents: readonly PolicyNode[];
  /** expected_policy_set. */
  readonly expected: Iterable<string>;
}

/** Nodes of one depth, by valid_policy. The graph is NULL where there is none: undefined. */
export type PolicyLevel = ReadonlyMap<string, PolicyNode>;

/** RFC 9618 section 5.1 (RFC 5280 section 6.1.2 (a)). */
export const initialLevel = (): PolicyLevel =>
  new Map([[ANY_POLICY, { policy: ANY_POLICY, parents: [], expected: [ANY_POLICY] }]]);

/**
 * RFC 9618 section 5.2 (RFC 5280 section 6.1.3 (d)): the nodes for a certificate with these policies.
 * `acceptAny`: whether anyPolicy among them counts.
 */
export const nextLevel = (
  above: PolicyLevel,
  policies: readonly string[],
  acceptAny: boolean,
): PolicyLevel | undefined => {
  const expecting = new Map<string, PolicyNode[]>();
  for (const node of above.values()) {
    for (const policy of node.expected) {
      const nodes = expecting.get(policy);
      if (nodes === undefined) expecting.set(policy, [node]);
      else nodes.push(node);
    }
  }
  const level = new Map<string, PolicyNode>();
  const add = (policy: string, parents: readonly PolicyNode[]): void => {
    level.set(policy, { policy, parents, expected: [policy] });
  };
  const any = above.get(ANY_POLICY);
  for (const policy of policies) {
    if (policy === ANY_POLICY) continue;
    const parents = expecting.get(policy);
    if (parents !== undefined) add(policy, parents);
    else if (any !== undefined) add(policy, [any]);
  }
  if (acceptAny && policies.includes(ANY_POLICY)) {
    for (const [policy, parents] of expecting) if (!level.has(policy)) add(policy, parents);
  }
  return nonEmpty(level);
};

/** RFC 9618 section 5.3 (RFC 5280 section 6.1.4 (b)(1)): policies mapped to those of the domain below. */
export const mapPolicies = (level: PolicyLevel, mappings: PolicyMappings): PolicyLevel => {
  const mapped = new Map(level);
  const any = level.get(ANY_POLICY);
  for (const [policy, expected] of mappings) {
    const parents = level.get(policy)?.parents ?? any?.parents;
    if (parents !== undefined) mapped.set(policy, { policy, parents, expected });
  }
  return mapped;
};

/** RFC 5280 section 6.1.4 (b)(2): where mapping is inhibited, what is mapped is no longer valid. */
export const dropMapped = (level: PolicyLevel, mappings: PolicyMappings): PolicyLevel | undefined =>
  nonEmpty(new Map([...level].filter(([policy]) => !mappings.has(policy))));

/**
 * RFC 9618 section 5.4 (RFC 5280 section 6.1.5 (g)): the policies, in the anchor's domain, that the path is valid
 * under and that `accepted` has, sorted; anyPolicy where both leave it open.
 */
export const userConstrainedPolicies = (
  level: PolicyLevel,
  accepted: readonly string[],
): readonly string[] => {
  const valid = authorityConstrainedPolicies(level);
  if (accepted.includes(ANY_POLICY)) return [...valid].sort();
  return accepted.filter((policy) => valid.has(ANY_POLICY) || valid.has(policy)).sort();
};

/** Policies of the nodes reached from the leaf whose parent is an anyPolicy node, and anyPolicy of the leaf itself. */
const authorityConstrainedPolicies = (level: PolicyLevel): Set<string> => {
  const policies = new Set<string>();
  const seen = new Set<PolicyNode>();
  const open = [...level.values()];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    // Above an anyPolicy node there are only such nodes.
    if (node.policy === ANY_POLICY || node.parents.some(({ policy }) => policy === ANY_POLICY)) {
      policies.add(node.policy);
    } else {
      open.push(...node.parents);
    }
  }
  return policies;
};

const nonEmpty = (level: PolicyLevel): PolicyLevel | undefined => (level.size === 0 ? undefined : level);

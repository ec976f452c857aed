import fc from 'fast-check';
import { ANY_POLICY } from '../../../src/certificate/extensions/certificate-policies.ts';
import {
  dropMapped,
  initialLevel,
  mapPolicies,
  nextLevel,
  userConstrainedPolicies,
  type PolicyLevel,
} from '../../../src/path/policy-graph.ts';

/**
 * The valid_policy_tree as RFC 5280 section 6.1 writes it, with its exponential cost: a node for every way to a
 * policy, pruned. The graph must come to the same policies.
 */
interface TreeNode {
  readonly policy: string;
  readonly parent: TreeNode | undefined;
  expected: readonly string[];
  children: TreeNode[];
}
class Tree {
  #levels: TreeNode[][] = [[{ policy: ANY_POLICY, parent: undefined, expected: [ANY_POLICY], children: [] }]];
  isNull = false;

  #add(parent: TreeNode, policy: string): void {
    const node = { policy, parent, expected: [policy], children: [] };
    parent.children.push(node);
    this.#levels.at(-1)?.push(node);
  }

  next(policies: readonly string[], acceptAny: boolean): void {
    if (this.isNull) return;
    const above = this.#levels.at(-1) ?? [];
    this.#levels.push([]);
    for (const policy of policies.filter((each) => each !== ANY_POLICY)) {
      const matching = above.filter(({ expected }) => expected.includes(policy));
      for (const node of matching) this.#add(node, policy);
      const any = above.find((node) => node.policy === ANY_POLICY);
      if (matching.length === 0 && any !== undefined) this.#add(any, policy);
    }
    if (policies.includes(ANY_POLICY) && acceptAny) {
      for (const node of above) {
        for (const policy of node.expected) {
          if (!node.children.some((child) => child.policy === policy)) this.#add(node, policy);
        }
      }
    }
    this.#prune();
  }

  map(mappings: ReadonlyMap<string, ReadonlySet<string>>, inhibited: boolean): void {
    if (this.isNull) return;
    const level = this.#levels.at(-1) ?? [];
    for (const [policy, expected] of mappings) {
      const nodes = level.filter((node) => node.policy === policy);
      if (inhibited) {
        for (const node of nodes) this.#remove(node);
        continue;
      }
      for (const node of nodes) node.expected = [...expected];
      const any = level.find((node) => node.policy === ANY_POLICY);
      if (nodes.length === 0 && any?.parent !== undefined) {
        const node = { policy, parent: any.parent, expected: [...expected], children: [] };
        any.parent.children.push(node);
        level.push(node);
      }
    }
    this.#prune();
  }

  #remove(node: TreeNode): void {
    if (node.parent !== undefined)
      node.parent.children = node.parent.children.filter((each) => each !== node);
    this.#levels = this.#levels.map((level) => level.filter((each) => each !== node));
  }

  #prune(): void {
    for (let depth = this.#levels.length - 2; depth >= 0; depth--) {
      for (const node of this.#levels[depth] ?? []) if (node.children.length === 0) this.#remove(node);
    }
    this.isNull = this.#levels[0]?.length === 0;
  }

  userConstrained(accepted: readonly string[]): string[] {
    if (this.isNull) return [];
    const nodes = this.#levels.flat().filter(({ parent }) => parent?.policy === ANY_POLICY);
    const last = this.#levels.at(-1) ?? [];
    const valid = new Set(
      nodes.filter((node) => node.policy !== ANY_POLICY || last.includes(node)).map(({ policy }) => policy),
    );
    if (accepted.includes(ANY_POLICY)) return [...valid].sort();
    return accepted.filter((policy) => valid.has(ANY_POLICY) || valid.has(policy)).sort();
  }
}

const policy = fc.constantFrom('1.1', '1.2', '1.3');
const certificate = fc.record({
  policies: fc.uniqueArray(fc.oneof(policy, fc.constant(ANY_POLICY)), { minLength: 1 }),
  acceptAny: fc.boolean(),
  mappings: fc.array(
    fc.tuple(
      policy,
      fc.uniqueArray(policy, { minLength: 1 }).map((to) => new Set(to)),
    ),
    {
      maxLength: 3,
    },
  ),
  inhibited: fc.boolean(),
});

it('the graph of RFC 9618 gives the policies that the tree of RFC 5280 gives', () => {
  fc.assert(
    fc.property(
      fc.array(certificate, { minLength: 1, maxLength: 5 }),
      fc.uniqueArray(fc.oneof(policy, fc.constant(ANY_POLICY)), { minLength: 1 }),
      (certificates, accepted) => {
        const tree = new Tree();
        let level: PolicyLevel | undefined = initialLevel();
        certificates.forEach(({ policies, acceptAny, mappings, inhibited }, index) => {
          tree.next(policies, acceptAny);
          if (level !== undefined) level = nextLevel(level, policies, acceptAny);
          if (index === certificates.length - 1) return;
          const map = new Map(mappings);
          tree.map(map, inhibited);
          if (level !== undefined) level = inhibited ? dropMapped(level, map) : mapPolicies(level, map);
        });
        expect(level === undefined).toBe(tree.isNull);
        expect(level === undefined ? [] : userConstrainedPolicies(level, accepted)).toEqual(
          tree.userConstrained(accepted),
        );
      },
    ),
    { numRuns: 3000 },
  );
});

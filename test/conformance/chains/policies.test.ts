import { ANY_POLICY as ANY } from '../../../src/certificate/extensions/certificate-policies.ts';
import type { PathResult } from '../../../src/path/types.ts';
import { makeAuthority, makeLeaf, type TestCertificate } from './make-certificate.ts';
import {
  certificatePolicies,
  inhibitAnyPolicy,
  policyConstraints,
  policyMappings,
  type TestExtension,
} from './test-extensions.ts';
import { outcome, validate, type ChainSettings } from './validate-chain.ts';

const [A, B, C, D] = ['1.2.3.1', '1.2.3.2', '1.2.3.3', '1.2.3.4'] as const;
const root = makeAuthority({ subject: 'Root' });
const EXPLICIT = { explicitPolicy: true };

type Entry = readonly (TestExtension | 'same')[];
const extensionsOf = (entry: Entry): TestExtension[] => entry.filter((each) => each !== 'same');

/**
 * Validates a path whose certificates have these extensions, from below the root down to the leaf. A certificate whose
 * entry begins with "same" is issued by an authority to itself.
 */
const path = (
  certificates: readonly Entry[],
  policies: ChainSettings['policies'] = {},
  anchor: TestCertificate = root,
): PathResult => {
  let issuer = anchor;
  const above: TestCertificate[] = [];
  certificates.slice(0, -1).forEach((entry, index) => {
    const subject = entry[0] === 'same' ? issuer.subject : `CA ${index}`;
    issuer = makeAuthority({ issuer, subject, extensions: extensionsOf(entry) });
    above.push(issuer);
  });
  const leaf = makeLeaf({ issuer, extensions: extensionsOf(certificates.at(-1) ?? []) });
  return validate(leaf, above, [anchor], { policies });
};

/** The policies a path is valid under, or how it was refused. */
const policiesOf = (result: PathResult): string =>
  result.ok ? result.path.policies.join(' ') : outcome(result);

const P = certificatePolicies;
const REFUSED_LEAF = 'certificate-policies ONECERT_CERTIFICATE_POLICY';
const NOT_ACCEPTED = 'accepted-policies ONECERT_CERTIFICATE_POLICY';

describe('RFC 5280 6.1.3 (d)(1): policies of a certificate', () => {
  it('hold where every certificate above has them', () => {
    expect(policiesOf(path([[P(A, B)], [P(A)]]))).toBe(A);
    expect(policiesOf(path([[P(A, B)], [P(A, B)]]))).toBe(`${A} ${B}`);
  });
  it('hold under anyPolicy above, (ii)', () => {
    expect(policiesOf(path([[P(ANY)], [P(A)]]))).toBe(A);
    expect(policiesOf(path([[P(A, ANY)], [P(A, B)]]))).toBe(`${A} ${B}`);
  });
  it('do not hold where they are missing above', () => {
    expect(policiesOf(path([[P(A)], [P(B)]]))).toBe('');
    expect(policiesOf(path([[P(A)], [P(B)]], EXPLICIT))).toBe(REFUSED_LEAF);
  });
});

describe('RFC 5280 6.1.3 (d)(2): anyPolicy in a certificate', () => {
  it('stands for every policy expected above', () => {
    expect(policiesOf(path([[P(A)], [P(ANY)]]))).toBe(A);
    expect(policiesOf(path([[P(ANY)], [P(ANY)]]))).toBe(ANY);
    expect(policiesOf(path([[P(A, B)], [P(ANY, A)]]))).toBe(`${A} ${B}`);
  });
  it('does not once it is inhibited from the start', () => {
    expect(policiesOf(path([[P(A)], [P(ANY)]], { ...EXPLICIT, anyPolicyInhibit: true }))).toBe(REFUSED_LEAF);
    expect(policiesOf(path([[P(A)], [P(A)]], { ...EXPLICIT, anyPolicyInhibit: true }))).toBe(A);
  });
  it('does, inhibited, in a self-issued certificate that is not the leaf', () => {
    const inhibited = { ...EXPLICIT, anyPolicyInhibit: true };
    expect(policiesOf(path([[P(A)], ['same', P(ANY)], [P(A)]], inhibited))).toBe(A);
    expect(policiesOf(path([[P(A)], [P(ANY)], [P(A)]], inhibited))).toBe(
      'certificate-policies ONECERT_CERTIFICATE_CHAIN',
    );
  });
});

describe('RFC 5280 6.1.3 (e), (f): no policies', () => {
  it('leave none valid, for good', () => {
    expect(policiesOf(path([[], [P(A)]]))).toBe('');
    expect(policiesOf(path([[P(A)], []]))).toBe('');
    expect(policiesOf(path([[], [P(A)]], EXPLICIT))).toBe('certificate-policies ONECERT_CERTIFICATE_CHAIN');
    expect(policiesOf(path([[P(A)], []], EXPLICIT))).toBe(REFUSED_LEAF);
  });
});

describe('RFC 5280 6.1.4 (a), (b): policy mappings', () => {
  it('are refused to and from anyPolicy', () => {
    const refused = 'policy-mappings ONECERT_CERTIFICATE_CHAIN';
    expect(policiesOf(path([[P(A), policyMappings([ANY, B])], [P(B)]]))).toBe(refused);
    expect(policiesOf(path([[P(A), policyMappings([A, ANY])], [P(B)]]))).toBe(refused);
  });
  it("make a policy below count as one of the issuer's domain", () => {
    expect(policiesOf(path([[P(A), policyMappings([A, B])], [P(B)]]))).toBe(A);
    // The mapped policy itself is no longer expected.
    expect(policiesOf(path([[P(A), policyMappings([A, B])], [P(A)]], EXPLICIT))).toBe(REFUSED_LEAF);
  });
  it('may go to several, from several, and on', () => {
    expect(policiesOf(path([[P(A), policyMappings([A, B], [A, C])], [P(C)]]))).toBe(A);
    expect(policiesOf(path([[P(A, B), policyMappings([A, C], [B, C])], [P(C)]]))).toBe(`${A} ${B}`);
    expect(policiesOf(path([[P(A), policyMappings([A, B])], [P(B), policyMappings([B, C])], [P(C)]]))).toBe(
      A,
    );
  });
  it('may swap two policies', () => {
    expect(policiesOf(path([[P(A, B), policyMappings([A, B], [B, A])], [P(A)]]))).toBe(B);
  });
  it('make their own node under anyPolicy, (b)(1)', () => {
    expect(policiesOf(path([[P(ANY), policyMappings([A, B])], [P(B)]]))).toBe(A);
    expect(policiesOf(path([[P(A), policyMappings([C, B])], [P(B)]], EXPLICIT))).toBe(REFUSED_LEAF);
  });
  it('drop what is mapped where mapping is inhibited, (b)(2)', () => {
    const inhibited = { ...EXPLICIT, policyMappingInhibit: true };
    expect(policiesOf(path([[P(A), policyMappings([A, B])], [P(B)]], inhibited))).toBe(REFUSED_LEAF);
    expect(policiesOf(path([[P(A), policyMappings([A, B])], [P(A)]], inhibited))).toBe(REFUSED_LEAF);
    expect(policiesOf(path([[P(A, C), policyMappings([A, B])], [P(C)]], inhibited))).toBe(C);
  });
});

describe('RFC 5280 6.1.4 (h), (i): policyConstraints', () => {
  it('demand a policy after so many certificates', () => {
    expect(policiesOf(path([[policyConstraints(0)], []]))).toBe(REFUSED_LEAF);
    expect(policiesOf(path([[P(A), policyConstraints(0)], [P(A)]]))).toBe(A);
    expect(policiesOf(path([[policyConstraints(1)], []]))).toBe(NOT_ACCEPTED);
    expect(policiesOf(path([[policyConstraints(2)], []]))).toBe('');
    expect(policiesOf(path([[policyConstraints(2)], [], []]))).toBe(NOT_ACCEPTED);
  });
  it('do not count self-issued certificates', () => {
    expect(policiesOf(path([[policyConstraints(2)], ['same'], []]))).toBe('');
    expect(policiesOf(path([[policyConstraints(2)], [], []]))).toBe(NOT_ACCEPTED);
  });
  it('are not lifted by a larger number below', () => {
    expect(policiesOf(path([[policyConstraints(0)], [policyConstraints(9)], []]))).toBe(
      'certificate-policies ONECERT_CERTIFICATE_CHAIN',
    );
  });
  it('inhibit mapping after so many certificates', () => {
    const mapping = [P(A), policyMappings([A, B])];
    const constrained = (skip: number): string =>
      policiesOf(path([[P(A), policyConstraints(undefined, skip)], mapping, [P(B)]], EXPLICIT));
    expect(constrained(0)).toBe(REFUSED_LEAF);
    expect(constrained(1)).toBe(A);
  });
  it('do not count self-issued certificates for mapping either', () => {
    const mapping = [P(A), policyMappings([A, B])];
    const first = [P(A), policyConstraints(undefined, 1)];
    expect(policiesOf(path([first, ['same', P(A)], mapping, [P(B)]], EXPLICIT))).toBe(A);
    expect(policiesOf(path([first, [P(A)], mapping, [P(B)]], EXPLICIT))).toBe(REFUSED_LEAF);
  });
  it('of the leaf count when they demand a policy now, 6.1.5 (b)', () => {
    expect(policiesOf(path([[], [policyConstraints(0)]]))).toBe(NOT_ACCEPTED);
    expect(policiesOf(path([[], [policyConstraints(1)]]))).toBe('');
  });
});

describe('RFC 5280 6.1.4 (j): inhibitAnyPolicy', () => {
  it('is in force after so many certificates that are not self-issued', () => {
    const inhibited = (skip: number, ...between: Entry[]): string =>
      policiesOf(path([[P(A), inhibitAnyPolicy(skip)], ...between, [P(ANY)]], EXPLICIT));
    expect(inhibited(0)).toBe(REFUSED_LEAF);
    expect(inhibited(1)).toBe(A);
    expect(inhibited(1, [P(A)])).toBe(REFUSED_LEAF);
    expect(inhibited(1, ['same', P(A)])).toBe(A);
  });
});

describe('RFC 5280 6.1.5 (g): the accepted policies', () => {
  const accepting = (...initialPolicySet: string[]) => ({ ...EXPLICIT, initialPolicySet });
  it('are those of the path that the authority is asked for', () => {
    expect(policiesOf(path([[P(A, B)], [P(A, B)]], accepting(B, C)))).toBe(B);
    expect(policiesOf(path([[P(A)], [P(A)]], accepting(B)))).toBe(NOT_ACCEPTED);
  });
  it('are all of them under anyPolicy', () => {
    expect(policiesOf(path([[P(ANY)], [P(ANY)]], accepting(B, C)))).toBe(`${B} ${C}`);
  });
  it("are of the anchor's domain, before mapping", () => {
    const mapped = [[P(A), policyMappings([A, B])], [P(B)]];
    expect(policiesOf(path(mapped, accepting(A)))).toBe(A);
    expect(policiesOf(path(mapped, accepting(B)))).toBe(NOT_ACCEPTED);
  });
  it('demand nothing unless a policy is demanded', () => {
    expect(policiesOf(path([[P(A)], [P(A)]], { initialPolicySet: [B] }))).toBe('');
  });
});

describe("RFC 5937: the anchor's own constraints", () => {
  const anchored = (extensions: TestExtension[], ...below: Entry[]): string =>
    policiesOf(path(below, {}, makeAuthority({ subject: 'Constrained Root', extensions })));
  it('limit the accepted policies', () => {
    expect(anchored([P(A)], [P(A, B)], [P(A, B)])).toBe(A);
    expect(anchored([P(ANY)], [P(A, B)], [P(A, B)])).toBe(`${A} ${B}`);
  });
  it('demand, inhibit mapping and anyPolicy from the first certificate on', () => {
    expect(anchored([policyConstraints(0)], [], [])).toBe('certificate-policies ONECERT_CERTIFICATE_CHAIN');
    expect(anchored([policyConstraints(0, 0)], [P(A), policyMappings([A, B])], [P(B)])).toBe(REFUSED_LEAF);
    expect(anchored([policyConstraints(0), inhibitAnyPolicy(0)], [P(A)], [P(ANY)])).toBe(REFUSED_LEAF);
  });
});

describe('RFC 9618: the cost of policies is bounded', () => {
  it('is linear where the tree of RFC 5280 would be exponential', () => {
    // Each certificate maps both policies to both: 2^depth nodes of a tree, 2 of a graph at each depth.
    const both = [P(A, B), policyMappings([A, A], [A, B], [B, A], [B, B])];
    const result = path([...Array.from({ length: 9 }, () => both), [P(A, B)]], EXPLICIT);
    expect(policiesOf(result)).toBe(`${A} ${B}`);
  });
  it('does not grow with the product of policies and mappings', () => {
    const many = Array.from({ length: 700 }, (_, index) => `1.2.4.${index}`);
    const all = [P(...many, ANY), policyMappings(...many.map((each): [string, string] => [D, each]))];
    expect(policiesOf(path([[P(ANY)], all, all, [P(...many)]], EXPLICIT)).split(' ').length).toBe(701);
  });
});

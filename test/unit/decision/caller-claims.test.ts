import { callerClaims } from '../../../src/decision/caller-claims.ts';
import type { Identified } from '../../../src/decision/enrolled-claims.ts';
import { pairwiseId } from '../../../src/identity/pairwise.ts';
import type { Claim } from '../../../src/services/claims.ts';

const pairwise = (name: string, department: string): string =>
  pairwiseId(Buffer.alloc(32, 7), name, department);
const service = (department: string, claims: readonly Claim[] = [], clientCert = false) => ({
  department: { department, name: { zh: '部门', en: 'Department' } },
  claims: claims.map((claim) => ({ claim })),
  clientCert,
});
const caller: Identified = {
  credential: { chain: [Uint8Array.of(1)], proof: 'mutual-tls', provenAt: 0, from: '192.0.2.1' },
  verdict: {
    id: 'verdict-1',
    outcome: 'good',
    code: undefined,
    certificate: undefined,
    thumbprint: 'thumbprint-1',
    authority: 'yuean',
    steps: [],
    judgedAt: 0,
    validUntil: 1,
    trustEpoch: 1,
    revocationEpoch: 1,
  },
  identity: {
    unifiedId: 'unified-1',
    kind: 'enterprise',
    identifiers: [],
    name: '某公司',
    acting: { role: 'finance', name: '何静' },
  },
  refusal: undefined,
};

describe('what two departments are told of one caller', () => {
  it('has no value in common, where neither asked for anything', () => {
    const [tax, housing] = ['tax', 'housing'].map((department) =>
      callerClaims(pairwise, service(department), caller),
    );
    expect(Object.keys(tax ?? {}).sort()).toEqual(['sub', 'verdict']);
    const values = [tax, housing].flatMap((told) => [told?.sub, told?.verdict]);
    expect(new Set(values).size).toBe(4);
    for (const value of values) expect(value).not.toMatch(/verdict-1|unified-1|thumbprint-1/);
  });

  it('is the same for all services of one department', () => {
    expect(callerClaims(pairwise, service('tax'), caller)).toEqual(
      callerClaims(pairwise, service('tax'), caller),
    );
  });

  it.each([
    ['in a claim', service('tax', ['certificate'])],
    ['in Client-Cert', service('tax', [], true)],
  ])('holds the thumbprint where the certificate is given, %s', (_how, given) => {
    expect(callerClaims(pairwise, given, caller).thumbprint).toBe('thumbprint-1');
  });

  it('says who acts for an enterprise, where the enrolment asks', () => {
    expect(callerClaims(pairwise, service('tax', ['acting']), caller).acting).toEqual({
      role: 'finance',
      name: '何静',
    });
    const { acting: _, ...citizen } = caller.identity;
    expect(
      callerClaims(pairwise, service('tax', ['acting']), { ...caller, identity: citizen }),
    ).not.toHaveProperty('acting');
  });
});

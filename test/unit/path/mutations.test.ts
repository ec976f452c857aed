import fc from 'fast-check';
import type { Certificate } from '../../../src/certificate/certificate.ts';
import { parseCertificate } from '../../../src/certificate/parse.ts';
import { algorithmPolicySchema } from '../../../src/path/algorithm-policy.ts';
import { validatePath } from '../../../src/path/validate.ts';
import { Refusal } from '../../../src/refusal/refusal.ts';
import { makeAuthority, makeLeaf, name, NOW } from '../../conformance/chains/make-certificate.ts';
import {
  certificatePolicies,
  extendedKeyUsage,
  generalName as n,
  inhibitAnyPolicy,
  nameConstraints,
  ocspResponder,
  crlDistributionPoint,
  policyConstraints,
  policyMappings,
  subjectAltName,
} from '../../conformance/chains/test-extensions.ts';

/** One chain that has every extension the engine reads. */
const root = makeAuthority({ subject: name(['2.5.4.6', 'CN'], ['2.5.4.3', 'Root']) });
const issuing = makeAuthority({
  issuer: root,
  subject: name(['2.5.4.6', 'CN'], ['2.5.4.3', '粤安']),
  extensions: [
    certificatePolicies('1.2.3.1', '1.2.3.2'),
    policyMappings(['1.2.3.1', '1.2.3.3']),
    policyConstraints(0, 1),
    inhibitAnyPolicy(0),
    nameConstraints({
      permitted: [n.dns('example.com'), n.email('example.com'), n.directory(name(['2.5.4.6', 'CN']))],
      excluded: [n.ip(10, 0, 0, 0, 255, 0, 0, 0), n.uri('.example.org'), n.upn('example.org')],
    }),
  ],
});
const leaf = makeLeaf({
  issuer: issuing,
  subject: name(['2.5.4.6', 'CN'], ['2.5.4.3', '张三']),
  extensions: [
    certificatePolicies('1.2.3.3'),
    extendedKeyUsage('clientAuth'),
    subjectAltName(
      n.dns('www.example.com'),
      n.email('zhang@example.com'),
      n.uri('https://host.example.com/'),
      n.ip(192, 0, 2, 1),
      n.upn('zhang@example.com'),
    ),
    ocspResponder('http://ocsp.example/'),
    crlDistributionPoint('http://crl.example/'),
  ],
});
const algorithmPolicy = algorithmPolicySchema.parse({});

const parse = (der: Uint8Array): Certificate | undefined => {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
};

const judge = (leafDer: Uint8Array, issuingDer: Uint8Array, rootDer: Uint8Array): boolean => {
  const [end, middle, top] = [leafDer, issuingDer, rootDer].map(parse);
  if (end === undefined || top === undefined) return false;
  const anchors = [{ authority: 'test', certificate: top, algorithmPolicy }];
  return validatePath({ leaf: end, intermediates: middle === undefined ? [] : [middle], anchors, at: NOW })
    .ok;
};

/** Changes of a few bytes, bits, pieces; tags, lengths and contents are all hit. */
const change = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), value: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.nat(), value: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ kind: fc.constant('repeat' as const), at: fc.nat(), value: fc.integer({ min: 1, max: 40 }) }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const apply = (der: Buffer, { kind, at, value }: Change): Buffer => {
  const where = at % Math.max(der.length, 1);
  const copy = Buffer.from(der);
  switch (kind) {
    case 'set':
      copy[where] = value;
      return copy;
    case 'flip':
      copy[where] = (copy[where] ?? 0) ^ (1 << value);
      return copy;
    case 'remove':
      return Buffer.concat([copy.subarray(0, where), copy.subarray(where + value)]);
    case 'repeat':
      return Buffer.concat([copy.subarray(0, where + value), copy.subarray(where)]);
  }
};

const RUNS = { numRuns: 2000 };

describe('Whatever is done to a certificate', () => {
  it('the chain is good as made', () => {
    expect(judge(leaf.der, issuing.der, root.der)).toBe(true);
  });
  it.each(['leaf', 'intermediate'] as const)('a changed %s is refused and nothing escapes', (which) => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const original = which === 'leaf' ? leaf.der : issuing.der;
        const changed = changes.reduce(apply, original);
        fc.pre(!changed.equals(original));
        const ok =
          which === 'leaf' ? judge(changed, issuing.der, root.der) : judge(leaf.der, changed, root.der);
        expect(ok).toBe(false);
      }),
      RUNS,
    );
  });
  it('a changed anchor refuses or not, but nothing escapes', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        judge(leaf.der, issuing.der, changes.reduce(apply, root.der));
      }),
      RUNS,
    );
  });
  it('bytes that are no certificate at all are refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(parse(bytes)).toBeUndefined();
      }),
      RUNS,
    );
  });
});

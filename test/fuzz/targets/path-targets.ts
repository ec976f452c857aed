import type { Certificate } from '../../../src/certificate/certificate.ts';
import { algorithmPolicySchema } from '../../../src/path/algorithm-policy.ts';
import { policySettingsSchema } from '../../../src/path/policy-settings.ts';
import type { PathPurpose } from '../../../src/path/types.ts';
import { validatePath } from '../../../src/path/validate.ts';
import { createRevocationChecker } from '../../../src/revocation/checker.ts';
import { openCrlBytes } from '../../../src/revocation/crl-source.ts';
import { loadCrl } from '../../../src/revocation/load-crl.ts';
import { authoritySettingsSchema } from '../../../src/trust/authority-settings.ts';
import { createTrustList } from '../../../src/trust/trust-list.ts';
import { createCrlIssuerFinder } from '../../../src/verdict/crl-issuers.ts';
import { createJudge } from '../../../src/verdict/judge.ts';
import { DAY, makeCertificate, name, NOW } from '../../conformance/chains/make-certificate.ts';
import { makeCrl } from '../../conformance/chains/make-crl.ts';
import {
  authorityKeyIdentifier,
  basicConstraints,
  certificatePolicies,
  crlDistributionPoint,
  extendedKeyUsage,
  generalName as n,
  inhibitAnyPolicy,
  keyUsage,
  nameConstraints,
  ocspResponder,
  policyConstraints,
  policyMappings,
  subjectAltName,
  subjectKeyIdentifier,
} from '../../conformance/chains/test-extensions.ts';
import { parseCertificate } from '../../../src/certificate/parse.ts';
import { elementsOf } from '../elements.ts';
import { tryParse } from './certificate-targets.ts';
import { fixedKey, signAgain } from './sign-again.ts';
import { must, outline, type Target } from './target.ts';

const KEYS = { root: fixedKey(1), issuing: fixedKey(2), leaf: fixedKey(3) };

/** One chain that has every extension the engine reads, always the same. */
export const root = makeCertificate({
  subject: name(['2.5.4.6', 'CN'], ['2.5.4.3', 'Root']),
  key: KEYS.root,
  serialNumber: Uint8Array.of(1),
  extensions: [
    basicConstraints(true),
    keyUsage('keyCertSign', 'cRLSign'),
    subjectKeyIdentifier(KEYS.root.identifier),
  ],
});
export const issuing = makeCertificate({
  issuer: root,
  subject: name(['2.5.4.6', 'CN'], ['2.5.4.3', '粤安']),
  key: KEYS.issuing,
  serialNumber: Uint8Array.of(2),
  extensions: [
    basicConstraints(true, 1),
    keyUsage('keyCertSign', 'cRLSign'),
    subjectKeyIdentifier(KEYS.issuing.identifier),
    authorityKeyIdentifier(KEYS.root.identifier),
    certificatePolicies('1.2.3.1', '1.2.3.2'),
    policyMappings(['1.2.3.1', '1.2.3.3']),
    policyConstraints(0, 1),
    inhibitAnyPolicy(0),
    nameConstraints({
      permitted: [
        n.dns('example.com'),
        n.email('example.com'),
        n.uri('.example.com'),
        n.directory(name(['2.5.4.6', 'CN'])),
      ],
      excluded: [n.ip(10, 0, 0, 0, 255, 0, 0, 0), n.upn('example.org')],
    }),
  ],
});
export const leaf = makeCertificate({
  issuer: issuing,
  subject: name(['2.5.4.6', 'CN'], ['2.5.4.3', '张三']),
  key: KEYS.leaf,
  serialNumber: Uint8Array.of(3),
  extensions: [
    keyUsage('digitalSignature', 'nonRepudiation'),
    subjectKeyIdentifier(KEYS.leaf.identifier),
    authorityKeyIdentifier(KEYS.issuing.identifier),
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

/** When all of the seeds are in force, the demo city's, PKITS and these. */
const AT = NOW + 200 * DAY;
const algorithmPolicy = algorithmPolicySchema.parse({});
const policySettings = policySettingsSchema.parse({ explicitPolicy: true });
const validate = (
  end: Certificate,
  intermediates: readonly Certificate[],
  anchor: Certificate,
  purpose: PathPurpose,
): string => {
  const anchors = [{ authority: 'test', certificate: anchor, algorithmPolicy, policySettings }];
  const result = validatePath({ leaf: end, intermediates, anchors, at: AT, purpose });
  if (!result.ok) return `${result.steps.at(-1)?.check} ${outline(result.steps.at(-1)?.en ?? '')}`;
  return `path of ${result.path.certificates.length} ${result.path.policies.join()}`;
};

const withIssuer = (certificate: Certificate, issuer: Certificate['issuer']): Certificate =>
  Object.create(certificate, { issuer: { value: issuer } }) as Certificate;

/** Changed and signed again: the checks behind the signature are reached. */
const signed = (which: 'leaf' | 'issuing' | 'root', weight: number): Target => {
  const original = { leaf, issuing, root }[which];
  const signer = which === 'leaf' ? KEYS.issuing : KEYS.root;
  return {
    name: `path-${which}`,
    weight,
    seeds: ({ certificates }) => [original.der, original.der, original.der, ...certificates.slice(0, 24)],
    run: (bytes) => {
      const parsed = tryParse(signAgain(bytes, signer));
      if ('refused' in parsed) return parsed.refused;
      // Whatever it is of, it takes the place in the path: otherwise most seeds would end at their issuer's name.
      const above = which === 'leaf' ? issuing : root;
      const value = which === 'root' ? parsed.value : withIssuer(parsed.value, above.parsed.subject);
      if (which === 'leaf') return validate(value, [issuing.parsed], root.parsed, 'client-auth');
      if (which === 'issuing')
        return validate(withIssuer(leaf.parsed, value.subject), [value], root.parsed, 'client-auth');
      return `${validate(leaf.parsed, [issuing.parsed], value, 'any')} ${validate(value, [], root.parsed, 'crl-issuer')}`;
    },
  };
};

const settings = authoritySettingsSchema.parse({
  authority: 'test',
  name: { zh: '测试', en: 'Test' },
  anchors: ['root.crt'],
  identity: { sources: [{ from: { subject: 'serialNumber' }, types: ['citizen-id-number'] }] },
});
const trust = createTrustList(1, [{ settings, anchors: [root.parsed], intermediates: [issuing.parsed] }]);
const crls = [
  loadCrl(openCrlBytes(makeCrl({ issuer: root })), { issuers: [root.parsed] }),
  loadCrl(openCrlBytes(makeCrl({ issuer: issuing })), { issuers: [issuing.parsed] }),
];
const judge = createJudge({
  trust: () => trust,
  revocationEpoch: () => 1,
  revocation: createRevocationChecker({
    snapshot: () => ({ epoch: 1, crls }),
    resolve: async () => ({ status: 'unknown', steps: [] }),
    findCrlIssuers: createCrlIssuerFinder(() => trust),
  }),
});
const GOOD = parseCertificate(leaf.der);

/** Everything: a chain of which nothing was signed again, as a stranger presents it. Only the true leaf is good. */
const verdict: Target = {
  name: 'verdict',
  weight: 8,
  seeds: ({ certificates }) => [
    ...Array.from({ length: 6 }, () => Buffer.concat([leaf.der, issuing.der])),
    leaf.der,
    ...certificates.slice(0, 24),
  ],
  run: async (bytes) => {
    const outer = elementsOf(bytes).filter(({ parent }) => parent === -1);
    const end = outer.at(-1)?.end ?? 0;
    const chain = outer.map(({ start, end: stop }) => bytes.subarray(start, stop));
    const { outcome, code, steps, certificate } = await judge(
      end === bytes.length ? chain : [...chain, bytes.subarray(end)],
      NOW,
    );
    if (outcome === 'good')
      must(certificate?.fingerprint === GOOD.fingerprint, 'a changed leaf was found good');
    return `${outcome} ${code} ${steps.at(-1)?.check}`;
  },
};

export const PATH_TARGETS: readonly Target[] = [
  signed('leaf', 9),
  signed('issuing', 9),
  signed('root', 3),
  verdict,
];

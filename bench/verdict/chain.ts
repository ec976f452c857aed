import { createPublicKey, randomBytes } from 'node:crypto';
import { sm2KeyPair, sm2Sign } from '../../src/certificate/sm2.ts';
import { openCrlBytes } from '../../src/revocation/crl-source.ts';
import { loadCrl } from '../../src/revocation/load-crl.ts';
import type { SharedCrl } from '../../src/revocation/shared-crl.ts';
import { oid, sequence } from '../../test/conformance/chains/der-writer.ts';
import {
  DAY,
  makeAuthority,
  makeLeaf,
  name,
  type TestCertificate,
} from '../../test/conformance/chains/make-certificate.ts';
import { makeCrl, REASON } from '../../test/conformance/chains/make-crl.ts';
import {
  certificatePolicies,
  crlDistributionPoint,
  extendedKeyUsage,
  generalName,
  ocspResponder,
  subjectAltName,
} from '../../test/conformance/chains/test-extensions.ts';
import { makeKey, type TestKey } from '../../test/conformance/chains/test-key.ts';

export type ChainKind = 'P-256' | 'RSA-2048' | 'SM2';

/** Root, issuing authority, many leaves, and a CRL of each authority. */
export interface BenchChain {
  readonly kind: ChainKind;
  readonly root: TestCertificate;
  readonly issuing: TestCertificate;
  /** DER, all different. */
  readonly leaves: readonly Uint8Array[];
  readonly crlsDer: readonly Uint8Array[];
  readonly crls: readonly SharedCrl[];
  /** ms since the epoch. */
  readonly at: number;
}

const sm2Key = (): TestKey => {
  const { privateKey, publicKey } = sm2KeyPair();
  return {
    privateKey,
    spki: createPublicKey(privateKey).export({ format: 'der', type: 'spki' }),
    identifier: Buffer.from(publicKey.subarray(1, 21)),
    algorithm: sequence(oid('1.2.156.10197.1.501')),
    sign: (data) => sm2Sign(privateKey, data),
  };
};
const newKey = (kind: ChainKind): TestKey =>
  kind === 'SM2' ? sm2Key() : makeKey(kind === 'P-256' ? 'p256' : 'rsa2048');

/** As many as the smallest of the peers' limits allows (asn1js: 10,000 nodes). */
const CRL_ENTRIES = 500;

export const makeChain = (kind: ChainKind, count: number): BenchChain => {
  // Peers judge by the clock.
  const at = Date.now();
  const validity = { notBefore: at - DAY, notAfter: at + 365 * DAY };
  const city = [
    ['2.5.4.6', 'CN'],
    ['2.5.4.8', '广东省'],
    ['2.5.4.7', '深圳市'],
  ] as const;
  const root = makeAuthority({
    ...validity,
    subject: name(...city, ['2.5.4.3', 'Bench Root']),
    key: newKey(kind),
  });
  const issuing = makeAuthority({
    ...validity,
    issuer: root,
    subject: name(...city, ['2.5.4.3', 'Bench Issuing']),
    key: newKey(kind),
    pathLength: 0,
    extensions: [crlDistributionPoint('http://crl.example/root.crl'), certificatePolicies('1.2.156.99999.1')],
  });
  // Making RSA keys takes long, and whose key a leaf has makes no difference.
  const keys = Array.from({ length: 4 }, () => newKey(kind));
  const leaves = Array.from(
    { length: count },
    (_none, index) =>
      makeLeaf({
        ...validity,
        issuer: issuing,
        key: keys[index % keys.length] as TestKey,
        subject: name(...city, ['2.5.4.3', `李伟 ${index}`]),
        extensions: [
          extendedKeyUsage('clientAuth'),
          crlDistributionPoint('http://crl.example/issuing.crl'),
          ocspResponder('http://ocsp.example/'),
          certificatePolicies('1.2.156.99999.1'),
          subjectAltName(generalName.email(`li.wei.${index}@example.cn`)),
        ],
      }).der,
  );
  const times = { thisUpdate: at - DAY / 2, nextUpdate: at + DAY };
  const revoked = Array.from({ length: CRL_ENTRIES }, () => ({
    of: Uint8Array.of(0x50, ...randomBytes(15)),
    at: at - DAY / 2,
    reason: REASON.keyCompromise,
  }));
  const crlsDer = [
    makeCrl({ ...times, issuer: root }),
    makeCrl({ ...times, issuer: issuing, entries: revoked }),
  ];
  const issuers = [root.parsed, issuing.parsed];
  return {
    kind,
    root,
    issuing,
    leaves,
    crlsDer,
    crls: crlsDer.map((der) => loadCrl(openCrlBytes(der), { issuers })),
    at,
  };
};

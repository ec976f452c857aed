import { parseCertificate } from '../../../src/certificate/parse.ts';
import { createRevocationChecker } from '../../../src/revocation/checker.ts';
import type { SharedCrl } from '../../../src/revocation/shared-crl.ts';
import { authoritySettingsSchema } from '../../../src/trust/authority-settings.ts';
import { createTrustList, type TrustList } from '../../../src/trust/trust-list.ts';
import { createCrlIssuerFinder } from '../../../src/verdict/crl-issuers.ts';
import { createJudge, type Judge } from '../../../src/verdict/judge.ts';
import type { TestCertificate } from '../../conformance/chains/make-certificate.ts';
import { readCrl } from '../../conformance/chains/make-crl.ts';

const settings = authoritySettingsSchema.parse({
  authority: 'test',
  name: { zh: '测试', en: 'Test' },
  anchors: ['root.crt'],
  identity: { sources: [{ from: { subject: 'serialNumber' }, types: ['citizen-id-number'] }] },
});

export const trustIn = (
  epoch: number,
  anchors: readonly TestCertificate[],
  intermediates: readonly TestCertificate[] = [],
): TrustList =>
  createTrustList(epoch, [
    {
      settings,
      anchors: anchors.map(({ der }) => parseCertificate(der)),
      intermediates: intermediates.map(({ der }) => parseCertificate(der)),
    },
  ]);

/** The real judge, with these CRLs in force and nobody to ask for others. */
export const judgeWith = (trust: () => TrustList, crls: readonly SharedCrl[]): Judge => {
  const snapshot = { epoch: 1, crls };
  return createJudge({
    trust,
    revocationEpoch: () => 1,
    revocation: createRevocationChecker({
      snapshot: () => snapshot,
      resolve: async () => ({ status: 'unknown', steps: [] }),
      findCrlIssuers: createCrlIssuerFinder(trust),
    }),
  });
};

/** The real judge, with empty CRLs of `authorities` in force; counts how often it was asked. */
export const countingJudge = (
  trust: () => TrustList,
  authorities: readonly TestCertificate[],
): { readonly judge: Judge; readonly count: () => number } => {
  const crls = authorities.map((issuer) => readCrl({ issuer }));
  const judge = judgeWith(trust, crls);
  let count = 0;
  return {
    judge: (chain, at) => {
      count++;
      return judge(chain, at);
    },
    count: () => count,
  };
};

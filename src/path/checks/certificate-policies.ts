import { nextLevel } from '../policy-graph.ts';
import { codeFor, type PathCheck } from './check.ts';

export const certificatePolicies: PathCheck = {
  name: 'certificate-policies',
  clause: 'RFC 5280 6.1.3 (d), (e), (f); RFC 9618 5.2',
  passed: { zh: '证书策略符合要求', en: 'The certificate policies are as demanded' },
  run: (link) => {
    const { certificate, isLeaf, isSelfIssued, state } = link;
    const policies = certificate.certificatePolicies;
    const acceptAny = state.inhibitAnyPolicy > 0 || (!isLeaf && isSelfIssued);
    state.policies =
      policies === undefined || state.policies === undefined
        ? undefined
        : nextLevel(state.policies, policies.oids, acceptAny);
    if (state.explicitPolicy > 0 || state.policies !== undefined) return undefined;
    return {
      code: codeFor(link, 'ONECERT_CERTIFICATE_POLICY'),
      zh: '要求明确的证书策略，但没有一个策略对整条证书链有效',
      en: 'An explicit policy is demanded, and none is valid for the whole path',
    };
  },
};

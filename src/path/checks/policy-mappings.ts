import { ANY_POLICY } from '../../certificate/extensions/certificate-policies.ts';
import { dropMapped, mapPolicies } from '../policy-graph.ts';
import type { PathCheck } from './check.ts';

export const policyMappings: PathCheck = {
  name: 'policy-mappings',
  clause: 'RFC 5280 6.1.4 (a), (b); RFC 9618 5.3',
  passed: undefined,
  run: ({ certificate, isLeaf, state }) => {
    const mappings = certificate.policyMappings;
    if (isLeaf || mappings === undefined) return undefined;
    for (const [issuerDomainPolicy, subjectDomainPolicies] of mappings) {
      if (issuerDomainPolicy !== ANY_POLICY && !subjectDomainPolicies.has(ANY_POLICY)) continue;
      return {
        code: 'ONECERT_CERTIFICATE_CHAIN',
        zh: '上级证书的策略映射含有 anyPolicy',
        en: 'A policy mapping is to or from anyPolicy',
      };
    }
    if (state.policies !== undefined) {
      state.policies =
        state.policyMapping > 0
          ? mapPolicies(state.policies, mappings)
          : dropMapped(state.policies, mappings);
    }
    return undefined;
  },
};

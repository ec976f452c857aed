import { DerReader, TAG } from '../der.ts';

/** subjectDomainPolicies by issuerDomainPolicy (RFC 5280 section 4.2.1.5); dotted. */
export type PolicyMappings = ReadonlyMap<string, ReadonlySet<string>>;

/** RFC 5280 section 4.2.1.5: at least one pair. Throws DerError. */
export const readPolicyMappings = (value: Uint8Array): PolicyMappings => {
  const outer = new DerReader(value);
  const list = outer.enter(TAG.sequence);
  outer.finish();
  const mappings = new Map<string, Set<string>>();
  do {
    const pair = list.enter(TAG.sequence);
    const issuerDomainPolicy = pair.oid();
    const subjectDomainPolicy = pair.oid();
    pair.finish();
    const known = mappings.get(issuerDomainPolicy);
    if (known === undefined) mappings.set(issuerDomainPolicy, new Set([subjectDomainPolicy]));
    else known.add(subjectDomainPolicy);
  } while (!list.done);
  return mappings;
};

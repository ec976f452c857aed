import { context, DerReader, TAG } from '../der.ts';

/** Certificates that may still follow before the demand is in force; undefined: not demanded. */
export interface PolicyConstraints {
  readonly requireExplicitPolicy: number | undefined;
  readonly inhibitPolicyMapping: number | undefined;
}

/** RFC 5280 section 4.2.1.11: not an empty sequence. Throws DerError. */
export const readPolicyConstraints = (value: Uint8Array): PolicyConstraints => {
  const outer = new DerReader(value);
  const fields = outer.enter(TAG.sequence);
  outer.finish();
  if (fields.done) fields.fail('policyConstraints that constrain nothing');
  const skipCerts = (number: number): number | undefined => {
    const tag = context(number, 'primitive');
    return fields.peek() === tag ? fields.count(tag) : undefined;
  };
  const requireExplicitPolicy = skipCerts(0);
  const inhibitPolicyMapping = skipCerts(1);
  fields.finish();
  return { requireExplicitPolicy, inhibitPolicyMapping };
};

/** RFC 5280 section 4.2.1.14: SkipCerts. Throws DerError. */
export const readInhibitAnyPolicy = (value: Uint8Array): number => {
  const outer = new DerReader(value);
  const skipCerts = outer.count();
  outer.finish();
  return skipCerts;
};

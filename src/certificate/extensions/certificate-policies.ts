import { DerReader, TAG } from '../der.ts';

export const ANY_POLICY = '2.5.29.32.0';

export interface CertificatePolicies {
  /** Object identifiers, dotted, each once. */
  readonly oids: readonly string[];
  /** Whether every qualifier is one RFC 5280 knows: section 4.2.1.4 asks for that when the extension is critical. */
  readonly qualifiersKnown: boolean;
}

const ID_QT_CPS = '1.3.6.1.5.5.7.2.1';
const ID_QT_UNOTICE = '1.3.6.1.5.5.7.2.2';

/**
 * RFC 5280 section 4.2.1.4. Qualifiers are passed over: they tell a person something and decide nothing. Throws
 * DerError.
 */
export const readCertificatePolicies = (value: Uint8Array): CertificatePolicies => {
  const outer = new DerReader(value);
  const list = outer.enter(TAG.sequence);
  outer.finish();
  const oids = new Set<string>();
  let qualifiersKnown = true;
  do {
    const policy = list.enter(TAG.sequence);
    const oid = policy.oid();
    if (oids.has(oid)) policy.fail(`the policy ${oid} stands there twice`);
    oids.add(oid);
    if (!policy.done) qualifiersKnown = readQualifiers(policy.enter(TAG.sequence)) && qualifiersKnown;
    policy.finish();
  } while (!list.done);
  return { oids: [...oids], qualifiersKnown };
};

const readQualifiers = (list: DerReader): boolean => {
  let known = true;
  do {
    const info = list.enter(TAG.sequence);
    const oid = info.oid();
    info.element();
    info.finish();
    known = known && (oid === ID_QT_CPS || oid === ID_QT_UNOTICE);
  } while (!list.done);
  return known;
};

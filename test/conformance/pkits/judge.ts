import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from '../../../src/certificate/certificate.ts';
import { parseCertificate } from '../../../src/certificate/parse.ts';
import { algorithmPolicySchema } from '../../../src/path/algorithm-policy.ts';
import type { VerifiedPath } from '../../../src/path/types.ts';
import { validatePath } from '../../../src/path/validate.ts';
import { Refusal } from '../../../src/refusal/refusal.ts';
import { CrlError } from '../../../src/revocation/crl-error.ts';
import { createRevocationChecker } from '../../../src/revocation/checker.ts';
import { openCrlFile } from '../../../src/revocation/crl-source.ts';
import { loadCrl } from '../../../src/revocation/load-crl.ts';
import { revocationPolicySchema } from '../../../src/revocation/revocation-policy.ts';
import type { SharedCrl } from '../../../src/revocation/shared-crl.ts';
import { checkRevocation } from '../../../src/verdict/check-revocation.ts';
import { createCrlIssuerFinder } from '../../../src/verdict/crl-issuers.ts';

/** One run of the suite: a path, its CRLs, the initial settings, and what should come of it. */
export interface PkitsRun {
  id: string;
  subpart: string | null;
  title: string;
  trustAnchor: string;
  chain: string[];
  crls: string[];
  initialPolicySet: string[];
  initialExplicitPolicy: boolean;
  initialPolicyMappingInhibit: boolean;
  initialInhibitAnyPolicy: boolean;
  expectedUserConstrainedPolicySet: string[];
  validationTime: string;
  shouldValidate: boolean;
}

export const folder = import.meta.dirname;
export const runs = JSON.parse(readFileSync(join(folder, 'pkits.json'), 'utf8')) as PkitsRun[];
const load = (name: string): Certificate => parseCertificate(readFileSync(join(folder, 'certs', name)));

/** DSA is refused by algorithm policy, whatever the suite expects: counted apart. */
export const DSA = new Set(['4.1.4', '4.1.5', '4.1.6']);
const algorithmPolicy = algorithmPolicySchema.parse({});
const revocationPolicy = revocationPolicySchema.parse({ order: ['crl'] });

/** CRLs of a run that are fit for use; those that are not are as good as absent. */
const loadCrls = (names: readonly string[], issuers: readonly Certificate[]): SharedCrl[] =>
  names.flatMap((name) => {
    const source = openCrlFile(join(folder, 'crls', name));
    try {
      return [loadCrl(source, { issuers })];
    } catch (error) {
      if (error instanceof CrlError) return [];
      throw error;
    } finally {
      source.close();
    }
  });

/** Path validation and revocation together: the path where both agree to it. */
export const judge = async (run: PkitsRun): Promise<VerifiedPath | undefined> => {
  let certificates: Certificate[];
  try {
    certificates = run.chain.map(load).reverse();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
  const [leaf, ...intermediates] = certificates;
  if (leaf === undefined) throw new Error('an empty chain');
  const policySettings = {
    initialPolicySet: run.initialPolicySet,
    explicitPolicy: run.initialExplicitPolicy,
    policyMappingInhibit: run.initialPolicyMappingInhibit,
    anyPolicyInhibit: run.initialInhibitAnyPolicy,
  };
  const anchor = { authority: 'pkits', certificate: load(run.trustAnchor), algorithmPolicy, policySettings };
  const at = Date.parse(run.validationTime);
  const result = validatePath({ leaf, intermediates, anchors: [anchor], at, purpose: 'any' });
  if (!result.ok) return undefined;

  const crls = loadCrls(run.crls, [...certificates, anchor.certificate]);
  const checker = createRevocationChecker({
    snapshot: () => ({ epoch: 1, crls }),
    resolve: () => Promise.resolve({ status: 'unknown', steps: [] }),
    findCrlIssuers: createCrlIssuerFinder(() => ({ epoch: 1, anchors: [anchor], intermediates })),
  });
  const revocation = await checkRevocation(result.path, revocationPolicy, checker, at);
  return revocation.ok ? result.path : undefined;
};

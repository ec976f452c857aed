import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from '../../src/certificate/certificate.ts';
import { parseCertificate } from '../../src/certificate/parse.ts';
import { algorithmPolicySchema } from '../../src/path/algorithm-policy.ts';
import type { PathResult } from '../../src/path/types.ts';
import { validatePath } from '../../src/path/validate.ts';
import { Refusal } from '../../src/refusal/refusal.ts';

interface Run {
  id: string;
  subpart: string | null;
  title: string;
  trustAnchor: string;
  chain: string[];
  initialPolicySet: string[];
  initialExplicitPolicy: boolean;
  initialPolicyMappingInhibit: boolean;
  initialInhibitAnyPolicy: boolean;
  expectedUserConstrainedPolicySet: string[];
  validationTime: string;
  shouldValidate: boolean;
}

const folder = join(import.meta.dirname, 'pkits');
const runs = JSON.parse(readFileSync(join(folder, 'pkits.json'), 'utf8')) as Run[];
const load = (name: string): Certificate => parseCertificate(readFileSync(join(folder, 'certs', name)));

/** Sections whose outcome path checks alone decide. The others need CRLs. */
const SECTIONS = [
  '4.1',
  '4.2',
  '4.3',
  '4.5',
  '4.6',
  '4.7',
  '4.8',
  '4.9',
  '4.10',
  '4.11',
  '4.12',
  '4.13',
  '4.16',
];
/** DSA is refused by algorithm policy, whatever the suite expects. */
const DSA = new Set(['4.1.4', '4.1.5', '4.1.6']);
/** Decided by revocation, though the section is otherwise about paths. */
const BY_REVOCATION = new Set(['4.5.2', '4.5.5', '4.5.7', '4.7.4', '4.7.5']);

const covered = runs.filter(
  ({ id }) => SECTIONS.some((section) => id.startsWith(`${section}.`)) && !BY_REVOCATION.has(id),
);

describe(`PKITS path validation: ${covered.length} of ${runs.length} runs`, () => {
  const algorithmPolicy = algorithmPolicySchema.parse({});

  const validate = (run: Run): PathResult | undefined => {
    try {
      const [leaf, ...above] = run.chain.map(load).reverse();
      if (leaf === undefined) throw new Error('an empty chain');
      const policySettings = {
        initialPolicySet: run.initialPolicySet,
        explicitPolicy: run.initialExplicitPolicy,
        policyMappingInhibit: run.initialPolicyMappingInhibit,
        anyPolicyInhibit: run.initialInhibitAnyPolicy,
      };
      const certificate = load(run.trustAnchor);
      const anchor = { authority: 'pkits', certificate, algorithmPolicy, policySettings };
      const at = Date.parse(run.validationTime);
      return validatePath({ leaf, intermediates: above, anchors: [anchor], at, purpose: 'any' });
    } catch (error) {
      if (error instanceof Refusal) return undefined;
      throw error;
    }
  };

  it.each(covered.map((run) => [`${run.id}${run.subpart ?? ''} ${run.title}`, run] as const))(
    '%s',
    (_title, run) => {
      const result = validate(run);
      expect(result?.ok ?? false).toBe(DSA.has(run.id) ? false : run.shouldValidate);
      if (result?.ok === true) {
        expect([...result.path.policies].sort()).toEqual(run.expectedUserConstrainedPolicySet.sort());
      }
    },
  );
});

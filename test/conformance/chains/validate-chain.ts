import { algorithmPolicySchema, type AlgorithmPolicy } from '../../../src/path/algorithm-policy.ts';
import type { Budget } from '../../../src/path/budget.ts';
import { policySettingsSchema, type PolicySettings } from '../../../src/path/policy-settings.ts';
import type { PathPurpose, PathResult } from '../../../src/path/types.ts';
import { validatePath } from '../../../src/path/validate.ts';
import { NOW, type TestCertificate } from './make-certificate.ts';

export interface ChainSettings {
  /** Default client-auth. */
  readonly purpose?: PathPurpose;
  readonly at?: number;
  readonly policies?: Partial<PolicySettings>;
  readonly algorithms?: Partial<AlgorithmPolicy>;
  readonly budget?: Budget;
  readonly distrusted?: readonly TestCertificate[];
}

/** Validates `leaf` with these intermediates, in no particular order, up to any of these anchors. */
export const validate = (
  leaf: TestCertificate,
  intermediates: readonly TestCertificate[],
  anchors: readonly TestCertificate[],
  {
    purpose = 'client-auth',
    at = NOW,
    policies = {},
    algorithms = {},
    budget,
    distrusted = [],
  }: ChainSettings = {},
): PathResult =>
  validatePath(
    {
      leaf: leaf.parsed,
      intermediates: intermediates.map(({ parsed }) => parsed),
      anchors: anchors.map(({ parsed }) => ({
        authority: 'test',
        certificate: parsed,
        algorithmPolicy: algorithmPolicySchema.parse(algorithms),
        policySettings: policySettingsSchema.parse(policies),
      })),
      at,
      purpose,
      distrusted: new Set(distrusted.map(({ parsed }) => parsed.fingerprint)),
    },
    budget,
  );

/** "ok", or the check that refused and the code: what most tests compare. */
export const outcome = (result: PathResult): string =>
  result.ok ? 'ok' : `${result.steps.at(-1)?.check} ${result.code}`;

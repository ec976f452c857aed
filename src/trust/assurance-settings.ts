import { z } from 'zod';
import { ASSURANCE_LEVELS, assuranceLevel, type AssuranceLevel } from '../configuration/units.ts';
import { oid } from '../path/policy-settings.ts';

/**
 * How far the certificates of one authority can be relied on. What was checked when a certificate was issued, and on
 * what its key lies, only its certificate policy says: the gateway cannot see either.
 */
export const assuranceSettingsSchema = z.strictObject({
  level: assuranceLevel
    .default('low')
    .meta({ description: 'What every certificate of the authority reaches' }),
  policies: z.record(oid, assuranceLevel).default({}).meta({
    description:
      'What certificates reach whose path is valid under this certificate policy (RFC 5280 section 6.1.6), where that is more',
  }),
  waysIn: z
    .strictObject({
      'mutual-tls': assuranceLevel.optional(),
      'signed-challenge': assuranceLevel.optional(),
      terminator: assuranceLevel.optional(),
    })
    .default({})
    .meta({
      description:
        'The most that somebody reaches who comes this way; where absent: what the certificate does',
    }),
});
export type AssuranceSettings = z.output<typeof assuranceSettingsSchema>;

/** What one certificate reaches, and the most that each way in leaves of it. */
export interface CertificateAssurance {
  readonly level: AssuranceLevel;
  readonly waysIn: Readonly<Partial<Record<string, AssuranceLevel | undefined>>>;
}

/** @param policies that the path is valid under, in the anchor's domain (VerifiedPath.policies) */
export const assuranceOf = (
  { level, policies, waysIn }: AssuranceSettings,
  valid: readonly string[],
): CertificateAssurance => {
  const reached = [level, ...valid.flatMap((policy) => policies[policy] ?? [])];
  const highest = ASSURANCE_LEVELS.findLast((each) => reached.includes(each));
  return { level: highest ?? level, waysIn };
};

/** Whether any certificate of the authority can reach that level. */
export const mayReach = ({ level, policies }: AssuranceSettings, demanded: AssuranceLevel): boolean =>
  [level, ...Object.values(policies)].some(
    (each) => ASSURANCE_LEVELS.indexOf(each) >= ASSURANCE_LEVELS.indexOf(demanded),
  );

import { z } from 'zod';
import { ANY_POLICY } from '../certificate/extensions/certificate-policies.ts';

/** An object identifier, dotted. */
export const oid = z.string().regex(/^[0-2](?:\.(?:0|[1-9]\d*))+$/, {
  error: 'expected an object identifier such as 1.2.156.112548.1',
});

/**
 * Which certificate policies an authority's certificates must be issued under: the inputs (c), (e), (f) and (g) of
 * RFC 5280 section 6.1.1. The defaults demand none.
 */
export const policySettingsSchema = z.strictObject({
  initialPolicySet: z
    .array(oid)
    .min(1)
    .default([ANY_POLICY])
    .meta({
      description: `Policies that are accepted; ${ANY_POLICY} stands for any. Demands something only with explicitPolicy`,
    }),
  explicitPolicy: z
    .boolean()
    .default(false)
    .meta({ description: 'A certificate must be valid under at least one of the accepted policies' }),
  policyMappingInhibit: z
    .boolean()
    .default(false)
    .meta({ description: "Authorities may not map others' policies to the accepted ones" }),
  anyPolicyInhibit: z
    .boolean()
    .default(false)
    .meta({ description: 'anyPolicy in a certificate does not stand for the accepted policies' }),
});
export type PolicySettings = z.output<typeof policySettingsSchema>;

/** Nothing is demanded. */
export const DEFAULT_POLICY_SETTINGS: PolicySettings = policySettingsSchema.parse({});

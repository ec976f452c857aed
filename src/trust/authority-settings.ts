import { z } from 'zod';
import { bilingual, slug } from '../configuration/units.ts';
import { identityProfileSchema } from '../identity/profile.ts';
import { algorithmPolicySchema } from '../path/algorithm-policy.ts';
import { revocationPolicySchema } from '../revocation/revocation-policy.ts';

const certificateFile = z.string().min(1).meta({ description: 'PEM or DER file, relative to this file' });

/** ca-trust/<authority>/authority.yaml: all that the gateway knows and demands of one authority. */
export const authoritySettingsSchema = z.strictObject({
  authority: slug.meta({ description: 'Identifier of the authority; the name of its folder' }),
  name: bilingual,
  status: z
    .enum(['active', 'withdrawn'])
    .default('active')
    .meta({ description: 'withdrawn: its certificates are no longer accepted' }),
  contact: z
    .strictObject({
      phone: z.string().optional(),
      website: z.string().optional(),
      email: z.string().optional(),
    })
    .optional(),
  anchors: z
    .array(certificateFile)
    .min(1)
    .meta({ description: 'Certificates trusted as they stand: paths end here' }),
  intermediates: z.array(certificateFile).default([]).meta({
    description: 'Issuing certificates, for clients that do not send theirs; not trusted by themselves',
  }),
  algorithms: algorithmPolicySchema.prefault({}),
  revocation: revocationPolicySchema.prefault({}),
  identity: identityProfileSchema,
});
export type AuthoritySettings = z.output<typeof authoritySettingsSchema>;

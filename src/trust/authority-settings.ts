import { z } from 'zod';
import { ANY_POLICY } from '../certificate/extensions/certificate-policies.ts';
import { moment, momentOf } from '../configuration/moment.ts';
import { bilingual, slug } from '../configuration/units.ts';
import { identityProfileSchema } from '../identity/profile.ts';
import { algorithmPolicySchema } from '../path/algorithm-policy.ts';
import { policySettingsSchema } from '../path/policy-settings.ts';
import { revocationPolicySchema } from '../revocation/revocation-policy.ts';
import { assuranceSettingsSchema } from './assurance-settings.ts';

const certificateFile = z.string().min(1).meta({ description: 'PEM or DER file, relative to this file' });

const isBackwards = (from: string | undefined, until: string | undefined): boolean =>
  from !== undefined && until !== undefined && momentOf(until, 'end') <= momentOf(from, 'beginning');

const settings = z.strictObject({
  authority: slug.meta({ description: 'Identifier of the authority; the name of its folder' }),
  name: bilingual,
  status: z.enum(['active', 'winding-down', 'withdrawn', 'draft']).default('active').meta({
    description:
      'winding-down: certificates issued before acceptIssuedBefore are accepted, later ones refused; withdrawn: none is accepted, and people are told so; draft: not in force, an operator has yet to read it',
  }),
  acceptIssuedBefore: moment
    .optional()
    .meta({ description: 'With status winding-down: the first day whose certificates are refused (UTC+8)' }),
  validity: z
    .strictObject({
      from: moment.optional().meta({ description: 'First day on which the authority is trusted (UTC+8)' }),
      until: moment.optional().meta({ description: 'Last day on which the authority is trusted (UTC+8)' }),
    })
    .refine(({ from, until }) => !isBackwards(from, until), {
      error: 'expected "until" after "from"',
      path: ['until'],
    })
    .prefault({})
    .meta({ description: 'When the authority is trusted; outside, its certificates are refused' }),
  contact: z
    .strictObject({
      name: z.string().optional().meta({ description: 'Whom to ask for' }),
      phone: z.string().optional(),
      emergency: z.string().optional().meta({ description: 'Reached at night and on holidays' }),
      website: z.string().optional(),
      email: z.string().optional(),
    })
    .optional(),
  comment: z.string().optional().meta({ description: 'For whoever reads this file next' }),
  anchors: z
    .array(certificateFile)
    .min(1)
    .meta({ description: 'Certificates trusted as they stand: paths end here' }),
  intermediates: z.array(certificateFile).default([]).meta({
    description: 'Issuing certificates, for clients that do not send theirs; not trusted by themselves',
  }),
  algorithms: algorithmPolicySchema.prefault({}),
  policies: policySettingsSchema.prefault({}),
  assurance: assuranceSettingsSchema.prefault({}),
  requiresSigningCertificate: z.boolean().default(false).meta({
    description:
      'Sign-in by a signed challenge: the signature must name its certificate (signingCertificateV2, RFC 5035 section 3)',
  }),
  revocation: revocationPolicySchema.prefault({}),
  identity: identityProfileSchema,
});

/** ca-trust/<authority>/authority.yaml: all that the gateway knows and demands of one authority. */
export const authoritySettingsSchema = settings.superRefine((authority, context) => {
  const { status, acceptIssuedBefore, policies } = authority;
  // RFC 5280 section 6.1.5 (g): without explicitPolicy a path may be valid under no policy at all.
  if (!policies.explicitPolicy && !policies.initialPolicySet.includes(ANY_POLICY)) {
    context.addIssue({
      code: 'custom',
      path: ['policies', 'initialPolicySet'],
      message: 'refuses nothing by itself: set explicitPolicy as well',
    });
  }
  if (status === 'winding-down' && acceptIssuedBefore === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['status'],
      message: 'winding-down needs acceptIssuedBefore: the first day whose certificates are refused',
    });
  }
  if (status !== 'winding-down' && acceptIssuedBefore !== undefined) {
    context.addIssue({
      code: 'custom',
      path: ['acceptIssuedBefore'],
      message: `only for status winding-down; the status is ${status}`,
    });
  }
});
export type AuthoritySettings = z.output<typeof authoritySettingsSchema>;

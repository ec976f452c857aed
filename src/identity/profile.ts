import { z } from 'zod';
import { actingRole } from './acting.ts';
import { patternProblem } from './pattern.ts';

const oid = z
  .string()
  .regex(/^[0-2](?:\.(?:0|[1-9]\d*))+$/, { error: 'expected a dotted object identifier' });

export const identifierType = z.enum([
  'citizen-id-number',
  'unified-social-credit-code',
  'organisation-code',
  'tax-number',
  'business-registration-number',
  'social-insurance-number',
  'passport',
  'hmt-permit',
]);

/** A regular expression without flags, in a form that cannot take long. */
const pattern = z.string().superRefine((source, context) => {
  const problem = patternProblem(source);
  if (problem !== undefined)
    context.addIssue({ code: 'custom', message: `not a usable pattern: ${problem}` });
});

/** Where a number may stand in a certificate. */
const place = z.union([
  z.strictObject({ extension: oid.meta({ description: 'Certificate extension holding the value' }) }),
  z.strictObject({
    subject: z
      .union([z.enum(['CN', 'serialNumber', 'OU', 'title', 'UID', 'O']), oid])
      .meta({ description: 'Attribute of the subject DN' }),
  }),
]);

/** How the octets of an extension become text; tried in order, the first that gives text wins. */
const decoder = z.enum(['der-string', 'text', 'skip-two', 'gbk']);

/** One place to look for an identifier, and how it is written there. */
export const identifierSourceSchema = z
  .strictObject({
    from: place,
    decode: z.array(decoder).min(1).default(['der-string', 'text']).meta({
      description:
        'der-string: one DER string; text: bare UTF-8; skip-two: two octets cut off, then UTF-8; gbk: bare GBK. Extensions only',
    }),
    transform: z
      .enum(['none', 'hex', 'base64'])
      .default('none')
      .meta({ description: 'The number is written in hex or Base64; a prefix may stand before or inside' }),
    pattern: pattern.optional().meta({
      description:
        'Regular expression without flags over the text; its first group (or the whole match) holds the number. A text that does not match holds none',
    }),
    prefixes: z.record(z.string().min(1), identifierType).default({}).meta({
      description:
        'Type prefixes written before the number, such as SF, and the type each says; the longest that fits is taken off',
    }),
    types: z.array(identifierType).default([]).meta({
      description:
        'What a number without a known prefix may be; the first whose form and check digit are right',
    }),
  })
  .refine(({ prefixes, types }) => types.length > 0 || Object.keys(prefixes).length > 0, {
    error: 'expected "types" or "prefixes": what the number found here is',
    path: ['types'],
  });
export type IdentifierSource = z.output<typeof identifierSourceSchema>;

const nameSource = z.strictObject({
  from: z.strictObject({ subject: z.union([z.enum(['CN', 'O']), oid]) }),
  strip: pattern
    .optional()
    .meta({ description: 'Regular expression taken out of the name, wherever it matches' }),
});

/** One place that may say in which role a certificate acts for its enterprise. */
const actingSourceSchema = z.strictObject({
  from: z.union([place, z.literal('policies')]).meta({
    description: 'A place as for numbers, or `policies`: the object identifiers of certificatePolicies',
  }),
  decode: z.array(decoder).min(1).default(['der-string', 'text']).meta({
    description: 'As for numbers. Extensions only',
  }),
  pattern: pattern.optional().meta({
    description:
      'Regular expression over the text; its first group (or the whole match) is looked up in `roles`',
  }),
  roles: z
    .record(z.string().min(1), actingRole)
    .refine((roles) => Object.keys(roles).length > 0, { error: 'expected a value, and the role it says' })
    .meta({
      description: 'What stands there (half-width, trimmed), and the role it says; other values say nothing',
    }),
});
export type ActingSource = z.output<typeof actingSourceSchema>;

/** Where one authority's certificates carry identifiers (design, decision 7). Data, not code. */
export const identityProfileSchema = z.strictObject({
  sources: z
    .array(identifierSourceSchema)
    .min(1)
    .meta({ description: 'All are read; a certificate may fill some of them only' }),
  bothKinds: z.enum(['refuse', 'citizen', 'enterprise']).default('refuse').meta({
    description:
      "A certificate that names a citizen and an enterprise (an enterprise's, with its agent's number) is of this one, and the other's numbers are left out; refuse: an operator has to look",
  }),
  name: nameSource.extend({ from: nameSource.shape.from.prefault({ subject: 'CN' }) }).prefault({}),
  acting: z
    .strictObject({
      sources: z
        .array(actingSourceSchema)
        .default([])
        .meta({ description: 'The first that holds a value it names decides; none: unknown' }),
      name: nameSource
        .optional()
        .meta({ description: 'Where the name of the person stands that the certificate is made out to' }),
    })
    .optional()
    .meta({ description: "Who acts for an enterprise: read of enterprises' certificates only" }),
});
export type IdentityProfile = z.output<typeof identityProfileSchema>;

import { z } from 'zod';

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
export const identifierSourceSchema = z.strictObject({
  from: place,
  decode: z.array(decoder).min(1).default(['der-string', 'text']).meta({
    description:
      'der-string: one DER string; text: bare UTF-8; skip-two: two octets cut off, then UTF-8; gbk: bare GBK. Extensions only',
  }),
  transform: z
    .enum(['none', 'hex', 'base64'])
    .default('none')
    .meta({ description: 'The text is the number in hex or Base64' }),
  pattern: z
    .string()
    .optional()
    .meta({
      description: 'Regular expression without flags; its first group (or the whole match) is the number',
    }),
  prefixes: z
    .record(z.string().min(1), identifierType)
    .default({})
    .meta({
      description:
        'Type prefixes written before the number, such as SF, and the type each says; the longest that fits is taken off',
    }),
  types: z
    .array(identifierType)
    .default([])
    .meta({
      description:
        'What a number without a known prefix may be; the first whose form and check digit are right',
    }),
});
export type IdentifierSource = z.output<typeof identifierSourceSchema>;

/** Where one authority's certificates carry identifiers (design, decision 7). Data, not code. */
export const identityProfileSchema = z.strictObject({
  sources: z.array(identifierSourceSchema).min(1).meta({ description: 'Looked at in this order' }),
  name: z
    .strictObject({
      from: z.strictObject({ subject: z.union([z.enum(['CN', 'O']), oid]) }).prefault({ subject: 'CN' }),
      strip: z.string().optional().meta({ description: 'Regular expression taken out of the name' }),
    })
    .prefault({}),
});
export type IdentityProfile = z.output<typeof identityProfileSchema>;

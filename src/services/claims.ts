import { z } from 'zod';
import { bilingual } from '../configuration/units.ts';

/** Claims a department can be enrolled for; each with the subject's pairwise id as the only default. */
export const claim = z.enum([
  'unified-id',
  'name',
  'identifiers',
  'kind',
  'authority',
  'certificate',
  'assurance',
  'acting',
]);
export type Claim = z.infer<typeof claim>;

const purposeful = z.strictObject({
  claim,
  purpose: bilingual.meta({ description: 'What it is needed for; shown to people in the directory' }),
});

/** What a service is told of its callers, and why. */
export interface EnrolledClaim {
  readonly claim: Claim;
  readonly purpose?: z.output<typeof bilingual>;
}

/** Names, or objects that say what for. Parsed: objects only. */
export const claimsSchema = z
  .array(
    z
      .union([claim, purposeful], {
        error: `expected one of ${claim.options.join(', ')}, or { claim, purpose: { zh, en } }`,
      })
      .transform((entry): EnrolledClaim => (typeof entry === 'string' ? { claim: entry } : entry)),
  )
  .refine((claims) => new Set(claims.map((each) => each.claim)).size === claims.length, {
    error: 'expected each claim once',
  })
  .default([]);

/** Personal information in the sense of the PIPL (个人信息保护法): articles 6 and 17 demand a purpose, told to the person. */
const PERSONAL: ReadonlySet<Claim> = new Set(['name', 'identifiers', 'unified-id', 'certificate', 'acting']);

/** Claims that a new enrolment has to give a purpose for, and does not. */
export const claimsWithoutPurpose = (claims: readonly EnrolledClaim[]): readonly Claim[] =>
  claims.flatMap((each) => (PERSONAL.has(each.claim) && each.purpose === undefined ? [each.claim] : []));

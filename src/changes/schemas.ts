import { z } from 'zod';
import { slug } from '../configuration/units.ts';
import type { DocumentKind } from './document.ts';

/** The only file of a document, and what stands in it. */
export interface DocumentSchema {
  readonly file: string;
  readonly schema: z.ZodType;
}
export type DocumentSchemas = Readonly<Partial<Record<DocumentKind, DocumentSchema>>>;

const unifiedId = z.string().regex(/^[\w-]{22}$/, { error: 'expected a unified id: 22 characters' });
const note = z.string().max(500);

const roleEntry = z
  .strictObject({
    role: z.enum(['operator', 'auditor', 'officer']),
    department: slug.optional().meta({ description: 'For officers: whose' }),
    unifiedId: unifiedId.optional(),
    certificate: z
      .string()
      .regex(/^[0-9a-f]{64}$/, { error: 'expected a SHA-256 thumbprint: 64 lower-case hex digits' })
      .optional()
      .meta({ description: 'SHA-256 of the DER certificate; the role goes with this certificate alone' }),
    note: note.default(''),
  })
  .refine(({ role, department }) => (role === 'officer') === (department !== undefined), {
    error: 'an officer, and nobody else, is of a department',
    path: ['department'],
  })
  .refine((entry) => (entry.unifiedId === undefined) !== (entry.certificate === undefined), {
    error: 'expected either unifiedId or certificate',
    path: ['role'],
  });

/** roles.yaml: who may do what in the console. */
export const rolesSchema = z.strictObject({ roles: z.array(roleEntry).max(10_000).default([]) });
export type Roles = z.output<typeof rolesSchema>;

/** standing.yaml of an identity. */
export const standingSchema = z.strictObject({
  locked: z.boolean(),
  reason: z.string().trim().min(1).max(500),
});
export type Standing = z.output<typeof standingSchema>;

/** settlement.yaml of a conflict; what each means stands in src/identity/register.ts. */
export const settlementSchema = z
  .strictObject({
    decision: z.enum(['join', 'keep-refused']),
    identity: unifiedId.optional().meta({ description: 'With join: the identity that it is' }),
    name: z
      .enum(['recorded', 'certificate'])
      .optional()
      .meta({ description: 'With join: which name it has from then on' }),
    reason: z.string().trim().min(1).max(500),
  })
  .refine(({ decision, name }) => decision === 'join' || name === undefined, {
    error: 'only with "join"',
    path: ['name'],
  })
  .refine(({ decision, identity }) => (decision === 'join') === (identity !== undefined), {
    error: 'with "join", and only then, an identity',
    path: ['identity'],
  });
export type SettlementDocument = z.output<typeof settlementSchema>;

/** Of the kinds that are this room's own. Whoever composes the gateway adds the others (src/server/document-schemas.ts). */
export const CHANGE_SCHEMAS = {
  roles: { file: 'roles.yaml', schema: rolesSchema },
  identity: { file: 'standing.yaml', schema: standingSchema },
  conflict: { file: 'settlement.yaml', schema: settlementSchema },
} as const satisfies DocumentSchemas;

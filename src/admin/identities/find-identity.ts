import { z } from 'zod';
import { IDENTIFIER_TYPES } from '../../identity/identifiers/index.ts';
import type { IdentifierType } from '../../identity/identity.ts';
import type { RegisteredIdentity } from '../../identity/register.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { AdminCaller } from '../admin-caller.ts';
import type { AdminParts } from '../admin-parts.ts';
import { reasonSchema, recordLook } from './reason.ts';

export const TYPES = Object.keys(IDENTIFIER_TYPES) as IdentifierType[];

export const unifiedIdSchema = z
  .string()
  .regex(/^[\w-]{22}$/, { error: 'expected a unified id: 22 characters' });

/** By a number, of which the register knows a keyed hash, or by unified id. */
export const wantedSchema = z
  .strictObject({
    type: z.enum(TYPES).optional(),
    number: z.string().max(64).optional(),
    unifiedId: unifiedIdSchema.optional(),
    reason: reasonSchema,
  })
  .refine(
    ({ number, type, unifiedId }) =>
      (number === undefined) !== (unifiedId === undefined) && (number === undefined) === (type === undefined),
    {
      error: 'expected either type and number, or unifiedId',
      path: ['number'],
    },
  )
  .refine(
    ({ number, type }) =>
      number === undefined || type === undefined || IDENTIFIER_TYPES[type].normalise(number) !== undefined,
    {
      error: 'this is no number of that kind: length, characters or check digit are wrong',
      path: ['number'],
    },
  );
export type Wanted = z.output<typeof wantedSchema>;

/**
 * Who it is; undefined for nobody. That it was asked, by whom and why is in the audit log by then; the number is not.
 *
 * @throws Refusal ONECERT_AUDIT_UNAVAILABLE, ONECERT_REGISTER_UNAVAILABLE
 */
export const findIdentity = async (
  call: { readonly parts: AdminParts; readonly caller: AdminCaller; readonly at: number },
  { type, number, unifiedId, reason }: Wanted,
): Promise<RegisteredIdentity | undefined> => {
  const { register } = call.parts;
  const value =
    type === undefined || number === undefined ? undefined : IDENTIFIER_TYPES[type].normalise(number);
  const found =
    type !== undefined && value !== undefined
      ? await register.find({ type, value })
      : await register.identityById(unifiedId ?? '');
  await recordLook(call, {
    what: 'identity-search',
    reason,
    searchedBy: type ?? 'unified-id',
    found: found !== undefined,
    unifiedId: found?.identity.unifiedId,
  });
  return found;
};

/** The identity that a path names, after the entry that says who looks at it and why. @throws Refusal */
export const openIdentity = async (
  call: { readonly parts: AdminParts; readonly caller: AdminCaller; readonly at: number },
  unifiedId: string,
  { reason, what }: { readonly reason: string; readonly what: 'identity-search' | 'identity-open' },
): Promise<RegisteredIdentity> => {
  const found = unifiedIdSchema.safeParse(unifiedId).success
    ? await call.parts.register.identityById(unifiedId)
    : undefined;
  if (found === undefined) throw new Refusal('ONECERT_IDENTITY_UNKNOWN', 'no such identity');
  await recordLook(call, { what, reason, unifiedId: found.identity.unifiedId });
  return found;
};

import { z } from 'zod';
import type { AuditEntry } from '../../audit/entry.ts';
import { IDENTIFIER_TYPES } from '../../identity/identifiers/index.ts';
import type { PortalParts } from '../../portal/portal-parts.ts';
import { record } from '../../portal/record.ts';
import type { AdminCaller } from '../admin-caller.ts';
import type { AdminParts } from '../admin-parts.ts';
import { InputInvalid, issuesOfInput } from '../input-invalid.ts';

/** Runs of what numbers are written with, long enough to be one that has a check digit. */
const RUN = /[0-9A-Za-z]{15,18}/g;

const holdsNumber = (text: string): boolean =>
  (text.match(RUN) ?? []).some((run) =>
    (['citizen-id-number', 'unified-social-credit-code'] as const).some(
      (type) => IDENTIFIER_TYPES[type].normalise(run) !== undefined,
    ),
  );

/** Why somebody is looked up. It stands in the audit log in the clear: a person's number has no place in it. */
export const reasonSchema = z
  .string()
  .trim()
  .min(1, { error: 'say why: it goes into the audit log' })
  .max(500)
  .refine((text) => !holdsNumber(text), {
    error: 'it goes into the audit log in the clear: no numbers of persons or enterprises here',
  });

/** Field `reason` of a form. @throws InputInvalid */
export const reasonOf = (form: URLSearchParams): string => {
  const parsed = z.object({ reason: reasonSchema }).safeParse({ reason: form.get('reason') ?? '' });
  if (!parsed.success) throw new InputInvalid(issuesOfInput('form', parsed.error));
  return parsed.data.reason;
};

/** What somebody of the console did with an identity: kept, fsynced, before anything of it is answered. */
export interface Look {
  readonly what: 'identity-search' | 'identity-open' | 'conflict-open';
  readonly reason: string;
  /** Whom it concerns; sealed. Undefined where nobody was found. */
  readonly unifiedId?: string | undefined;
  readonly [field: string]: string | number | boolean | undefined;
}

/** @throws Refusal ONECERT_AUDIT_UNAVAILABLE */
export const recordLook = (
  { parts, caller, at }: { readonly parts: AdminParts; readonly caller: AdminCaller; readonly at: number },
  look: Look,
): Promise<void> => {
  const { unifiedId: actor, certificate } = caller.actor;
  const entry: AuditEntry = { event: 'change', at, actor, certificate, ...look };
  return record(parts.portal as PortalParts, entry);
};

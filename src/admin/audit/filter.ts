import { z } from 'zod';
import type { AuditFilter } from '../../audit/audit-index.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { departmentsOf } from '../access.ts';
import type { AdminCaller } from '../admin-caller.ts';
import type { AdminParts } from '../admin-parts.ts';
import { InputInvalid, issuesOfInput } from '../input-invalid.ts';
import { reasonSchema } from '../identities/reason.ts';

export const EVENTS = [
  'sign-in',
  'session-end',
  'refusal',
  'call',
  'outcome',
  'answers',
  'authorization',
  'exchange',
  'change',
  'start',
  'stop',
  'recovery',
] as const;

const word = z
  .string()
  .regex(/^[\w.:-]{1,128}$/, { error: 'expected letters, digits, "_", "-", "." or ":"' });
const time = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)), { error: 'expected a time as in ISO 8601' })
  .transform((text) => Date.parse(text));
const thumbprint = z
  .string()
  .transform((text) => text.replaceAll(':', ''))
  .refine((text) => /^[0-9A-Fa-f]{64}$|^[\w-]{43}$/.test(text), {
    error: 'expected SHA-256: 64 hexadecimal digits, or 43 characters of base64url',
  })
  .transform((text) => (text.length === 64 ? Buffer.from(text, 'hex').toString('base64url') : text));

const fields = {
  from: time.optional(),
  to: time.optional(),
  event: z.enum(EVENTS).optional(),
  code: word.optional(),
  service: word.optional(),
  department: word.optional(),
  reference: word.optional(),
  trace: word.optional(),
  certificate: thumbprint.optional(),
  unifiedId: z
    .string()
    .regex(/^[\w-]{22}$/, { error: 'expected a unified id: 22 characters' })
    .optional(),
};
export const FILTER_FIELDS = Object.keys(fields) as (keyof typeof fields)[];

export const auditWantedSchema = z
  .strictObject({
    ...fields,
    open: z.boolean().default(false),
    reason: reasonSchema.optional(),
    /** The last entry already had: its number, time and log. */
    before: z
      .string()
      .regex(/^[1-9]\d{0,14}\/\d{1,15}\/[a-z0-9.-]{0,100}$/)
      .transform((text) => text.split('/') as [string, string, string])
      .transform(([seq, at, replica]) => ({
        seq: Number(seq),
        at: Number(at),
        ...(replica !== '' && { replica }),
      }))
      .optional(),
  })
  .refine(
    ({ open, certificate, unifiedId, reason }) =>
      reason !== undefined || (!open && certificate === undefined && unifiedId === undefined),
    { error: 'what is about persons takes a reason', path: ['reason'] },
  );
export type AuditWanted = z.output<typeof auditWantedSchema>;

/** From the fields of the form; empty ones are not asked for. @throws InputInvalid */
export const readWanted = (form: URLSearchParams): AuditWanted => {
  const given: Record<string, unknown> = { open: form.get('open') === 'true' };
  for (const name of [...FILTER_FIELDS, 'reason', 'before']) {
    const value = form.get(name)?.trim() ?? '';
    if (value !== '') given[name] = value;
  }
  const parsed = auditWantedSchema.safeParse(given);
  if (!parsed.success) throw new InputInvalid(issuesOfInput('form', parsed.error));
  return parsed.data;
};

/**
 * The filter as this caller may have it: an officer's is of the own department, and finds nobody.
 *
 * @throws Refusal ONECERT_OTHER_DEPARTMENT, ONECERT_ROLE_REQUIRED
 */
export const filterFor = ({ actor }: AdminCaller, wanted: AuditWanted): AuditFilter => {
  const { open, reason: _reason, before: _before, ...rest } = wanted;
  const filter = Object.fromEntries(
    Object.entries(rest).filter(([, value]) => value !== undefined),
  ) as AuditFilter;
  const own = departmentsOf(actor);
  if (own === 'all') return filter;
  if (open || filter.unifiedId !== undefined || filter.certificate !== undefined)
    throw new Refusal('ONECERT_ROLE_REQUIRED', 'takes auditor: personal data');
  const department = filter.department ?? own[0];
  if (department === undefined || !own.includes(department))
    throw new Refusal('ONECERT_OTHER_DEPARTMENT', 'entries of another department');
  return { ...filter, department };
};

/** What the log is told was asked for: whom it was about goes by the handle of the key, and no thumbprint stands there. */
export const filterTold = async (
  { auditLog }: Pick<AdminParts, 'auditLog'>,
  { certificate, unifiedId, ...filter }: AuditFilter,
  more: object = {},
): Promise<string> => {
  const holder = unifiedId === undefined ? undefined : ((await auditLog.holderOf(unifiedId)) ?? 'none');
  return JSON.stringify({
    ...filter,
    ...(holder !== undefined && { holder }),
    ...(certificate !== undefined && { certificate: 'given' }),
    ...more,
  }).slice(0, 1_000);
};

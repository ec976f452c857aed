import { z } from 'zod';
import { duration } from '../configuration/units.ts';

const DAY_MS = 86_400_000;

const callLimit = z.strictObject({
  calls: z.number().int().min(1).max(1_000_000),
  per: duration
    .refine((ms) => ms >= 100 && ms <= DAY_MS, { error: 'expected between 100ms and 1d' })
    .meta({ description: 'A window: `calls` at once, and then evenly as many in every such time' }),
});
export type CallLimit = z.output<typeof callLimit>;

/** Whose calls are counted together. */
export const LIMIT_SCOPES = ['perIdentity', 'perCertificate', 'total'] as const;
export type LimitScope = (typeof LIMIT_SCOPES)[number];

/** How many calls a service takes. */
export const callLimitsSchema = z
  .strictObject({
    perIdentity: callLimit
      .optional()
      .meta({ description: 'Of one citizen or enterprise, with whichever certificates' }),
    perCertificate: callLimit.optional(),
    total: callLimit.optional().meta({ description: 'Of everybody together' }),
  })
  .refine((limits) => LIMIT_SCOPES.some((scope) => limits[scope] !== undefined), {
    error: `expected one of ${LIMIT_SCOPES.join(', ')}`,
  });
export type CallLimits = z.output<typeof callLimitsSchema>;

import { z } from 'zod';

const DURATION_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_BYTES: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

const quantity = (units: Record<string, number>, expected: string) =>
  z
    .string()
    .regex(new RegExp(`^\\d+(?:\\.\\d+)?(?:${Object.keys(units).join('|')})$`), {
      error: `expected ${expected}`,
    })
    .transform((text) => {
      const [, amount = '', unit = ''] = /^([\d.]+)(\w+)$/.exec(text) ?? [];
      return Math.round(Number(amount) * (units[unit] ?? 0));
    });

/** A duration as an operator writes it ("500ms", "30s", "10m", "12h", "7d"); milliseconds when parsed. */
export const duration = quantity(DURATION_MS, 'a duration such as 500ms, 30s, 10m, 12h or 7d');

/** A size as an operator writes it ("512B", "64KiB", "10MiB", "1GiB"); bytes when parsed. */
export const byteSize = quantity(SIZE_BYTES, 'a size such as 64KiB, 10MiB or 1GiB');

/** A name in both languages. */
export const bilingual = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) });
export type Bilingual = z.infer<typeof bilingual>;

/** An identifier of ours: stands in URLs, file names, audit entries. */
export const slug = z.string().regex(/^[a-z][a-z0-9-]{1,62}$/, {
  error: 'expected lower-case letters, digits and hyphens, starting with a letter',
});

/**
 * How far it can be relied on that it is the person: eIDAS article 8, ISO/IEC 29115. Lowest first.
 */
export const ASSURANCE_LEVELS = ['low', 'substantial', 'high'] as const;
export const assuranceLevel = z.enum(ASSURANCE_LEVELS);
export type AssuranceLevel = z.infer<typeof assuranceLevel>;

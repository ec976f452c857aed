import { z } from 'zod';
import { slug } from '../configuration/units.ts';

/** What departments are measured by, in the order of the score card. */
export const INDICATORS = ['availability', 'p95', 'ownRefusals', 'online', 'calls'] as const;
export type Indicator = (typeof INDICATORS)[number];

const percent = z.number().min(0).max(100);

/** None given: not measured. */
const targetValues = z.strictObject({
  availability: percent
    .optional()
    .meta({ description: 'Percent of calls that are to be answered without error, at least' }),
  p95: z
    .number()
    .positive()
    .max(10_000)
    .optional()
    .meta({ description: 'Within so many ms 95 of 100 answers are to be complete' }),
  ownRefusals: percent.optional().meta({
    description: 'Percent of calls that the department refuses for reasons of its own, at most',
  }),
  online: percent
    .optional()
    .meta({ description: 'Percent of enrolled services that are to be open, at least' }),
  calls: z
    .number()
    .int()
    .min(1)
    .max(1_000_000_000_000)
    .optional()
    .meta({ description: 'Calls that are to be let through in the whole year, at least' }),
});
export type TargetValues = z.output<typeof targetValues>;

const weight = z.number().min(0).max(1_000);

/** targets.yaml: what e-supervision measures departments against in one year (the name of the document). */
export const targetsSchema = z.strictObject({
  weights: z
    .strictObject({
      availability: weight.default(30),
      p95: weight.default(20),
      ownRefusals: weight.default(15),
      online: weight.default(20),
      calls: weight.default(15),
    })
    .prefault({})
    .refine((weights) => INDICATORS.some((each) => weights[each] > 0), {
      error: 'at least one weight has to be more than 0',
    }),
  default: targetValues.prefault({}).meta({ description: 'For every department that has none of its own' }),
  departments: z
    .record(slug, targetValues)
    .default({})
    .meta({ description: 'Of single departments; what is not said is as in `default`' }),
});
export type Targets = z.output<typeof targetsSchema>;

/** What a department is to reach. */
export const targetsOf = (targets: Targets, department: string): TargetValues => ({
  ...targets.default,
  ...targets.departments[department],
});

/** Departments the targets name that have enrolled nothing. */
export const unknownDepartments = (
  { departments }: Targets,
  enrolled: readonly { readonly department: string }[],
): readonly string[] =>
  Object.keys(departments).filter((name) => !enrolled.some(({ department }) => department === name));

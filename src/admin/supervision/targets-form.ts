import type { ConfigurationIssue } from '../../configuration/configuration-error.ts';
import { INDICATORS, targetsSchema, unknownDepartments, type Targets } from '../../services/targets.ts';
import type { AdminParts } from '../admin-parts.ts';
import { issuesOfInput } from '../input-invalid.ts';

/** Value of a field by its name: `weight-calls`, `default-calls`, `of-tax-calls`. */
export type FieldValues = (name: string) => string;

export const valuesOfForm =
  (form: URLSearchParams): FieldValues =>
  (name) =>
    form.get(name) ?? '';

export const valuesOfTargets = (targets: Targets): FieldValues => {
  const values = new Map<string, string>();
  for (const indicator of INDICATORS) {
    values.set(`weight-${indicator}`, String(targets.weights[indicator]));
    values.set(`default-${indicator}`, String(targets.default[indicator] ?? ''));
    for (const [department, own] of Object.entries(targets.departments))
      values.set(`of-${department}-${indicator}`, String(own[indicator] ?? ''));
  }
  return (name) => values.get(name) ?? '';
};

export type ReadTargets =
  | { readonly targets: Targets; readonly issues?: undefined }
  | { readonly targets?: undefined; readonly issues: readonly ConfigurationIssue[] };

/** Targets from the fields of the form, or everything wrong with them. */
export const readTargetsForm = (
  form: URLSearchParams,
  { departments }: Pick<AdminParts, 'departments'>,
): ReadTargets => {
  const given = (prefix: string): Record<string, number> =>
    Object.fromEntries(
      INDICATORS.flatMap((each) => {
        const text = (form.get(`${prefix}-${each}`) ?? '').replaceAll(',', '').trim();
        return text === '' ? [] : [[each, Number(text)]];
      }),
    );
  const own = departments().map(({ department }) => [department, given(`of-${department}`)] as const);
  return checkTargets(
    {
      weights: given('weight'),
      default: given('default'),
      departments: Object.fromEntries(own.filter(([, values]) => Object.keys(values).length > 0)),
    },
    { departments },
  );
};

/** Targets of anything sent, by the schema and the departments that are enrolled. */
export const checkTargets = (
  value: unknown,
  { departments }: Pick<AdminParts, 'departments'>,
): ReadTargets => {
  const read = targetsSchema.safeParse(value);
  if (!read.success) return { issues: issuesOfInput('targets.yaml', read.error) };
  const unknown = unknownDepartments(read.data, departments());
  return unknown.length === 0
    ? { targets: read.data }
    : {
        issues: unknown.map((department) => ({
          file: 'targets.yaml',
          line: 1,
          column: 1,
          path: `departments.${department}`,
          message: 'no such department is enrolled',
        })),
      };
};

import { ConfigurationError, type ConfigurationIssue } from '../../configuration/configuration-error.ts';
import { parseYaml, type ReadDocument } from '../../configuration/read-yaml.ts';
import { claimsWithoutPurpose } from '../../services/claims.ts';
import { departmentSchema, type Department } from '../../services/enrolment.ts';
import type { AdminParts } from '../admin-parts.ts';
import { fileOf, FILE, keyOf } from './department-document.ts';

export type CheckedDepartment =
  | { readonly department: Department; readonly issues?: undefined }
  | { readonly department?: undefined; readonly issues: readonly ConfigurationIssue[] };

/**
 * A department's file as the console and the admin API take it: by its schema, under its own name, with a purpose for
 * whatever personal information a service is newly told, and by the dry run, which knows all other departments and the
 * gateway's own addresses.
 */
export const checkDepartment = async (
  parts: Pick<AdminParts, 'changes' | 'departments'>,
  department: string,
  text: string,
): Promise<CheckedDepartment> => {
  const read = readDepartment(text);
  if ('issues' in read) return { issues: read.issues };
  const issues = [...checkName(read, department), ...checkPurposes(read, parts)];
  if (issues.length > 0) return { issues };
  const dryRun = await parts.changes.dryRun({ ...keyOf(department), files: fileOf(text) });
  return dryRun.issues.length > 0 ? { issues: dryRun.issues } : { department: read.value };
};

/** By the schema alone. */
export const readDepartment = (
  text: string,
): ReadDocument<Department> | { readonly issues: readonly ConfigurationIssue[] } => {
  try {
    return parseYaml(FILE, text, departmentSchema);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { issues: error.issues };
  }
};

const checkName = (read: ReadDocument<Department>, department: string): readonly ConfigurationIssue[] =>
  read.value.department === department
    ? []
    : [read.issue(['department'], `expected "${department}": a department does not become another one`)];

/** PIPL articles 6 and 17. What was enrolled before purposes had to be given stays until it is changed. */
const checkPurposes = (
  read: ReadDocument<Department>,
  { departments }: Pick<AdminParts, 'departments'>,
): readonly ConfigurationIssue[] => {
  const before = departments().find(({ department }) => department === read.value.department);
  return read.value.services.flatMap(({ service, claims }, index) => {
    const known = before?.services.find((each) => each.service === service)?.claims ?? [];
    return claimsWithoutPurpose(claims)
      .filter((name) => !claimsWithoutPurpose(known).includes(name))
      .map((name) => {
        const place = claims.findIndex(({ claim }) => claim === name);
        const issue = read.issue(
          ['services', index, 'claims', place],
          `expected a purpose: the claim "${name}" is personal information`,
        );
        return { ...issue, code: 'ONECERT_PURPOSE_REQUIRED' };
      });
  });
};

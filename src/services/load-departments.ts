import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError, type ConfigurationIssue } from '../configuration/configuration-error.ts';
import { parseYaml, type ReadDocument } from '../configuration/read-yaml.ts';
import { metadataProblem, type AddressProblem } from './back-end-addresses.ts';
import { departmentSchema, type Department } from './enrolment.ts';
import { findOverlaps } from './path-overlaps.ts';
import { isReservedPath } from './reserved-paths.ts';

/** Text of one department's file; `file` is what errors name. */
export interface DepartmentSource {
  readonly file: string;
  readonly text: string;
}

export interface DepartmentChecks {
  /** Why calls must not go to a back end, besides what no gateway forwards to. */
  readonly backEndProblem?: (url: URL) => AddressProblem | undefined;
}

/**
 * Reads every department's file (*.yaml) in `folder`. A folder that does not exist holds no departments.
 *
 * @throws ConfigurationError with everything wrong in all of them; see parseDepartments
 */
export const loadDepartments = (folder: string, checks: DepartmentChecks = {}): Department[] =>
  parseDepartments(readDepartmentFiles(folder), checks);

/**
 * Departments of these texts, in their order.
 *
 * @throws ConfigurationError with everything wrong in all of them, among it two departments or services of one
 * name, two services on one path in whatever case, a path below another department's, and back ends that are none
 */
export const parseDepartments = (
  sources: readonly DepartmentSource[],
  checks: DepartmentChecks = {},
): Department[] => {
  const issues: ConfigurationIssue[] = [];
  const documents: ReadDocument<Department>[] = [];
  for (const { file, text } of sources) {
    try {
      documents.push(parseYaml(file, text, departmentSchema));
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      issues.push(...error.issues);
    }
  }
  issues.push(...findRepeats(documents), ...findOverlaps(documents), ...findBadBackEnds(documents, checks));
  if (issues.length > 0) throw new ConfigurationError(issues);
  return documents.map(({ value }) => value);
};

/** @throws ConfigurationError for one that cannot be read */
export const readDepartmentFiles = (folder: string): readonly DepartmentSource[] =>
  departmentFiles(folder).map((file) => {
    try {
      return { file, text: readFileSync(file, 'utf8') };
    } catch (cause) {
      const issue = { file, line: 1, column: 1, path: '', message: (cause as Error).message };
      throw new ConfigurationError([issue], { cause });
    }
  });

const departmentFiles = (folder: string): string[] => {
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw cause;
  }
};

const findRepeats = (documents: readonly ReadDocument<Department>[]): ConfigurationIssue[] => {
  const issues: ConfigurationIssue[] = [];
  const seen = new Map<string, string>();
  const once = (
    document: ReadDocument<Department>,
    what: string,
    value: string,
    path: PropertyKey[],
  ): void => {
    const key = `${what} ${value}`;
    const first = seen.get(key);
    if (first === undefined) seen.set(key, document.file);
    else issues.push(document.issue(path, `${what} "${value}" is already taken in ${first}`));
  };
  for (const document of documents) {
    once(document, 'department', document.value.department, ['department']);
    document.value.services.forEach(({ service, path }, index) => {
      once(document, 'service', service, ['services', index, 'service']);
      once(document, 'path', path.toLowerCase(), ['services', index, 'path']);
      if (isReservedPath(path.toLowerCase())) {
        issues.push(
          document.issue(['services', index, 'path'], `"${path}" is kept for the gateway's own pages`),
        );
      }
    });
  }
  return issues;
};

const findBadBackEnds = (
  documents: readonly ReadDocument<Department>[],
  { backEndProblem = () => undefined }: DepartmentChecks,
): ConfigurationIssue[] =>
  documents.flatMap((document) =>
    document.value.services.flatMap(({ backends }, service) =>
      backends.flatMap(({ url }, index) => {
        const problem = metadataProblem(new URL(url)) ?? backEndProblem(new URL(url));
        if (problem === undefined) return [];
        const place = document.issue(['services', service, 'backends', index], problem.message);
        return [{ ...place, code: problem.code }];
      }),
    ),
  );

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError, type ConfigurationIssue } from '../configuration/configuration-error.ts';
import { readYaml, type ReadDocument } from '../configuration/read-yaml.ts';
import { isReservedPath } from './reserved-paths.ts';
import { departmentSchema, type Department } from './enrolment.ts';

/**
 * Reads every department's file (*.yaml) in `folder`. A folder that does not exist holds no departments.
 *
 * @throws ConfigurationError with everything wrong in all of them, among it two departments or services of one
 * name and two services on one path, in whatever case
 */
export const loadDepartments = (folder: string): Department[] => {
  const issues: ConfigurationIssue[] = [];
  const documents: ReadDocument<Department>[] = [];
  for (const file of departmentFiles(folder)) {
    try {
      documents.push(readYaml(file, departmentSchema));
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      issues.push(...error.issues);
    }
  }
  issues.push(...findRepeats(documents));
  if (issues.length > 0) throw new ConfigurationError(issues);
  return documents.map(({ value }) => value);
};

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

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ONLY_DOCUMENT } from '../changes/document.ts';
import { ConfigurationError, type ConfigurationIssue } from '../configuration/configuration-error.ts';
import { parseYaml } from '../configuration/read-yaml.ts';
import { departmentSchema } from '../services/enrolment.ts';
import { readDepartmentFiles } from '../services/load-departments.ts';
import { MANIFEST_FILE, SIGNATURE_FILE } from '../trust/manifest.ts';
import { readTrustFolder } from '../trust/trust-folder.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import { ROLES_FILE, type GovernedDocument } from './read-documents.ts';

/**
 * The documents that the files of an operator hold: config/departments, the trust list's folder, config/roles.yaml.
 * `folder` is that of gateway.yaml.
 *
 * @throws ConfigurationError for files that cannot be told apart: unreadable, no department, or a department twice
 */
export const readFileDocuments = (
  folder: string,
  settings: Pick<GatewaySettings, 'departments' | 'trust'>,
): readonly GovernedDocument[] => [
  ...departmentDocuments(settings.departments),
  trustDocument(settings.trust),
  ...rolesDocument(folder),
];

const departmentDocuments = (folder: string): GovernedDocument[] => {
  const issues: ConfigurationIssue[] = [];
  const seen = new Map<string, string>();
  const documents = readDepartmentFiles(folder).flatMap(({ file, text }): GovernedDocument[] => {
    try {
      const read = parseYaml(file, text, departmentSchema);
      const { department: name } = read.value;
      const first = seen.get(name);
      if (first !== undefined) {
        issues.push(read.issue(['department'], `department "${name}" is already taken in ${first}`));
      }
      seen.set(name, file);
      const files = [{ path: 'department.yaml', content: Buffer.from(text) }];
      return [{ kind: 'department', name, files, file }];
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      issues.push(...error.issues);
      return [];
    }
  });
  if (issues.length > 0) throw new ConfigurationError(issues);
  return documents;
};

const trustDocument = (folder: string): GovernedDocument => {
  const files = [...readTrustFolder(folder).files].map(([path, content]) => ({ path, content }));
  const signature = [MANIFEST_FILE, SIGNATURE_FILE]
    .filter((path) => existsSync(join(folder, path)))
    .map((path) => ({ path, content: readFileSync(join(folder, path)) }));
  return { kind: 'trust-list', name: ONLY_DOCUMENT, files: [...files, ...signature], file: folder };
};

/** `folder` is that of gateway.yaml; none where it has no roles.yaml. */
export const rolesDocument = (folder: string): GovernedDocument[] => {
  const file = join(folder, ROLES_FILE);
  if (!existsSync(file)) return [];
  const files = [{ path: ROLES_FILE, content: readFileSync(file) }];
  return [{ kind: 'roles', name: ONLY_DOCUMENT, files, file }];
};

import { join } from 'node:path';
import type { DocumentFile, DocumentKey } from '../changes/document.ts';
import type { Roles, Standing } from '../changes/schemas.ts';
import { CHANGE_SCHEMAS } from '../changes/schemas.ts';
import { ConfigurationError, type ConfigurationIssue } from '../configuration/configuration-error.ts';
import { parseYaml } from '../configuration/read-yaml.ts';
import { isSomebody } from '../inspection/roles.ts';
import type { DepartmentSource } from '../services/load-departments.ts';
import { trustFolderOf, type TrustFolder } from '../trust/trust-folder.ts';
import { schemaOf } from './document-schemas.ts';
import type { GatewaySettings } from './gateway-settings.ts';

/** A document to be taken: of the store, or of the files. */
export interface GovernedDocument extends DocumentKey {
  readonly files: readonly DocumentFile[];
  /** What errors name instead of a file that nobody has on disk; the file it was read from. */
  readonly file?: string;
}

/** What is neither department nor trust list, read. */
export interface OtherDocuments {
  readonly roles: Roles['roles'];
  /** Unified ids. */
  readonly locked: readonly string[];
}

type Places = Pick<GatewaySettings, 'departments' | 'trust'>;

export const departmentSources = (
  documents: readonly GovernedDocument[],
  { departments }: Places,
): readonly DepartmentSource[] =>
  documents
    .filter(({ kind, files }) => kind === 'department' && files.length > 0)
    .map((document) => ({
      file: document.file ?? join(departments, `${document.name}.yaml`),
      text: document.files[0]?.content.toString('utf8') ?? '',
    }));

export const trustFolderIn = (documents: readonly GovernedDocument[], { trust }: Places): TrustFolder =>
  trustFolderOf(trust, documents.find(({ kind }) => kind === 'trust-list')?.files ?? []);

/** @throws ConfigurationError with everything wrong in all of them */
export const readOthers = (documents: readonly GovernedDocument[]): OtherDocuments => {
  const issues: ConfigurationIssue[] = [];
  const roles: Roles['roles'][number][] = [];
  const locked: string[] = [];
  for (const document of documents) {
    const { kind, name, files } = document;
    if (kind === 'trust-list' || files.length === 0) continue;
    try {
      const value = readOne(document);
      if (kind === 'roles') roles.push(...(value as Roles).roles);
      if (kind === 'identity' && (value as Standing).locked) locked.push(name);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      // What departments get wrong is told by whoever reads them, with their lines.
      if (kind !== 'department') issues.push(...error.issues);
      else issues.push(...error.issues.filter(({ code }) => code === SHAPE));
    }
  }
  if (issues.length > 0) throw new ConfigurationError(issues);
  return { roles, locked };
};

const SHAPE = 'ONECERT_DOCUMENT_SHAPE';

/** A document of one YAML file, by the schema of its kind. */
const readOne = (document: GovernedDocument): unknown => {
  const { kind, name, files } = document;
  const known = schemaOf(kind);
  const wrong = (file: string, message: string): never => {
    throw new ConfigurationError([{ file, line: 1, column: 1, path: '', message, code: SHAPE }]);
  };
  if (known === undefined) return wrong(`${kind}/${name}`, `documents of kind "${kind}" cannot be read here`);
  const [file, ...more] = files;
  if (file?.path !== known.file || more.length > 0) {
    return wrong(`${kind}/${name}`, `expected one file, ${known.file}`);
  }
  const label = document.file ?? (kind === 'department' ? `${name}.yaml` : `${kind}/${name}/${known.file}`);
  const { value } = parseYaml(label, file.content.toString('utf8'), known.schema);
  if (kind === 'department' && (value as { department: string }).department !== name) {
    return wrong(label, `expected the department "${name}"`);
  }
  return value;
};

/** How many there are who can propose a change, or approve somebody else's. */
export const operatorsIn = (roles: OtherDocuments['roles']): number =>
  new Set(
    roles
      .filter((each) => each.role === 'operator' && isSomebody(each))
      .map((each) => each.unifiedId ?? each.certificate),
  ).size;

/** A change of roles that leaves nobody who could approve another one. */
export const tooFewOperators = (
  before: OtherDocuments['roles'],
  after: OtherDocuments['roles'],
): readonly ConfigurationIssue[] => {
  if (operatorsIn(after) >= Math.min(2, operatorsIn(before))) return [];
  const message = 'fewer than two operators would be left: nobody could approve a change';
  return [{ file: ROLES_FILE, line: 1, column: 1, path: 'roles', message }];
};

export const ROLES_FILE = CHANGE_SCHEMAS.roles.file;

import { Refusal } from '../../refusal/refusal.ts';
import { ConfigurationError, type ConfigurationIssue } from '../../configuration/configuration-error.ts';
import type { Proposal } from '../../changes/document.ts';
import { parseDepartments } from '../../services/load-departments.ts';
import { hasRole, maySeeDepartment } from '../access.ts';
import type { AdminCaller } from '../admin-caller.ts';
import type { AdminParts } from '../admin-parts.ts';
import { checkDepartment, readDepartment } from './check-department.ts';
import { fileOf, keyOf, readInForce } from './department-document.ts';

/** One department's file to be imported. */
export interface Imported {
  readonly department: string;
  readonly text: string;
  /** Where something wrong in the file stands in what was sent. */
  readonly place: (issue: ConfigurationIssue) => ConfigurationIssue;
}

export type Import =
  | { readonly imported: readonly Imported[]; readonly issues?: undefined }
  | { readonly imported?: undefined; readonly issues: readonly ConfigurationIssue[] };

/** Departments out of one or more YAML documents, parted by "---". */
export const readYamlImport = (text: string): Import => {
  const imported: Imported[] = [];
  const issues: ConfigurationIssue[] = [];
  for (const { first, body } of documentsIn(text)) {
    const place = (issue: ConfigurationIssue): ConfigurationIssue => ({
      ...issue,
      file: 'import',
      line: issue.line + first - 1,
    });
    const read = readDepartment(body);
    if ('issues' in read) {
      issues.push(...read.issues.map(place));
      continue;
    }
    const { department } = read.value;
    if (imported.some((each) => each.department === department))
      issues.push(place(read.issue(['department'], `department "${department}" stands here twice`)));
    imported.push({ department, text: body, place });
  }
  if (issues.length > 0) return { issues };
  if (imported.length === 0)
    return { issues: [{ file: 'import', line: 1, column: 1, path: '', message: 'expected a department' }] };
  return { imported };
};

/** `first`: number of the document's first line. */
const documentsIn = (text: string): { readonly first: number; readonly body: string }[] => {
  const documents: { first: number; lines: string[] }[] = [{ first: 1, lines: [] }];
  text
    .replaceAll('\r\n', '\n')
    .split('\n')
    .forEach((line, index) => {
      if (/^---(?:\s|$)/.test(line)) documents.push({ first: index + 2, lines: [] });
      else documents.at(-1)?.lines.push(line);
    });
  return documents
    .map(({ first, lines }) => ({ first, body: `${lines.join('\n').trimEnd()}\n` }))
    .filter(({ body }) => body.split('\n').some((line) => line.trim() !== '' && !line.startsWith('#')));
};

type Caller = { readonly parts: AdminParts; readonly caller: AdminCaller };

/** Everything that keeps these departments from being proposed together. */
export const checkImport = async (
  { parts, caller }: Caller,
  imported: readonly Imported[],
): Promise<readonly ConfigurationIssue[]> => {
  const issues: ConfigurationIssue[] = [];
  for (const { department, text, place } of imported) {
    if (!hasRole(caller.actor, 'operator') && !maySeeDepartment(caller.actor, department)) {
      const message = 'this is another department, and not yours to change';
      issues.push(
        place({
          file: '',
          line: 1,
          column: 1,
          path: 'department',
          message,
          code: 'ONECERT_OTHER_DEPARTMENT',
        }),
      );
      continue;
    }
    issues.push(...((await checkDepartment(parts, department, text)).issues ?? []).map(place));
  }
  return issues.length > 0 ? issues : checkTogether(imported);
};

/** The dry run looks at one department at a time: two of these may want one path. */
const checkTogether = (imported: readonly Imported[]): readonly ConfigurationIssue[] => {
  try {
    parseDepartments(imported.map(({ department, text }) => ({ file: department, text })));
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.issues.map((issue) => {
      const of = imported.find(({ department }) => department === issue.file);
      return of?.place(issue) ?? issue;
    });
  }
};

/** A draft for each department that becomes another; none where one of them cannot be kept. */
export const proposeImport = async (
  { parts, caller }: Caller,
  imported: readonly Imported[],
  note: string,
): Promise<readonly Proposal[]> => {
  const made: Proposal[] = [];
  try {
    for (const { department, text } of imported) {
      const { base, text: before } = await readInForce(parts, department);
      if (base > 0 && before === text) continue;
      const wanted = { ...keyOf(department), base, files: fileOf(text), note, origin: 'import' } as const;
      made.push(await parts.changes.propose(caller.actor, wanted, 'draft'));
    }
  } catch (error) {
    for (const { id } of made) await parts.changes.withdraw(caller.actor, id, '').catch(() => undefined);
    if (error instanceof Refusal) throw error;
    throw new Error('an import was given up', { cause: error });
  }
  return made;
};

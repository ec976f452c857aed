import type { DocumentFile, Proposal } from '../../changes/document.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { Department, Service } from '../../services/enrolment.ts';
import { createDirectory } from '../../services/directory.ts';
import { maySeeDepartment, type PathParameters } from '../access.ts';
import type { AdminCaller } from '../admin-caller.ts';
import type { AdminParts } from '../admin-parts.ts';

export const FILE = 'department.yaml';
const SLUG = /^[a-z][a-z0-9-]{1,62}$/;

export const keyOf = (department: string) => ({ kind: 'department', name: department }) as const;

/** @throws Refusal ONECERT_SERVICE_NOT_FOUND for what cannot be a department's identifier */
export const departmentIn = ({ department = '' }: PathParameters): string => {
  if (!SLUG.test(department)) throw new Refusal('ONECERT_SERVICE_NOT_FOUND', 'no identifier of a department');
  return department;
};

/** One department's file: of the version in force, of an older one, or of a proposal. */
export interface DepartmentText {
  readonly department: string;
  readonly text: string;
  /** Version it is of, or was made from; 0 where there is none. */
  readonly base: number;
  readonly draft?: Proposal;
}

export const fileOf = (text: string): readonly DocumentFile[] => [{ path: FILE, content: Buffer.from(text) }];

const textIn = (files: readonly DocumentFile[], department: string): string =>
  files.find(({ path }) => path === FILE)?.content.toString('utf8') ?? emptyDepartment(department);

/** What a department that has enrolled nothing begins with. */
const emptyDepartment = (department: string): string =>
  `department: ${department}\nname: { zh: '', en: '' }\nservices: []\n`;

type Changes = Pick<AdminParts, 'changes'>;

/** In force, or nothing but its identifier. */
export const readInForce = async ({ changes }: Changes, department: string): Promise<DepartmentText> => {
  const current = await changes.store.current(keyOf(department));
  return { department, text: textIn(current?.files ?? [], department), base: current?.version ?? 0 };
};

/** As it was in the version a form was made from: what the form says is a change of that. */
export const readVersion = async (
  { changes }: Changes,
  department: string,
  base: number,
): Promise<DepartmentText> => ({
  department,
  text: textIn(base === 0 ? [] : (await changes.store.version(keyOf(department), base)).files, department),
  base,
});

/** Of a proposal for this department. @throws Refusal ONECERT_CHANGE_UNKNOWN for one of another document */
export const readProposal = async (
  { changes }: Changes,
  department: string,
  id: string,
): Promise<DepartmentText & { readonly draft: Proposal }> => {
  const draft = await changes.store.proposal(id);
  if (draft.kind !== 'department' || draft.name !== department)
    throw new Refusal('ONECERT_CHANGE_UNKNOWN', 'a proposal for something else');
  return { department, text: textIn(draft.files, department), base: draft.base, draft };
};

/** Enrolled services that somebody may see, by department and in the order written. */
export const visibleDepartments = (
  { actor }: Pick<AdminCaller, 'actor'>,
  { departments }: Pick<AdminParts, 'departments'>,
): readonly Department[] => departments().filter(({ department }) => maySeeDepartment(actor, department));

/** In force. @throws Refusal ONECERT_SERVICE_NOT_FOUND */
export const serviceInForce = (
  { departments }: Pick<AdminParts, 'departments'>,
  { department, service: wanted = '' }: PathParameters,
): Service => {
  const found = createDirectory(departments().filter((each) => each.department === department)).services.find(
    ({ service }) => service === wanted,
  );
  if (found === undefined)
    throw new Refusal('ONECERT_SERVICE_NOT_FOUND', 'no such service of the department');
  return found;
};

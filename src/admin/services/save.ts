import type { ConfigurationIssue } from '../../configuration/configuration-error.ts';
import { hasRole, maySeeDepartment } from '../access.ts';
import { proposeDraft } from '../changes/draft.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { checkDepartment } from './check-department.ts';
import { fileOf, keyOf, readProposal, readVersion, type DepartmentText } from './department-document.ts';

const NOTE_LIMIT = 2_000;

export const noteOf = ({ form }: Pick<PageCall, 'form'>, otherwise: string): string =>
  (form.get('note') ?? '').trim().slice(0, NOTE_LIMIT) || otherwise;

/** Whether somebody may propose a change of this department. */
export const mayChange = ({ caller: { actor } }: Pick<PageCall, 'caller'>, department: string): boolean =>
  hasRole(actor, 'operator') || (hasRole(actor, 'officer') && maySeeDepartment(actor, department));

/** A draft that this person may go on writing. */
export const isOwnDraft = ({ caller }: Pick<PageCall, 'caller'>, { draft }: DepartmentText): boolean =>
  draft?.state === 'draft' && draft.proposedBy === caller.actor.unifiedId;

/** What a form was made from: the draft that is being written, or the version in its field `base`. */
export const formBase = async (call: PageCall, department: string, base: number): Promise<DepartmentText> => {
  const draft = call.form.get('draft') ?? '';
  return draft === ''
    ? readVersion(call.parts, department, base)
    : readProposal(call.parts, department, draft);
};

/**
 * Keeps a department's file as a draft, the one it was made from or a new one; answers with what is wrong where it is
 * not right. Where somebody else has changed the department meanwhile, the frame's page shows both changes.
 */
export const saveDepartment = async (
  call: PageCall,
  from: DepartmentText,
  text: string,
  note: string,
): Promise<PageAnswer | { readonly issues: readonly ConfigurationIssue[] }> => {
  const { parts, caller } = call;
  const { department, base, draft } = from;
  const current = await parts.changes.store.current(keyOf(department));
  if ((current?.version ?? 0) === base) {
    const { issues } = await checkDepartment(parts, department, text);
    if (issues !== undefined) return { issues };
  }
  if (draft !== undefined && isOwnDraft(call, from)) {
    await parts.changes.revise(caller.actor, draft.id, { base, files: fileOf(text), note });
    return { redirect: `/console/changes/${draft.id}` };
  }
  return proposeDraft(call, { ...keyOf(department), base, files: fileOf(text), note });
};

export const isAnswer = (
  answer: PageAnswer | { readonly issues: readonly ConfigurationIssue[] },
): answer is PageAnswer => !('issues' in answer);

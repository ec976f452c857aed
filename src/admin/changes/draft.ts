import type { DocumentFile, DocumentKey } from '../../changes/document.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { PageAnswer, PageCall } from '../section.ts';
import { stalePage } from './stale-page.ts';

export interface DraftWanted extends DocumentKey {
  /** Version the form was made from; 0 where there was none. */
  readonly base: number;
  readonly files: readonly DocumentFile[];
  readonly note: string;
}

/**
 * What every form of the console ends in: its change as a draft, on the page of which its differences and its dry run
 * are shown before it is submitted. Where somebody else has changed the document meanwhile (409 ONECERT_CHANGE_STALE),
 * the page shows both changes, and offers to make this one again on top.
 */
export const proposeDraft = async (call: PageCall, wanted: DraftWanted): Promise<PageAnswer> => {
  const { parts, caller } = call;
  try {
    const { id } = await parts.changes.propose(caller.actor, { ...wanted, origin: 'console' }, 'draft');
    return { redirect: `/console/changes/${id}` };
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'ONECERT_CHANGE_STALE') throw error;
    return stalePage(call, wanted);
  }
};

/** Field `base` of a form: the version it was made from. @throws Refusal ONECERT_CHANGE_STALE where it is not there */
export const baseOf = ({ form }: Pick<PageCall, 'form'>): number => {
  const base = form.get('base') ?? '';
  if (!/^\d{1,15}$/.test(base)) throw new Refusal('ONECERT_CHANGE_STALE', 'a form without its version');
  return Number(base);
};

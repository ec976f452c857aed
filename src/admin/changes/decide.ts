import type { PageAnswer, PageCall } from '../section.ts';
import { rebase as rebaseFiles } from './files.ts';
import { Refusal } from '../../refusal/refusal.ts';
import { baseOf } from './draft.ts';

const NOTE_LIMIT = 2_000;

/** POST /console/changes/:proposal/<step> : leads back to the proposal, which says what was done. */
const step =
  (name: string, act: (call: PageCall, id: string, note: string) => Promise<unknown>) =>
  async (call: PageCall): Promise<PageAnswer> => {
    const id = call.parameters['proposal'] ?? '';
    await act(call, id, (call.form.get(`${name}-note`) ?? '').trim().slice(0, NOTE_LIMIT));
    return { redirect: `/console/changes/${id}?done=${name}` };
  };

export const submit = step('submit', ({ parts, caller }, id) => parts.changes.submit(caller.actor, id));

export const approve = step('approve', ({ parts, caller }, id, note) =>
  parts.changes.approve(caller.actor, id, note),
);

export const reject = step('reject', ({ parts, caller }, id, note) =>
  parts.changes.reject(caller.actor, id, note),
);

export const withdraw = step('withdraw', ({ parts, caller }, id, note) =>
  parts.changes.withdraw(caller.actor, id, note),
);

/** One's own draft, put on the version in force. */
export const rebase = step('rebase', async (call, id) => {
  const { changes } = call.parts;
  const proposal = await changes.store.proposal(id);
  const base = baseOf(call);
  const before = proposal.base === 0 ? [] : (await changes.store.version(proposal, proposal.base)).files;
  const theirs = base === 0 ? [] : (await changes.store.version(proposal, base)).files;
  const files = rebaseFiles(before, theirs, proposal.files);
  if (files === undefined) throw new Refusal('ONECERT_CHANGE_STALE', 'both changed one file');
  await changes.revise(call.caller.actor, id, { base, files, note: proposal.note });
});

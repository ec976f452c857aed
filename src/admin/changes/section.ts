import { EVERY_ROLE, type Access, type PathParameters } from '../access.ts';
import type { AdminParts } from '../admin-parts.ts';
import type { Section } from '../section.ts';
import { makeAgain } from './again.ts';
import { approve, rebase, reject, submit, withdraw } from './decide.ts';
import { documentOf, documentPage, rollBack } from './document-page.ts';
import { departmentOfDocument } from './kinds.ts';
import { CHANGE_OPERATIONS } from './operations.ts';
import { proposalPage } from './proposal-page.ts';
import { countWaiting, queuePage } from './queue-page.ts';

export const departmentOfProposal = async (
  parameters: PathParameters,
  { changes }: AdminParts,
): Promise<string | undefined> => (await changes.store.proposal(parameters['proposal'] ?? '')).department;

export const ofProposal = (roles: Access['roles'], fresh = false): Access => ({
  roles,
  departmentOf: departmentOfProposal,
  fresh,
});

const ofDocument = (roles: Access['roles']): Access => ({
  roles,
  departmentOf: (parameters) => departmentOfDocument(documentOf(parameters)),
});

export const changesSection: Section = {
  id: 'changes',
  title: { zh: '变更', en: 'Changes' },
  path: '/changes',
  roles: EVERY_ROLE,
  waiting: countWaiting,
  operations: CHANGE_OPERATIONS,
  pages: [
    { method: 'get', path: '', access: { roles: EVERY_ROLE }, handle: queuePage },
    {
      method: 'post',
      path: '/again',
      access: { roles: ['operator', 'officer'] },
      handle: makeAgain,
    },
    { method: 'get', path: '/of/:kind/:name', access: ofDocument(EVERY_ROLE), handle: documentPage },
    {
      method: 'post',
      path: '/of/:kind/:name/back',
      access: ofDocument(['operator', 'officer']),
      handle: rollBack,
    },
    { method: 'get', path: '/:proposal', access: ofProposal(EVERY_ROLE), handle: proposalPage },
    {
      method: 'post',
      path: '/:proposal/submit',
      access: ofProposal(['operator', 'officer']),
      handle: submit,
    },
    {
      method: 'post',
      path: '/:proposal/rebase',
      access: ofProposal(['operator', 'officer']),
      handle: rebase,
    },
    {
      method: 'post',
      path: '/:proposal/withdraw',
      access: ofProposal(['operator', 'officer']),
      handle: withdraw,
    },
    { method: 'post', path: '/:proposal/approve', access: ofProposal(['operator'], true), handle: approve },
    { method: 'post', path: '/:proposal/reject', access: ofProposal(['operator'], true), handle: reject },
  ],
};

import { hasRole, type Access } from '../access.ts';
import type { Section } from '../section.ts';
import { conflictPage, openConflict, proposeSettlement } from './conflict-page.ts';
import { conflictsPage } from './conflicts-page.ts';
import { endFromPage } from './end-sessions.ts';
import { askWhy, lookAt } from './identity-page.ts';
import { IDENTITY_OPERATIONS } from './operations.ts';
import { search, searchPage } from './search-page.ts';
import { proposeStanding } from './standing.ts';
import { IDENTITY_TEXTS } from './texts.ts';

const looking: Access = { roles: ['operator', 'auditor'] };
const acting: Access = { roles: ['operator'] };

export const identitiesSection: Section = {
  id: 'identities',
  title: { zh: IDENTITY_TEXTS.zh.title, en: IDENTITY_TEXTS.en.title },
  path: '/identities',
  roles: looking.roles,
  waiting: async ({ actor }, { register }) =>
    hasRole(actor, 'operator') ? (await register.count()).conflicts : 0,
  operations: IDENTITY_OPERATIONS,
  pages: [
    { method: 'get', path: '', access: looking, handle: searchPage },
    { method: 'post', path: '', access: looking, handle: search },
    { method: 'get', path: '/of/:identity', access: looking, handle: askWhy },
    { method: 'post', path: '/of/:identity', access: looking, handle: lookAt },
    { method: 'post', path: '/of/:identity/standing', access: acting, handle: proposeStanding },
    { method: 'post', path: '/of/:identity/end', access: acting, handle: endFromPage },
    { method: 'get', path: '/conflicts', access: looking, handle: conflictsPage },
    { method: 'get', path: '/conflicts/:conflict', access: looking, handle: conflictPage },
    { method: 'post', path: '/conflicts/:conflict', access: looking, handle: openConflict },
    { method: 'post', path: '/conflicts/:conflict/settle', access: acting, handle: proposeSettlement },
  ],
};

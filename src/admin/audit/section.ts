import { EVERY_ROLE, type Access } from '../access.ts';
import type { Section } from '../section.ts';
import { entryPage, entryProof, openEntry } from './entry-page.ts';
import { exportAudit } from './export.ts';
import { placeOf } from './read-entries.ts';
import { auditPage, searchAudit } from './search-page.ts';
import { AUDIT_TEXTS } from './texts.ts';

const looking: Access = { roles: ['operator', 'auditor'] };

export const auditSection: Section = {
  id: 'audit',
  title: { zh: AUDIT_TEXTS.zh.title, en: AUDIT_TEXTS.en.title },
  path: '/audit',
  roles: EVERY_ROLE,
  pages: [
    { method: 'get', path: '', access: { roles: EVERY_ROLE }, handle: auditPage },
    { method: 'post', path: '', access: { roles: EVERY_ROLE }, handle: searchAudit },
    { method: 'post', path: '/export', access: looking, handle: exportAudit },
    {
      method: 'get',
      path: '/entries/:seq',
      access: {
        roles: EVERY_ROLE,
        departmentOf: async ({ seq }, { auditLog }) => (await placeOf(auditLog, seq)).department,
      },
      handle: entryPage,
    },
    { method: 'post', path: '/entries/:seq', access: looking, handle: openEntry },
    { method: 'get', path: '/entries/:seq/proof', access: looking, handle: entryProof },
  ],
};

import type { PageRoute, Section } from '../section.ts';
import { add, addPage } from './add-page.ts';
import { authorityPage } from './authority-page.ts';
import { changeSettings, changeStatus, renew, renewPage, settingsPage, statusPage } from './change-pages.ts';
import { crlPage } from './crl-page.ts';
import { trustListPage } from './list-page.ts';
import { TRUST_OPERATIONS } from './operations.ts';
import { addSignature, downloadDraft, signPage } from './sign-page.ts';
import { useCsv } from './use-csv.ts';

const LOOK = { roles: ['operator', 'auditor'] } as const;
const CHANGE = { roles: ['operator'] } as const;

const change = (path: string, page: PageRoute['handle'], act: PageRoute['handle']): readonly PageRoute[] => [
  { method: 'get', path, access: CHANGE, handle: page },
  { method: 'post', path, access: CHANGE, handle: act },
];

export const trustSection: Section = {
  id: 'trust',
  title: { zh: '信任列表', en: 'Trust list' },
  path: '/trust',
  roles: ['operator', 'auditor'],
  operations: TRUST_OPERATIONS,
  pages: [
    { method: 'get', path: '', access: LOOK, handle: trustListPage },
    { method: 'get', path: '/crl', access: LOOK, handle: crlPage },
    { method: 'get', path: '/use.csv', access: LOOK, handle: useCsv },
    ...change('/new', addPage, add),
    ...change('/sign/:proposal', signPage, addSignature),
    { method: 'get', path: '/sign/:proposal/files.tar', access: CHANGE, handle: downloadDraft },
    { method: 'get', path: '/:authority', access: LOOK, handle: authorityPage },
    { method: 'get', path: '/:authority/use.csv', access: LOOK, handle: useCsv },
    ...change('/:authority/renew', renewPage, renew),
    ...change('/:authority/status', statusPage, changeStatus),
    ...change('/:authority/settings', settingsPage, changeSettings),
  ],
};

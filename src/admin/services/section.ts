import { EVERY_ROLE, type Access } from '../access.ts';
import type { PageRoute, Section } from '../section.ts';
import { departmentIn } from './department-document.ts';
import { departmentPage } from './department-page.ts';
import { change, changePage, enrol, enrolPage } from './form-handlers.ts';
import { exportYaml, importCsv, importCsvPage, importPage, importYaml } from './import-page.ts';
import { beginDepartment, listPage } from './list-page.ts';
import { SERVICE_OPERATIONS } from './operations.ts';
import { remove, setEnabled, setMaintenance, setSchedule } from './quick-actions.ts';
import { servicePage } from './service-page.ts';
import { tryIt, tryPage } from './try-page.ts';
import { downloadYaml, saveYaml, yamlPage } from './yaml-page.ts';

export const ofDepartment = (roles: Access['roles']): Access => ({ roles, departmentOf: departmentIn });
const LOOK = ofDepartment(EVERY_ROLE);
const CHANGE = ofDepartment(['operator', 'officer']);

const form = (path: string, page: PageRoute['handle'], act: PageRoute['handle']): readonly PageRoute[] => [
  { method: 'get', path, access: CHANGE, handle: page },
  { method: 'post', path, access: CHANGE, handle: act },
];
/** Whose departments are in what is sent is looked at there. */
const IMPORT: Access = { roles: ['operator', 'officer'] };
const SERVICE = '/of/:department/service/:service';

export const servicesSection: Section = {
  id: 'services',
  title: { zh: '服务', en: 'Services' },
  path: '/services',
  roles: EVERY_ROLE,
  operations: SERVICE_OPERATIONS,
  pages: [
    { method: 'get', path: '', access: { roles: EVERY_ROLE }, handle: listPage },
    { method: 'post', path: '/department', access: { roles: ['operator'] }, handle: beginDepartment },
    { method: 'get', path: '/services.yaml', access: { roles: EVERY_ROLE }, handle: exportYaml },
    { method: 'get', path: '/import', access: IMPORT, handle: importPage },
    { method: 'post', path: '/import', access: IMPORT, handle: importYaml },
    { method: 'get', path: '/import-csv', access: IMPORT, handle: importCsvPage },
    { method: 'post', path: '/import-csv', access: IMPORT, handle: importCsv },
    { method: 'get', path: '/of/:department', access: LOOK, handle: departmentPage },
    { method: 'get', path: '/of/:department/department.yaml', access: LOOK, handle: downloadYaml },
    ...form('/of/:department/enrol', enrolPage, enrol),
    ...form('/of/:department/yaml', yamlPage, saveYaml),
    ...form('/of/:department/try', tryPage, tryIt),
    { method: 'get', path: SERVICE, access: LOOK, handle: servicePage },
    ...form(`${SERVICE}/change`, changePage, change),
    { method: 'post', path: `${SERVICE}/enabled`, access: CHANGE, handle: setEnabled },
    { method: 'post', path: `${SERVICE}/maintenance`, access: CHANGE, handle: setMaintenance },
    { method: 'post', path: `${SERVICE}/schedule`, access: CHANGE, handle: setSchedule },
    { method: 'post', path: `${SERVICE}/remove`, access: CHANGE, handle: remove },
  ],
};

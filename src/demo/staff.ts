import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DOCUMENTATION_ARC } from './authority-plans.ts';
import { identifierExtension } from './extensions.ts';
import type { PersonPlan } from './people.ts';
import type { DemoCertificate } from './person-certificate.ts';

/** Invented people who run the platform and departments; their numbers are made as those of PEOPLE are. */
interface StaffPlan {
  readonly person: string;
  readonly name: string;
  readonly citizenId: string;
  /** What config/roles.yaml reads the thumbprint of their certificate from. */
  readonly variable: string;
  /** For the summary. */
  readonly duty: { readonly zh: string; readonly en: string };
}

const STAFF_PLANS: readonly StaffPlan[] = [
  {
    person: 'zhou-min',
    name: '周敏',
    citizenId: '440301197809150000',
    variable: 'ONECERT_DEMO_OPERATOR_1',
    duty: { zh: '运维人员', en: 'operator' },
  },
  {
    person: 'wu-qiang',
    name: '吴强',
    citizenId: '440302198204060003',
    variable: 'ONECERT_DEMO_OPERATOR_2',
    duty: { zh: '运维人员', en: 'operator' },
  },
  {
    person: 'zheng-li',
    name: '郑丽',
    citizenId: '440303198611230002',
    variable: 'ONECERT_DEMO_TAX_OFFICER',
    duty: { zh: '税务经办', en: 'officer, tax' },
  },
  {
    person: 'feng-jun',
    name: '冯军',
    citizenId: '440304199107300009',
    variable: 'ONECERT_DEMO_EDUCATION_OFFICER',
    duty: { zh: '教育经办', en: 'officer, education' },
  },
  {
    person: 'sun-yan',
    name: '孙燕',
    citizenId: '440305197512180001',
    variable: 'ONECERT_DEMO_AUDITOR',
    duty: { zh: '审计人员', en: 'auditor' },
  },
];

const AUTHORITY = 'zhujiang';

export const STAFF: readonly (PersonPlan & Pick<StaffPlan, 'variable' | 'duty'>)[] = STAFF_PLANS.map(
  ({ person, name, citizenId, variable, duty }) => ({
    person,
    kind: 'citizen',
    name,
    variable,
    duty,
    certificates: [
      {
        authority: AUTHORITY,
        subject: { C: 'CN', ST: '广东省', L: '深圳市', CN: name },
        identifiers: [identifierExtension(`${DOCUMENTATION_ARC}.2.11`, 'printable', `SF${citizenId}`)],
      },
    ],
  }),
);

/** Somebody with a role in the demo city. */
export interface DemoStaff extends Pick<StaffPlan, 'person' | 'name' | 'duty' | 'variable'> {
  readonly certificate: DemoCertificate;
}

/** SHA-256 of a PEM file's first certificate, lower-case hex. */
export const thumbprintOf = (file: string): string =>
  new X509Certificate(readFileSync(file)).fingerprint256.replaceAll(':', '').toLowerCase();

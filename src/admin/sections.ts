import { apiSection } from './api/section.ts';
import { auditSection } from './audit/section.ts';
import { changesSection } from './changes/section.ts';
import { guideSection } from './guide/section.ts';
import { identitiesSection } from './identities/section.ts';
import { overviewSection } from './overview/section.ts';
import { rolesSection } from './roles/section.ts';
import type { Section } from './section.ts';
import { servicesSection } from './services/section.ts';
import { supervisionSection } from './supervision/section.ts';
import { trustSection } from './trust/section.ts';

/** All sections, in the order of the navigation. One that is added here has its pages, its operations and their tests. */
export const SECTIONS: readonly Section[] = [
  overviewSection,
  changesSection,
  trustSection,
  servicesSection,
  supervisionSection,
  identitiesSection,
  auditSection,
  guideSection,
  rolesSection,
  apiSection(() => SECTIONS),
];

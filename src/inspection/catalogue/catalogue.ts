import type { Check } from '../check.ts';
import { AUDIT_CHECKS } from './audit.ts';
import { BACKUP_CHECKS } from './backup.ts';
import { CLOCK_CHECKS } from './clock.ts';
import { DEPENDENCY_CHECKS } from './dependencies.ts';
import { ENROLMENT_CHECKS } from './enrolments.ts';
import { HOST_CHECKS } from './host.ts';
import { KEY_CHECKS } from './keys.ts';
import { PEOPLE_CHECKS } from './people.ts';
import { REVOCATION_CHECKS } from './revocation.ts';
import { STORE_CHECKS } from './stores.ts';
import { TLS_CHECKS } from './tls.ts';
import { TRUST_CHECKS } from './trust.ts';

/** Every check, in the order of reports and of docs/inspection.md. */
export const CATALOGUE: readonly Check[] = [
  ...TLS_CHECKS,
  ...KEY_CHECKS,
  ...REVOCATION_CHECKS,
  ...TRUST_CHECKS,
  ...ENROLMENT_CHECKS,
  ...PEOPLE_CHECKS,
  ...AUDIT_CHECKS,
  ...STORE_CHECKS,
  ...BACKUP_CHECKS,
  ...DEPENDENCY_CHECKS,
  ...CLOCK_CHECKS,
  ...HOST_CHECKS,
];

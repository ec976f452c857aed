import type { Service } from '../services/enrolment.ts';
import { mayReach } from '../trust/assurance-settings.ts';
import type { AuthoritySettings } from '../trust/authority-settings.ts';

/** Whether certificates of an authority can open a service: for telling people whose certificate would do. */
export const isOfUseFor = (
  { authority, assurance }: Pick<AuthoritySettings, 'authority' | 'assurance'>,
  service: Service | undefined,
): boolean =>
  service === undefined ||
  ((service.authorities === 'all' || service.authorities.includes(authority)) &&
    (service.assurance === undefined || mayReach(assurance, service.assurance)));

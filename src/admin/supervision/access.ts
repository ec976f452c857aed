import type { Actor } from '../../changes/change-service.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { Department } from '../../services/enrolment.ts';
import { departmentsOf } from '../access.ts';
import type { AdminParts } from '../admin-parts.ts';

/** What somebody asks for, and what of it they may see. */
export interface View {
  /** 'all': what was of no department, too. */
  readonly departments: 'all' | readonly string[];
  readonly service: string | undefined;
  /** Enrolled departments among them. */
  readonly enrolled: readonly Department[];
}

/**
 * An officer sees the own department, whatever the address or the call says.
 *
 * @throws Refusal ONECERT_OTHER_DEPARTMENT
 */
export const viewOf = (
  { departments: enrolled }: Pick<AdminParts, 'departments'>,
  actor: Pick<Actor, 'roles'>,
  {
    department,
    service,
  }: { readonly department?: string | undefined; readonly service?: string | undefined } = {},
): View => {
  const own = departmentsOf(actor);
  if (department !== undefined && own !== 'all' && !own.includes(department))
    throw new Refusal('ONECERT_OTHER_DEPARTMENT', `figures of ${department}`);
  const departments = department === undefined ? own : [department];
  const seen = enrolled().filter((each) => departments === 'all' || departments.includes(each.department));
  if (
    service !== undefined &&
    own !== 'all' &&
    !seen.some(({ services }) => services.some((each) => each.service === service))
  )
    throw new Refusal('ONECERT_OTHER_DEPARTMENT', `figures of the service ${service}`);
  return { departments, service, enrolled: seen };
};

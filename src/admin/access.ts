import type { Actor } from '../changes/change-service.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { AdminParts } from './admin-parts.ts';

export type RoleName = Actor['roles'][number]['role'];

export const ROLE_NAMES: readonly RoleName[] = ['operator', 'officer', 'auditor'];
export const EVERY_ROLE = ROLE_NAMES;

/** Parameters in the path of a route, by name. */
export type PathParameters = Readonly<Record<string, string>>;

/** Who may use a route. Every page and every operation of the API says so; nothing is open by being forgotten. */
export interface Access {
  readonly roles: readonly RoleName[];
  /**
   * The department of what the path names: an officer of another one is told that there is no such page. Has to be
   * there for paths with parameters that officers may use; `undefined` as a department is nobody's but the city's.
   */
  readonly departmentOf?: (
    parameters: PathParameters,
    parts: AdminParts,
  ) => string | undefined | Promise<string | undefined>;
  /** Takes a sign-in of the last FRESH_MS: what lets people in or locks them out. */
  readonly fresh?: boolean;
}

/** How old a sign-in may be for what takes a fresh one (RFC 9470 calls that step-up). */
export const FRESH_MS = 15 * 60_000;

export const hasRole = ({ roles }: Pick<Actor, 'roles'>, ...names: readonly RoleName[]): boolean =>
  roles.some(({ role }) => names.includes(role));

/** Departments whose things an actor may see: operators and auditors see all. */
export const departmentsOf = (actor: Pick<Actor, 'roles'>): 'all' | readonly string[] =>
  hasRole(actor, 'operator', 'auditor')
    ? 'all'
    : actor.roles.flatMap((each) => (each.role === 'officer' ? [each.department] : []));

export const maySeeDepartment = (actor: Pick<Actor, 'roles'>, department: string | undefined): boolean => {
  const own = departmentsOf(actor);
  return own === 'all' || (department !== undefined && own.includes(department));
};

/** @throws Refusal ONECERT_ROLE_REQUIRED or ONECERT_OTHER_DEPARTMENT */
export const requireAccess = async (
  { roles, departmentOf }: Access,
  actor: Pick<Actor, 'roles'>,
  parameters: PathParameters,
  parts: AdminParts,
): Promise<void> => {
  const held = actor.roles.filter(({ role }) => roles.includes(role));
  if (held.length === 0) throw new Refusal('ONECERT_ROLE_REQUIRED', `takes ${roles.join(' or ')}`);
  if (departmentOf === undefined || held.some(({ role }) => role !== 'officer')) return;
  const department = await departmentOf(parameters, parts);
  if (!maySeeDepartment({ roles: held }, department))
    throw new Refusal('ONECERT_OTHER_DEPARTMENT', `of ${department ?? 'the city'}`);
};

/** @throws Refusal ONECERT_SIGN_IN_AGAIN */
export const requireFresh = (signedInAt: number, now: number): void => {
  if (!isFresh(signedInAt, now)) throw new Refusal('ONECERT_SIGN_IN_AGAIN', 'the sign-in is not fresh');
};

export const isFresh = (signedInAt: number, now: number): boolean => now - signedInAt <= FRESH_MS;

/**
 * A route that officers may use with something in its path has to say whose that is.
 *
 * @throws Error for one that does not: found when the gateway starts, not when somebody looks
 */
export const checkAccess = (name: string, path: string, { roles, departmentOf }: Access): void => {
  if (roles.length === 0) throw new Error(`${name}: nobody may use it`);
  if (roles.includes('officer') && /[:{]/.test(path) && departmentOf === undefined)
    throw new Error(`${name}: open to officers, and does not say whose ${path} is`);
};

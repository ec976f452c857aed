import type { Department, Enrolment, Service } from './enrolment.ts';

/** All enrolled services, found by the path of a call. Immutable; a change of enrolments makes a new one. */
export interface Directory {
  readonly services: readonly Service[];
  /** The service whose path covers `path` on whole segments; the longest one where several do. */
  find(path: string): Service | undefined;
}

export const createDirectory = (departments: readonly Department[]): Directory => {
  const services = departments.flatMap(({ department, name, services }) =>
    services.map((enrolment): Service => ({ ...enrolment, department: { department, name } })),
  );
  const byPath = new Map(services.map((service) => [service.path, service]));
  return {
    services,
    find(path) {
      // From the whole path upwards, one segment less each time: cost grows with the path, not with services.
      for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
        const service = byPath.get(path.slice(0, end));
        if (service !== undefined) return service;
      }
      return undefined;
    },
  };
};

/**
 * Whether an enrolment opens `method` on `path` (the full path of the call, inside the service's). In an
 * operation's path "*" stands for one segment and a trailing "**" for any number of segments, none included.
 */
export const opensOperation = (enrolment: Enrolment, method: string, path: string): boolean => {
  const below = segmentsOf(path.slice(enrolment.path.length));
  return enrolment.operations.some(
    (operation) =>
      (operation.methods as readonly string[]).includes(method) && covers(segmentsOf(operation.path), below),
  );
};

const segmentsOf = (path: string): string[] => path.split('/').filter((segment) => segment !== '');

const covers = (pattern: readonly string[], segments: readonly string[]): boolean => {
  const open = pattern.at(-1) === '**';
  const fixed = open ? pattern.slice(0, -1) : pattern;
  if (open ? segments.length < fixed.length : segments.length !== fixed.length) return false;
  return fixed.every((segment, index) => segment === '*' || segment === segments[index]);
};

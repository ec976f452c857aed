import type { Department, Enrolment, Service } from './enrolment.ts';

/** All enrolled services, found by the path of a call. Immutable; a change of enrolments makes a new one. */
export interface Directory {
  readonly services: readonly Service[];
  /**
   * The service whose path covers `path` on whole segments; the longest one where several do. None where a back end
   * could take the path for another service's: many do not tell upper from lower case, or pass over what follows ";".
   */
  find(path: string): Service | undefined;
}

export const createDirectory = (departments: readonly Department[]): Directory => {
  const services = departments.flatMap(({ department, name, services }) =>
    services.map((enrolment): Service => ({ ...enrolment, department: { department, name } })),
  );
  const byPath = new Map(services.map((service) => [service.path, service]));
  const byLoosePath = new Map(services.map((service) => [loosely(service.path), service]));
  return {
    services,
    find(path) {
      const service = findUpwards(byPath, path);
      const loose = loosely(path);
      return loose === path || findUpwards(byLoosePath, loose) === service ? service : undefined;
    },
  };
};

/** From the whole path upwards, one segment less each time: cost grows with the path, not with services. */
const findUpwards = (services: ReadonlyMap<string, Service>, path: string): Service | undefined => {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const service = services.get(path.slice(0, end));
    if (service !== undefined) return service;
  }
  return undefined;
};

/** A path as the least exact back end reads it. Parameters stand on the last segment only: others are refused before. */
const loosely = (path: string): string => {
  const parameters = path.indexOf(';');
  return (parameters < 0 ? path : path.slice(0, parameters)).toLowerCase();
};

/**
 * Whether an enrolment opens `method` on `path` (the full path of the call, inside the service's). In an
 * operation's path "*" stands for one segment and a trailing "**" for any number of segments, none included.
 */
export const opensOperation = (enrolment: Enrolment, method: string, path: string): boolean =>
  operationOf(enrolment, method, path) !== undefined;

/** The first operation of an enrolment that opens `method` on `path`. */
export const operationOf = (
  enrolment: Enrolment,
  method: string,
  path: string,
): Enrolment['operations'][number] | undefined => {
  const below = segmentsOf(path.slice(enrolment.path.length));
  return enrolment.operations.find(
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

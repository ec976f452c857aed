import type { ConfigurationIssue } from '../configuration/configuration-error.ts';
import type { ReadDocument } from '../configuration/read-yaml.ts';
import type { Department } from './enrolment.ts';

/**
 * A department may put one of its services below another of its own. Below another department's it would take calls
 * away from that one without its doing; in whatever case.
 */
export const findOverlaps = (documents: readonly ReadDocument<Department>[]): ConfigurationIssue[] => {
  const places = new Map<string, { readonly department: string; readonly service: string }>();
  for (const { value } of documents) {
    for (const { service, path } of value.services) {
      places.set(path.toLowerCase(), { department: value.department, service });
    }
  }
  return documents.flatMap((document) =>
    document.value.services.flatMap(({ path }, index) =>
      above(path.toLowerCase()).flatMap((higher) => {
        const owner = places.get(higher);
        if (owner === undefined || owner.department === document.value.department) return [];
        const message = `"${path}" lies below "${higher}", which is the service "${owner.service}" of the department "${owner.department}"`;
        const place = document.issue(['services', index, 'path'], message);
        return [{ ...place, code: 'ONECERT_PATH_OVERLAPS' }];
      }),
    ),
  );
};

/** /a/b/c: /a/b, /a */
const above = (path: string): string[] =>
  path
    .split('/')
    .slice(2)
    .map((_, index, rest) =>
      path
        .split('/')
        .slice(0, rest.length - index + 1)
        .join('/'),
    );

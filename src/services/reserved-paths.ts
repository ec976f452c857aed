/** Paths that the gateway keeps for itself on every listener: no enrolment may lie on or below them. */
const RESERVED = [
  '/signin',
  '/signout',
  '/me',
  '/services',
  '/assets',
  '/oidc',
  '/auth',
  '/console',
  '/api/admin',
  '/.well-known',
];

/** Whether calls of this path are the portal's. */
export const isReservedPath = (path: string): boolean => reservedPathOf(path) !== undefined;

/** The reserved path that `path` is, or lies below. */
export const reservedPathOf = (path: string): string | undefined =>
  path === '/' ? path : RESERVED.find((reserved) => path === reserved || path.startsWith(`${reserved}/`));

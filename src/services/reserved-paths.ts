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
export const isReservedPath = (path: string): boolean =>
  path === '/' || RESERVED.some((reserved) => path === reserved || path.startsWith(`${reserved}/`));

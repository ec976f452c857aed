import type { PortalRouter } from '../portal/portal-parts.ts';
import type { AdminParts } from './admin-parts.ts';
import { createApiRouter } from './api-router.ts';
import { createConsoleRouter } from './console-router.ts';
import { API, CONSOLE } from './places.ts';
import { SECTIONS } from './sections.ts';

/** Console and admin API, for the portal's app. */
export const createAdmin = (parts: AdminParts): readonly PortalRouter[] => [
  { path: CONSOLE, router: createConsoleRouter(parts, SECTIONS) },
  { path: API, listeners: 'all', router: createApiRouter(parts, SECTIONS) },
];

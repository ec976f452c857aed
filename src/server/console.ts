import { createAdmin } from '../admin/admin.ts';
import { ADMIN_LIMITS, type AdminParts } from '../admin/admin-parts.ts';
import type { PortalRouter } from '../portal/portal-parts.ts';
import { pairwiseId } from '../identity/pairwise.ts';
import { assertionIssuer } from './assertion-key.ts';
import { ownAddressProblem } from './own-addresses.ts';
import type { PortalComposition } from './portal.ts';
import { createServiceTrials } from './try-service.ts';

/** What stands under change control, as the console sees it. */
export type ConsoleChanges = Pick<
  AdminParts,
  'changes' | 'rolesOf' | 'differences' | 'backends' | 'auditIndex'
>;

/** Console and admin API for the portal's app; none where they are switched off, or nothing is under change control. */
export const consoleRouters = (
  { current, keys, revocation, register, auditLog, state, console: changes }: PortalComposition,
  portal: AdminParts['portal'],
): readonly PortalRouter[] => {
  const { settings } = current();
  if (changes === undefined || !settings.console.enabled) return [];
  const pairwiseKey = keys.secret('pairwise.key', 32);
  return createAdmin({
    portal,
    ...changes,
    trust: () => current().trust,
    departments: () => current().departments,
    revocation,
    register,
    auditLog,
    tryService: createServiceTrials({
      issuer: settings.issuer,
      assertions: assertionIssuer(() => keys.versions('assertion.key'), settings.issuer),
      pairwiseId: (name, department) => pairwiseId(pairwiseKey, name, department),
      upstreamTls: () => current().upstreamTls,
      backEndProblem: (url) => ownAddressProblem(current().settings)(url),
    }),
    trustListSigned: settings.trustKey !== undefined,
    limiters: {
      person: state.stores.limiter('admin-person', ADMIN_LIMITS.person),
      address: state.stores.limiter('admin-address', ADMIN_LIMITS.address),
    },
    networks: settings.console.networks,
  });
};

import type { AuditLogParts } from '../admin/audit/log-parts.ts';
import { identityOwner } from '../audit/personal-fields.ts';
import type { Audit } from './audit.ts';

/** What of the audit log the console works with. */
export const auditOfConsole = (audit: Audit): AuditLogParts => ({
  folder: audit.folder,
  replica: audit.replica,
  index: audit.index,
  opener: audit.opener,
  holderOf: async (unifiedId) => (await audit.keys.find(identityOwner(unifiedId)))?.holder,
  command: (command) => audit.command(command),
  state: () => ({
    healthy: audit.sink.healthy,
    written: audit.stats().seq,
    indexed: audit.follower().seq,
  }),
});

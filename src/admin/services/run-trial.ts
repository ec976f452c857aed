import type { AuditEntry } from '../../audit/entry.ts';
import { Refusal } from '../../refusal/refusal.ts';
import type { AdminCaller } from '../admin-caller.ts';
import type { AdminParts } from '../admin-parts.ts';
import type { ServiceTrial, TrialAnswer } from './trial.ts';

/**
 * Tries a service, with an entry in the audit log before anything is sent. `draft`: id of the proposal it is out of.
 *
 * Rejects with Refusal ONECERT_AUDIT_UNAVAILABLE; nothing is sent then.
 */
export const runTrial = async (
  { parts, caller }: { readonly parts: AdminParts; readonly caller: AdminCaller },
  draft: string | undefined,
  trial: ServiceTrial,
): Promise<TrialAnswer> => {
  const { service, kind, method, target } = trial;
  const query = target.indexOf('?');
  await record(parts, {
    event: 'trial',
    at: parts.portal.clock(),
    by: caller.actor.unifiedId,
    department: service.department.department,
    service: service.service,
    backend: service.backends[0]?.url,
    method,
    // A query may hold what somebody pasted.
    path: query < 0 ? target : target.slice(0, query),
    kind,
    ...(draft !== undefined && { proposal: draft }),
  });
  return parts.tryService(trial);
};

const record = ({ portal: { audit } }: AdminParts, entry: AuditEntry): Promise<void> =>
  new Promise((resolve, reject) => {
    audit.record(entry, 'synced', (error) => {
      if (error === undefined) resolve();
      else reject(new Refusal('ONECERT_AUDIT_UNAVAILABLE', 'a trial that cannot be recorded'));
    });
  });

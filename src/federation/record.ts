import type { AuditEntry, AuditSink } from '../audit/entry.ts';
import type { Admission } from '../decision/types.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { Service } from '../services/enrolment.ts';

/** Keeps an entry, fsynced before anything is answered. @throws Refusal ONECERT_AUDIT_UNAVAILABLE */
export const record = (audit: AuditSink, entry: AuditEntry): Promise<void> =>
  new Promise((resolve, reject) => {
    audit.record(entry, 'synced', (error) => {
      if (error === undefined) resolve();
      else reject(new Refusal('ONECERT_AUDIT_UNAVAILABLE', error.message, { cause: error }));
    });
  });

/** The fields of an entry that say of whom and for whom. */
export const partiesOf = (
  admission: Admission | undefined,
  service: Service | undefined,
): Omit<AuditEntry, 'event' | 'at'> => ({
  unifiedId: admission?.identity?.unifiedId,
  thumbprint: admission?.verdict.thumbprint,
  authority: admission?.verdict.authority,
  acting: admission?.identity?.acting?.role,
  verdict: admission?.verdict.id,
  department: service?.department.department,
  service: service?.service,
});

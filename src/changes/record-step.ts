import type { AuditEntry, AuditSink } from '../audit/entry.ts';
import { Refusal } from '../refusal/refusal.ts';
import type { DocumentKey } from './document.ts';

/** What happens to a document or a proposal; `by` is a unified id, or `system`. */
export interface ChangeStep extends DocumentKey {
  readonly step:
    | 'proposed'
    | 'revised'
    | 'submitted'
    | 'approved'
    | 'rejected'
    | 'withdrawn'
    | 'put'
    | 'taken'
    /** What a version of kind `conflict` decided was carried out in the register. */
    | 'settled';
  readonly base: number;
  /** Of the files; see digestOf. */
  readonly digest: string;
  readonly by: string;
  readonly role: string;
  /** Thumbprint of the certificate they acted with. */
  readonly certificate?: string | undefined;
  readonly proposal?: string | undefined;
  /** The version it becomes. */
  readonly version?: number | undefined;
  readonly proposedBy?: string | undefined;
  readonly origin?: string | undefined;
  /** Set where the step was recorded, and then could not be done: the code or name of what stood against it. */
  readonly failed?: string | undefined;
}

/** Keeps an entry of a step, fsynced. Rejects with Refusal ONECERT_AUDIT_UNAVAILABLE. */
export const recordStep = (audit: AuditSink, at: number, step: ChangeStep): Promise<void> =>
  new Promise((resolve, reject) => {
    audit.record({ event: 'change', at, ...fieldsOf(step) }, 'synced', (error) => {
      if (error === undefined) resolve();
      else reject(new Refusal('ONECERT_AUDIT_UNAVAILABLE', error.message, { cause: error }));
    });
  });

/** The name of an identity's document is the person: it stands in the field that is sealed (src/audit/personal-fields.ts). */
const fieldsOf = ({ name, ...step }: ChangeStep): Omit<AuditEntry, 'event' | 'at'> =>
  step.kind === 'identity' ? { ...step, unifiedId: name } : { ...step, name };

/** Records a step, then does it. Where it cannot be done after all, the log says that as well. */
export const recorded = async <T>(
  audit: AuditSink,
  at: number,
  step: ChangeStep,
  work: () => Promise<T>,
): Promise<T> => {
  await recordStep(audit, at, step);
  try {
    return await work();
  } catch (error) {
    const failed = error instanceof Refusal ? error.code : 'store failed';
    // What the caller has to be told is why the step failed; that this could not be recorded shows in the log itself.
    await recordStep(audit, at, { ...step, failed }).catch(() => undefined);
    throw error;
  }
};
